# Loads and checks the configuration before anything else; small helpers for the rules.

import os
import shutil
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Without links: the paths of sources are inputs, and a link to the project must not change them.
WORKFLOW = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).resolve().parent
ROOT = WORKFLOW.parent

if not (WORKFLOW / "dying_relu").is_dir():
    raise WorkflowError("The workflow needs its library beside it: clone the project, and name the clone's Snakefile.")
if set(sys.executable) & set(" \"'$&()*;<>?[\\]`{|}"):
    raise WorkflowError(f"Snakemake does not quote {sys.executable}: its path must be free of what a shell reads.")

# Jobs import the library from here, in whatever environment they run.
sys.path.insert(0, str(WORKFLOW))
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, [str(WORKFLOW), os.getenv("PYTHONPATH")])))

from dying_relu.claims import claims
from dying_relu.configuration.checks import duplicate_keys, shell_problems
from dying_relu.configuration.config import load_config
from dying_relu.configuration.engine_support import compiled_kind
from dying_relu.configuration.errors import ConfigError
from dying_relu.configuration.labels import describe
from dying_relu.configuration.targets import unknown_targets
from dying_relu.data.datasets import DATASETS
from dying_relu.io.atomic import unwritable
from dying_relu.io.folders import outdate_if_incomplete
from dying_relu.provenance.code_digest import ImportGraph
from dying_relu.report import captions

if reason := unwritable("."):
    raise WorkflowError(
        f"Snakemake keeps its records in the working folder, but {reason}. "
        "--directory names another one; --configfile, the configuration."
    )

for file in map(Path, [*workflow.configfiles, *workflow.overwrite_configfiles]):
    if twice := file.is_file() and duplicate_keys(file.read_text(encoding="utf-8")):
        raise WorkflowError("\n".join([f"The configuration is refused.\n{file}:", *twice]))

if unquoted := [*shell_problems(workflow.config_settings.config_args or [])]:
    raise WorkflowError("\n".join(["The configuration is refused.", *unquoted]))

try:
    CONFIG = load_config(config)
except ConfigError as error:
    raise WorkflowError(f"The configuration is refused.\n{error}") from None
config.update(CONFIG.settings)

# The command line, since Snakemake itself reads its targets later.
if unknown := [*unknown_targets(sys.argv[1:], CONFIG)]:
    raise WorkflowError("\n".join(["There is nothing to make.", *unknown]))


onstart:
    # Snakemake itself would find out in the middle of a job, or would wait for ever.
    folder = CONFIG.settings["results"]
    if reason := unwritable(folder):
        raise WorkflowError(f"results: found {folder}, but {reason}")
    if workflow.executor_plugin.name == "slurm" and not shutil.which("sbatch"):
        raise WorkflowError(
            "The profile submits to Slurm, whose command sbatch is not here: run it on a login node."
        )


onsuccess:
    page = on_disk("<results>/report/index.html")
    if page.exists():
        print(f"The report: {page}", file=sys.stderr)


onerror:
    print("Not everything is made. What is finished stays; the same command goes on from there.", file=sys.stderr)


# Titles and explanations of the kinds of figures.
CAPTIONS = captions.load_captions()
# The experiments that are drawn against the epoch; the others are sweeps, drawn against what varies.
CURVES = [name for name, experiment in CONFIG.experiments.items() if experiment.has_curves]
SWEEPS = [name for name in CONFIG.experiments if name not in CURVES]
DATASETS_IN_USE = sorted({run.dataset for run in CONFIG.runs.values()})
IMPORTS = ImportGraph(WORKFLOW)


wildcard_constraints:
    run="[^/]+",
    experiment="[^/]+",
    comparison="[^/]+",


def library(script):
    """The digest of a script and of all that it imports from the library.

    As a parameter of the rule it makes Snakemake rerun the script when a module has changed. Modules as inputs would
    be two dozen files of every job to look after, which takes minutes where there are thousands of jobs.
    """
    return IMPORTS.digest(WORKFLOW / "scripts" / f"{script}.py")


def data_files(dataset):
    """The files of a data set, in a folder named as torchvision names it."""
    return expand("<results>/data/{folder}/raw/{file}", folder=DATASETS[dataset].folder, file=DATASETS[dataset].digests)


def data_there():
    """Data files that exist, whole or not: inputs of the last rule, so that Snakemake looks at them.

    When a job is done again whose output is an `ancient` input of others, Snakemake does not look at these others, nor
    at what follows from them. After a fetch that was killed it would fetch, and do nothing else.
    """
    return [file for dataset in DATASETS_IN_USE for file in data_files(dataset) if on_disk(file).exists()]


def on_disk(path):
    """Where a path below <results> lies."""
    return Path(path.replace("<results>", CONFIG.settings["results"]))


def source(path):
    """A file of the project itself: it comes along wherever jobs run, and never from where the results are stored."""
    return local(os.path.relpath(path))


def one_of(names):
    """A regular expression that matches these names only; without names, nothing."""
    return "|".join(sorted(names)) or "(?!)"


def of_experiment(experiment, table):
    """A table of every run of an experiment."""
    runs = [run.name for run in CONFIG.experiments[experiment].runs]
    return expand("<results>/runs/{run}/{table}", run=runs, table=table)


def unit_tables(run):
    """The tables that a figure of units reads: of a run, and of those that differ from it in the seed only."""
    names = [other.name for other in CONFIG.all_seeds(run)]
    return expand("<results>/runs/{run}/{table}.csv.gz", run=names, table=["units", "batches"])


def figure(name, path, caption, category, labels):
    """The outputs of a figure: PNG for Snakemake's own report, SVG for the page."""
    png = report(f"{path}.png", category=category, labels=labels, caption=f"../report/captions/{caption}.rst")
    return {f"{name}_png": png, f"{name}_svg": f"{path}.svg"}


def figures(kinds, name, category, labels):
    """The outputs of a figure of each kind, labelled with the title of the kind."""
    return {
        key: output
        for kind in kinds
        for key, output in figure(
            kind,
            f"<results>/figures/{kind}/{name}",
            kind,
            category,
            lambda wildcards, title=CAPTIONS[kind]["title"]: labels(wildcards) | {"figure": title},
        ).items()
    }


def frames_folder(path):
    """The frames are needed until the videos are made, and longer only where the configuration says so."""
    return directory(path) if CONFIG.settings["frames"]["keep"] else temp(directory(path))


def run_experiments(wildcards):
    """The heading of a run in Snakemake's report: the experiments that it belongs to."""
    return " and ".join(CONFIG.experiments[name].title for name in CONFIG.experiments_of(CONFIG.runs[wildcards.run]))


# The columns by which Snakemake's report tells runs, experiments and comparisons apart.
def run_labels(wildcards):
    run = CONFIG.runs[wildcards.run]
    return {"run": describe(run), "seed": str(run.seed)}


def experiment_label(wildcards):
    return {"experiment": CONFIG.experiments[wildcards.experiment].title}


def comparison_label(wildcards):
    return {"runs": CONFIG.comparisons[wildcards.comparison].title}


def growing(**amounts):
    """Resources that a job asks for, with as much again at each further try: `mem_mb`, and `runtime` in minutes."""
    return {name: lambda wildcards, attempt, amount=amount: amount * attempt for name, amount in amounts.items()}
