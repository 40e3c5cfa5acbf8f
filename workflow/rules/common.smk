# Configuration, checked before anything else, and small helpers for the rules.

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

WORKFLOW = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
ROOT = WORKFLOW.parent

# Jobs find the library beside the scripts, in whatever environment they run.
sys.path.insert(0, str(WORKFLOW))
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, [str(WORKFLOW), os.getenv("PYTHONPATH")])))

from dying_relu.claims import claims
from dying_relu.configuration import config as configuration
from dying_relu.configuration.labels import describe
from dying_relu.data.datasets import DATASETS
from dying_relu.io.atomic import unwritable
from dying_relu.provenance.code_digest import code_digest, modules_of
from dying_relu.report import captions

for file in map(Path, [*workflow.configfiles, *workflow.overwrite_configfiles]):
    if twice := file.is_file() and configuration.duplicate_keys(file.read_text(encoding="utf-8")):
        raise WorkflowError("\n".join([f"The configuration is refused.\n{file}:", *twice]))

if unquoted := [*configuration.shell_problems(workflow.config_settings.config_args or [])]:
    raise WorkflowError("\n".join(["The configuration is refused.", *unquoted]))

try:
    CONFIG = configuration.load_config(config)
except configuration.ConfigError as error:
    raise WorkflowError(f"The configuration is refused.\n{error}") from None
config.update(CONFIG.settings)


onstart:
    # Before Snakemake finds out by itself, in the middle of something.
    if reason := unwritable(CONFIG.settings["results"]):
        raise WorkflowError(reason)


# The tables that Snakemake's report shows, by the name of their file.
TABLES = {
    "claims": "The claims and their verdicts",
    "runs": "All runs and their parameters",
    "final": "All runs after their last epoch",
}


# The kinds of figures beside the summary, and how to read each: title and text.
CAPTIONS = captions.load_captions()


def library(script):
    """A digest of the library modules that a script uses: a parameter, so that a change of one reruns the script.

    As inputs they would be two dozen files of every job to look after, which takes minutes where there are thousands.
    """
    return code_digest(modules_of(WORKFLOW / "scripts" / f"{script}.py"))


def data_files(dataset):
    """The files of a data set, below a folder that is called as torchvision calls it."""
    return expand("<results>/data/{folder}/raw/{file}", folder=DATASETS[dataset].folder, file=DATASETS[dataset].digests)


def data_there():
    """Data files that exist, whole or not.

    Where a job is done again whose output others take as `ancient`, Snakemake does not look further at these others, nor
    at what follows from them: after a fetch that was killed it would do that, and nothing else. As an input of the
    last rule the data set leads it to them.
    """
    files = (file for name in sorted({run.dataset for run in CONFIG.runs.values()}) for file in data_files(name))
    return [file for file in files if Path(file.replace("<results>", CONFIG.settings["results"])).exists()]


def source(path):
    """A file of the project itself: it comes along wherever jobs run, and never from where the results are stored."""
    return local(os.path.relpath(path))


# What the page is written from: its templates, and the scripts and style that are copied beside it.
PAGE_SOURCES = sorted(source(path) for path in (WORKFLOW / "report" / "page").rglob("*.*"))


def figure_files(kinds, name, category, labels):
    """What comes of drawing one figure of each kind: PNG for Snakemake's own report, SVG for the page."""
    outputs = {}
    for kind in kinds:
        title = {"figure": CAPTIONS[kind]["title"]}
        outputs[f"{kind}_png"] = report(
            f"<results>/figures/{kind}/{name}.png",
            category=category,
            labels=lambda wildcards, title=title: labels(wildcards) | title,
            caption=f"../report/captions/{kind}.rst",
        )
        outputs[f"{kind}_svg"] = f"<results>/figures/{kind}/{name}.svg"
    return outputs


def parameters(wildcards):
    return CONFIG.runs[wildcards.run].parameters()


# The experiments that are drawn against the epoch.
CURVES = [name for name, experiment in CONFIG.experiments.items() if experiment.has_curves]


def one_of(names):
    """A regular expression that matches these names, and without any nothing."""
    return "|".join(sorted(names)) or "(?!)"


def of_experiment(experiment, table):
    """A table of every run of an experiment."""
    return expand(
        "<results>/runs/{run}/{table}", run=[run.name for run in CONFIG.experiments[experiment].runs], table=table
    )


def unit_tables(run):
    """What a figure of units reads of a run and of those that differ from it in the seed only."""
    names = [other.name for other in CONFIG.all_seeds(run)]
    return expand("<results>/runs/{run}/{table}.csv.gz", run=names, table=["units", "batches"])


def frames_folder(path):
    """The frames are needed until the videos are made, and longer only where the configuration says so."""
    return directory(path) if CONFIG.settings["frames"]["keep"] else temp(directory(path))


def subcategory(run):
    """Where Snakemake's report shows what belongs to a run: its experiment, or all that share it."""
    return " and ".join(CONFIG.experiments[name].title for name in CONFIG.experiments_of(run))


def labels(run):
    """The columns by which Snakemake's report tells runs apart."""
    return {"run": describe(run), "seed": str(run.seed)}


def growing(amount):
    """Memory or time that a job asks for: as much again with each further try."""
    return lambda wildcards, attempt: amount * attempt


wildcard_constraints:
    run="[^/]+",
    experiment="[^/]+",
    comparison="[^/]+",
    table="|".join(TABLES),
