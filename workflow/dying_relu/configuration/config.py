"""The configuration: checked once, completed with defaults, and turned into runs."""

import difflib
import itertools
import math
import os
import re
import reprlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from dying_relu.configuration.engine_support import not_covered
from dying_relu.configuration.run import LISTS, PARAMETERS, POOL, Run, run_name
from dying_relu.data.datasets import DATASETS

ARTICLE_SEED = 20170523
MOST_RUNS = 100_000
MOST_VALUES = 200_000
LONGEST_NAME = 200  # of a run or a folder; file systems take 255 bytes, and suffixes stand behind it
SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"


class ConfigError(ValueError):
    """The configuration is refused; the message has one line per problem, each naming its key."""


@dataclass(frozen=True)
class Experiment:
    """A set of runs that are shown in one summary figure; `runs` in the order of the grids, then of the seeds."""

    name: str
    title: str
    runs: tuple[Run, ...]
    text: str | None
    figure: dict[str, Any]

    @property
    def has_curves(self) -> bool:
        """Whether it is shown against the epoch, a curve per run."""
        return self.figure["kind"] == "curves"


@dataclass(frozen=True)
class Comparison:
    """Two runs of the first seed that are shown side by side, in the section of `experiment`."""

    name: str
    title: str
    experiment: str
    left: Run
    right: Run

    @property
    def runs(self) -> tuple[Run, Run]:
        """The left one and the right one."""
        return self.left, self.right


@dataclass(frozen=True)
class Config:
    """The whole configuration, valid and complete. `settings` is the same as plain values."""

    settings: dict[str, Any]
    runs: dict[str, Run]
    experiments: dict[str, Experiment]
    comparisons: dict[str, Comparison]

    @property
    def drawn(self) -> dict[str, Run]:
        """The runs that have a figure and a video of their own."""
        return self.runs if self.settings["draw_runs"] else {}

    @property
    def portable(self) -> dict[str, Any]:
        """The settings without the folders of this machine and checkpoints, which say nothing about the results."""
        return {key: value for key, value in self.settings.items() if key not in ("results", "data", "checkpoint")}

    def experiments_of(self, run: Run) -> list[str]:
        """The names of the experiments that the run belongs to."""
        return self._experiments_by_run[run.name]

    def all_seeds(self, run: Run) -> list[Run]:
        """The runs that differ from `run` in nothing but the seed, itself included, in the order of the seeds."""
        return self._runs_by_series[run.without_seed]

    # Both are asked for every run, so that searching anew each time would take minutes for thousands of runs.
    @cached_property
    def _experiments_by_run(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.runs}
        for name, experiment in self.experiments.items():
            for run in experiment.runs:
                found[run.name].append(name)
        return found

    @cached_property
    def _runs_by_series(self) -> dict[Run, list[Run]]:
        found: dict[Run, list[Run]] = {}
        for run in self.runs.values():
            found.setdefault(run.without_seed, []).append(run)
        return found

    def find(self, selection: dict[str, Any], seed: int) -> Run | None:
        """The run that `selection` describes, what it leaves out being taken from `run`; None where there is none."""
        try:
            run = _make(self.settings, _one(self.settings, selection, ""), seed)
        except ConfigError:  # parameters that do not go together, such as a mini-batch of more images than there are
            return None
        return self.runs.get(run.name)


def load_config(raw: dict[str, Any]) -> Config:
    """Check `raw` against the schema and beyond it, fill in defaults, and expand the grids.

    Raises ConfigError naming each offending key, what was found and what is allowed.
    """
    _refuse(_endless(raw))
    settings = _checked(raw, _schema(), "")
    if isinstance(settings["seeds"], int):
        settings["seeds"] = [ARTICLE_SEED + number for number in range(settings["seeds"])]
    settings["results"] = os.path.normpath(settings["results"])
    _refuse(_results_problems(settings["results"]))
    _refuse(_folder_problems(settings["data"]["dir"]))

    settings |= _chosen(settings)
    _refuse(_size_problems(settings))
    experiments = {}
    for name, experiment in settings["experiments"].items():
        chosen = [
            _one(settings, point, f"experiments.{name}.grids[{index}]")
            for index, grid in enumerate(experiment["grids"])
            for point in expand_grid(grid, f"experiments.{name}.grids[{index}]")
        ]
        runs = dict.fromkeys(_make(settings, point, seed) for point in chosen for seed in settings["seeds"])
        _refuse(_name_problems(runs, f"experiments.{name}.grids"))
        _refuse(_figure_problems(experiment["figure"], f"experiments.{name}.figure"))
        experiments[name] = Experiment(
            name, experiment["title"], tuple(runs), experiment.get("text"), experiment["figure"]
        )

    comparisons = {}
    for name, comparison in settings["comparisons"].items():
        sides = [
            _make(settings, _one(settings, comparison[side], f"comparisons.{name}.{side}"), settings["seeds"][0])
            for side in ("left", "right")
        ]
        if settings["only"] is not None and not _homes(sides, experiments):
            continue  # it belongs to an experiment that is not done
        home = _home(sides, experiments, name)
        _refuse(_pairing_problems(*sides, settings["frames"], f"comparisons.{name}"))
        comparisons[name] = Comparison(name, comparison["title"], home, *sides)

    runs = {run.name: run for experiment in experiments.values() for run in experiment.runs}
    return Config(settings, runs, experiments, comparisons)


def shell_problems(entries: Iterable[str]) -> Iterator[str]:
    """Entries of Snakemake's `--config` that it would not hand on to the shell of a submitted job as they are.

    It quotes them as Python does (`repr`): in double quotes where there is an apostrophe, and there a shell looks
    inside.
    """
    for entry in entries:
        if "'" in entry and set(entry) & set('"$`\\'):
            key = entry.partition("=")[0]
            yield (
                f'{key}: found an apostrophe together with one of " $ ` \\ in --config, '
                "allowed: not both; a file (--configfile) may have both"
            )


def _endless(raw: dict[str, Any]) -> Iterator[str]:
    """Keys with more values than anybody writes, as YAML's aliases can multiply them without end."""
    for key, value in raw.items():
        queue, count = [value], 0
        while queue and count <= MOST_VALUES:
            part = queue.pop()
            count += 1
            queue += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        if count > MOST_VALUES:
            yield f"{_key(key)}: found more than {MOST_VALUES:,} values, allowed: at most so many"


def _chosen(settings: dict[str, Any]) -> dict[str, Any]:
    """The experiments that `only` names."""
    only, experiments = settings["only"], settings["experiments"]
    if only is None:
        return {}
    for index, name in enumerate(only):
        if name not in experiments:
            raise ConfigError(f"only[{index}]: found {SHORT.repr(name)}, allowed: one of {', '.join(experiments)}")
    return {"experiments": {name: experiments[name] for name in only}}


def duplicate_keys(text: str) -> list[str]:
    """Keys that a YAML (or JSON) mapping has twice, of which a reader takes the last one without a word.

    The line is that in which the mapping begins, from 1.
    """
    found, seen, queue = [], set(), [yaml.compose(text, Loader=yaml.SafeLoader)]
    while queue:
        node = queue.pop()
        if node is None or id(node) in seen:  # an alias is the same node as its anchor
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            queue += node.value
        elif isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            twice = {key for key in keys if keys.count(key) > 1}
            where = node.start_mark.line + 1
            found += [
                (where, f"{key}: found {keys.count(key)} times below line {where}, allowed: once") for key in twice
            ]
            queue += [part for pair in node.value for part in pair]
    return [problem for _, problem in sorted(found)]


@cache
def _schema() -> dict[str, Any]:
    return yaml.safe_load(SCHEMA.read_text())


@cache
def article() -> dict[str, Any]:
    """The parameters of the article's run, and its `epochs`; runs are named by what differs."""
    schema = _schema()
    return _checked({}, schema["$defs"]["run"], "run") | {"epochs": schema["properties"]["epochs"]["default"]}


def _make(settings: dict[str, Any], parameters: dict[str, Any], seed: int) -> Run:
    parameters = {key: parameters[key] for key in PARAMETERS} | {"epochs": settings["epochs"], "seed": seed}
    return Run.from_parameters(parameters | {"name": run_name(parameters, article())})


def _one(settings: dict[str, Any], selection: dict[str, Any], path: str) -> dict[str, Any]:
    """The parameters of one run: `selection`, and for the rest `run`. Raises ConfigError."""
    parameters = _checked(settings["run"] | selection, _schema()["$defs"]["run"], path)
    _refuse(_run_problems(parameters, path))
    _refuse(_engine_problems(parameters, settings["engine"], path))
    return parameters


def expand_grid(grid: dict[str, Any], path: str = "grid") -> Iterator[dict[str, Any]]:
    """Every combination of a grid's values, the last key changing fastest. Raises ConfigError for an empty list."""
    lists = _lists(grid)
    for key, values in lists.items():
        if not values:
            raise ConfigError(f"{path}.{key}: found an empty list, allowed: a value or a list of values")
    return (dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values()))


def _lists(grid: dict[str, Any]) -> dict[str, list[Any]]:
    """The values of each key of a grid."""
    lists = {}
    for key, value in grid.items():
        # The values of some are themselves lists: a list of lists varies them.
        one_value = not isinstance(value, list) or (key in LISTS and not any(isinstance(v, list) for v in value))
        lists[key] = [value] if one_value else value
    return lists


def _size_problems(settings: dict[str, Any]) -> Iterator[str]:
    """More runs than anybody can mean, found out before they are made."""
    total = 0
    for name, experiment in settings["experiments"].items():
        for index, grid in enumerate(experiment["grids"]):
            total += math.prod(map(len, _lists(grid).values())) * len(settings["seeds"])
            if total > MOST_RUNS:
                yield (
                    f"experiments.{name}.grids[{index}]: found {total:,} runs up to here, allowed: at most "
                    f"{MOST_RUNS:,} in all, seeds included"
                )
                return


def _run_problems(run: dict[str, Any], path: str) -> Iterator[str]:
    """What a schema cannot say: parameters of a run that do not go together."""
    slope, size, images = run["negative_slope"], run["batch_size"], run["train_images"]
    if run["activation"] == "leaky_relu" and slope is None:
        yield f"{path}.negative_slope: found null, allowed: a number from 0 to 1, since activation is leaky_relu"
    if run["activation"] != "leaky_relu" and slope is not None:
        yield (
            f"{path}.negative_slope: found {slope}, allowed: null, since activation is {run['activation']}, "
            "which has no slope"
        )
    if run["momentum"] and run["optimizer"] != "sgd":
        yield f"{path}.momentum: found {run['momentum']}, allowed: 0, since optimizer is {run['optimizer']}"
    if (run["initialization"] == "normal") != (run["initial_deviation"] is not None):
        allowed = "a number above 0" if run["initialization"] == "normal" else "null"
        yield (
            f"{path}.initial_deviation: found {_json(run['initial_deviation'])}, allowed: {allowed}, "
            f"since initialization is {run['initialization']}"
        )
    if run["initialization"] == "torch_default" and run["bias"]:
        yield f"{path}.bias: found {run['bias']}, allowed: 0, since initialization is torch_default, which draws biases"
    if run["batch_norm_position"] == "after_activation" and not run["batch_norm"]:
        yield f"{path}.batch_norm_position: found after_activation, allowed: before_activation, since batch_norm is off"
    dataset = DATASETS[run["dataset"]]
    if images > dataset.train_images:
        yield (
            f"{path}.train_images: found {images}, allowed: at most {dataset.train_images}, since dataset is "
            f"{run['dataset']}"
        )
    most = int(math.log(min(dataset.shape[1:]), POOL))
    if len(run["convolutions"]) > most:
        yield (
            f"{path}.convolutions: found {run['convolutions']}, allowed: at most {most} layers, since each halves the "
            f"images, and these have {dataset.shape[1]} x {dataset.shape[2]} pixels"
        )
    if size > images:
        yield f"{path}.batch_size: found {size}, allowed: at most {images}, the number of training images"
    elif run["batch_norm"] and size == 1:
        yield f"{path}.batch_size: found 1, allowed: at least 2, since batch_norm is on and one image has no variance"
    elif run["batch_norm"] and images % size == 1:
        yield (
            f"{path}.batch_size: found {size}, allowed: a size that does not leave a last mini-batch of one image, "
            f"since batch_norm is on ({images} = {images // size} x {size} + 1)"
        )


def _json(value: Any) -> str:
    return "null" if value is None else str(value)


def _engine_problems(run: dict[str, Any], engine: str, path: str) -> Iterator[str]:
    if engine == "numba":
        for key, allowed in not_covered(run).items():
            yield f"{path}.{key}: found {run[key]}, allowed: {allowed}, since engine is numba; auto and torch take more"


AXES = (*PARAMETERS, "layers")


def _figure_problems(figure: dict[str, Any], path: str) -> Iterator[str]:
    """Axes that a kind of figure needs, or does not have."""
    needed = {"curves": (), "final": ("x",), "map": ("x", "y")}[figure["kind"]]
    for axis in ("x", "y"):
        if axis not in needed and figure[axis] is not None:
            yield f"{path}.{axis}: found {SHORT.repr(figure[axis])}, allowed: null, since kind is {figure['kind']}"
        if axis in needed and figure[axis] not in AXES:
            yield f"{path}.{axis}: found {SHORT.repr(figure[axis])}, allowed: one of {', '.join(AXES)}"


def _name_problems(runs: Iterable[Run], path: str) -> Iterator[str]:
    """Runs whose names no file could have."""
    for run in runs:
        if len(run.name) > LONGEST_NAME:
            yield (
                f"{path}: found a run whose name, which says all that differs from the article, has {len(run.name)} "
                f"characters, allowed: at most {LONGEST_NAME}; change fewer parameters, or write fewer digits"
            )
            return


def _results_problems(folder: str) -> Iterator[str]:
    if folder == "." or max(len(os.fsencode(part)) for part in folder.split("/")) > LONGEST_NAME:
        yield (
            f"results: found {SHORT.repr(folder)}, allowed: another folder than the working directory, "
            f"no part of its path longer than {LONGEST_NAME} bytes"
        )


def _folder_problems(folder: str | None) -> Iterator[str]:
    if folder is not None and not os.path.isdir(folder):  # noqa: PTH112 (a path that no file can have is none, instead of an error)
        yield f"data.dir: found {SHORT.repr(folder)}, allowed: null or an existing folder with the MNIST files"


def _pairing_problems(left: Run, right: Run, frames: dict[str, Any], path: str) -> Iterator[str]:
    if frames["unit"] == "step" and left.steps_per_epoch != right.steps_per_epoch:
        yield f"{path}: the runs have frames at different steps; with frames.unit: step, compare runs of one batch size"


def _homes(sides: list[Run], experiments: dict[str, Experiment]) -> list[str]:
    """The experiments that have both runs."""
    return [experiment.name for experiment in experiments.values() if set(sides) <= set(experiment.runs)]


def _home(sides: list[Run], experiments: dict[str, Experiment], name: str) -> str:
    """The first experiment that has both runs."""
    for side, run in zip(("left", "right"), sides, strict=True):
        if not any(run in experiment.runs for experiment in experiments.values()):
            raise ConfigError(f"comparisons.{name}.{side}: no experiment has the run {run.name}; allowed: a run of one")
    if homes := _homes(sides, experiments):
        return homes[0]
    raise ConfigError(f"comparisons.{name}: left and right belong to no common experiment; allowed: two runs of one")


def _checked(value: dict[str, Any], schema: dict[str, Any], path: str) -> dict[str, Any]:
    """`value` completed with the schema's defaults. Raises ConfigError."""
    value = _typed(value, schema)
    validator = jsonschema.Draft202012Validator({**schema, "$defs": _schema()["$defs"]})
    errors = sorted(validator.iter_errors(value), key=lambda error: error.json_path)
    _refuse(problem for error in errors for problem in _problems(error, path))
    return _completed(value, schema, path)


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """`value` with text read as the number, truth value or null that the schema asks for.

    Inside brackets and braces, Snakemake's `--config` takes everything for text; and so does YAML
    with numbers like 1e-3.
    """
    schema = _resolved(schema)
    if isinstance(value, dict):
        named, rest = schema.get("properties", {}), schema.get("additionalProperties") or {}
        known = {key: named.get(key, rest) for key in value}
        return {key: _typed(part, known[key]) if known[key] else part for key, part in value.items()}
    if isinstance(value, list) and "items" in schema:
        return [_typed(part, schema["items"]) for part in value]
    if isinstance(value, str) and "type" in schema:
        read = _scalar(value)
        kinds = {"null": read is None, "boolean": isinstance(read, bool)}
        kinds |= dict.fromkeys(("number", "integer"), isinstance(read, int | float) and not isinstance(read, bool))
        if any(kinds.get(kind) for kind in _kinds(schema)):
            return read
    return value


def _scalar(text: str) -> Any:
    for read in (yaml.safe_load, float):
        with suppress(ValueError, yaml.YAMLError):
            if not isinstance(value := read(text), str):
                return value
    return text


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return schema | _schema()["$defs"][reference.removeprefix("#/$defs/")] if reference else schema


def _kinds(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _completed(value: Any, schema: dict[str, Any], path: str) -> Any:
    """`value` with defaults filled in, whole numbers as int and others as float."""
    schema = _resolved(schema)
    if isinstance(value, dict):
        named = schema.get("properties", {})
        missing = {key: part["default"] for key, part in named.items() if "default" in part and key not in value}
        rest = schema.get("additionalProperties") or {}
        return {key: _completed(part, named.get(key, rest), f"{path}.{key}") for key, part in (value | missing).items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{path.removeprefix('.')}: found {value}, allowed: a finite number")
    if isinstance(value, int | float) and not isinstance(value, bool):
        kinds = _kinds(schema)
        return int(value) if "integer" in kinds else float(value) if "number" in kinds else value
    return value


def _refuse(problems: Iterator[str]) -> None:
    if found := list(problems):
        raise ConfigError("\n".join(found))


def _problems(error: jsonschema.ValidationError, root: str) -> Iterator[str]:
    """A schema error in our words: the key, what was found, what is allowed."""
    path = root
    for step in error.path:
        path += f"[{step}]" if isinstance(step, int) else f".{_key(step)}"
    path = path.removeprefix(".")
    prefix = f"{path}." if path else ""
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for key in error.instance.keys() - known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            yield f"{prefix}{_key(key)}: unknown key{hint}, allowed: {', '.join(known)}"
    elif error.validator == "required":
        for key in set(error.validator_value) - error.instance.keys():
            yield f"{prefix}{key}: missing, and it has no default"
    else:
        key = path or "the configuration"
        yield f"{key}: found {SHORT.repr(error.instance)}, allowed: {_allowed(error.schema)}"


def _key(key: Any) -> str:
    """A key as it is, or quoted where it is no word."""
    return key if isinstance(key, str) and re.fullmatch(r"[\w-]{1,64}", key) else SHORT.repr(key)


def _allowed(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if "pattern" in schema:
        return f"text that matches {schema['pattern']}"
    return "; or ".join(", ".join([WORDS[kind], *_limits(schema, kind)]) for kind in _kinds(schema))


# What was found is shown, but not all of it where it is endless.
SHORT = reprlib.Repr()
SHORT.maxlevel, SHORT.maxlist, SHORT.maxdict, SHORT.maxstring, SHORT.maxother = 3, 10, 6, 200, 200

WORDS = {"null": "null", "array": "a list", "object": "a mapping of keys", "integer": "a whole number"}
WORDS |= {"number": "a number", "string": "text", "boolean": "true or false"}
NUMBER_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
}
LIMITS = {
    "integer": NUMBER_LIMITS,
    "number": NUMBER_LIMITS,
    "array": {"minItems": "with at least {} items", "maxItems": "with at most {} items", "uniqueItems": "none twice"},
    "object": {"minProperties": "with at least {} keys"},
    "string": {"minLength": "of at least {} characters", "maxLength": "of at most {} characters"},
}


def _limits(schema: dict[str, Any], kind: str) -> list[str]:
    """The bounds that a schema sets to values of one kind, in words."""
    return [phrase.format(schema[key]) for key, phrase in LIMITS.get(kind, {}).items() if key in schema]
