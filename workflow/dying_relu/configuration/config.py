"""The configuration: validated settings, and the runs, experiments and comparisons that they stand for."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from dying_relu.configuration.checks import reject_alias_bombs
from dying_relu.configuration.engine_support import not_covered
from dying_relu.configuration.errors import SHORT, ConfigError, in_words, refuse
from dying_relu.configuration.grids import contains, expand_grid, reject_too_many, size
from dying_relu.configuration.run import Run
from dying_relu.configuration.schema import json_schema
from dying_relu.configuration.settings import ExperimentSettings, Settings


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
        """Whether its summary figure shows curves against the epoch, one per run."""
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


BASE = "base"  # the world of the experiments


@dataclass(frozen=True)
class Config:
    """The whole configuration, valid and complete. `settings` is the same as plain values.

    `runs` are all that are trained: those of the experiments, and the same in other worlds.
    """

    settings: dict[str, Any]
    runs: dict[str, Run]
    experiments: dict[str, Experiment]
    comparisons: dict[str, Comparison]

    @property
    def shown(self) -> dict[str, Run]:
        """The runs of the experiments."""
        return {run.name: run for experiment in self.experiments.values() for run in experiment.runs}

    @property
    def drawn(self) -> dict[str, Run]:
        """The runs that have a figure and a video of their own."""
        return self.shown if self.settings["draw_runs"] else {}

    @property
    def worlds(self) -> list[str]:
        """The names of all worlds, if there are any beside BASE, which comes first."""
        return [BASE, *self.settings["worlds"]] if self.settings["worlds"] else []

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

    # Rules ask for both of every run; a search each time would take minutes for thousands of runs.
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

    def admits(self, world: str) -> bool:
        """Whether the article's own sentences admit the world."""
        return world == BASE or self.settings["worlds"][world]["admissible"]

    def find(self, selection: dict[str, Any], seed: int, world: str = BASE) -> Run | None:
        """The experiments' run that `selection` describes, with parameters of `run` where it has none; None without it.

        In another world, it is the run that this one becomes there.
        """
        try:
            run = Run(**self.settings["run"] | selection, epochs=self.settings["epochs"], seed=seed)
        except ValidationError:  # such as a mini-batch of more images than there are
            return None
        if not self._experiments_by_run.get(run.name):  # it may yet be trained, as another run in some world
            return None
        return run if world == BASE else in_world(run, self.settings["worlds"][world]["run"])


def in_world(run: Run, overrides: Mapping[str, Any]) -> Run:
    """What the run is with these parameters; the run itself if it cannot have them."""
    try:
        return Run(**run.model_dump() | overrides)
    except ValidationError:
        return run


def load_config(raw: dict[str, Any]) -> Config:
    """Validate `raw`, fill in defaults, and expand the grids.

    Raises ConfigError naming each offending key, what was found and what is allowed.
    """
    reject_alias_bombs(raw)
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        refuse(in_words(error, json_schema()))
    chosen = _chosen(settings)
    _reject_too_many_runs(chosen, len(settings.seeds), 1 + len(settings.worlds))
    experiments = {
        name: Experiment(
            name,
            experiment.title,
            tuple(dict.fromkeys(_runs(settings, experiment, f"experiments.{name}.grids"))),
            experiment.text,
            experiment.figure.model_dump(),
        )
        for name, experiment in chosen.items()
    }
    comparisons = {
        name: Comparison(name, settings.comparisons[name].title, home, *_sides(settings, name))
        for name in settings.comparisons
        if (home := _home(settings, name, chosen))
    }
    runs = {run.name: run for experiment in experiments.values() for run in experiment.runs}
    shown = list(runs.values())
    for name, world in settings.worlds.items():
        found = {one.name: one for run in shown if (one := in_world(run, world.run)) != run}
        if not found:
            raise ConfigError(f"worlds.{name}.run: found {world.run}, allowed: parameters that change a run")
        for run in found.values():
            _refuse_uncovered(settings, run, f"worlds.{name}.run")
        runs |= found
    compared = [run for comparison in comparisons.values() for run in comparison.runs]
    refuse(_frame_problems(settings, shown if settings.draw_runs else compared))
    plain = settings.model_dump(mode="json")
    for section, kept in (("experiments", experiments), ("comparisons", comparisons)):
        plain[section] = {name: entry for name, entry in plain[section].items() if name in kept}
    return Config(plain, runs, experiments, comparisons)


def _chosen(settings: Settings) -> dict[str, ExperimentSettings]:
    """The experiments that `only` names."""
    names = list(settings.experiments) if settings.only is None else settings.only
    refuse(
        f"only[{index}]: found {SHORT.repr(name)}, allowed: one of {', '.join(settings.experiments)}"
        for index, name in enumerate(names)
        if name not in settings.experiments
    )
    return {name: settings.experiments[name] for name in names}


def _reject_too_many_runs(experiments: dict[str, ExperimentSettings], seeds: int, worlds: int) -> None:
    total = 0
    for name, experiment in experiments.items():
        for index, grid in enumerate(experiment.grids):
            total += size(grid) * seeds * worlds
            try:
                reject_too_many(total)
            except PydanticCustomError as error:
                raise ConfigError(f"experiments.{name}.grids[{index}]: {error.message()}") from None


def _runs(settings: Settings, experiment: ExperimentSettings, path: str) -> Iterator[Run]:
    """The runs of an experiment: of every grid, every combination from every seed."""
    for index, grid in enumerate(experiment.grids):
        for point in expand_grid(grid):
            run = _run(settings, point, f"{path}[{index}]")
            yield from (run.with_seed(seed) for seed in settings.seeds)


def _run(settings: Settings, selection: dict[str, Any], path: str) -> Run:
    """The run of the first seed that `selection` describes. Raises ConfigError."""
    try:
        run = Run(**dict(settings.run) | selection, epochs=settings.epochs, seed=settings.seeds[0])
    except ValidationError as error:
        refuse(in_words(error, json_schema(), path))
    _refuse_uncovered(settings, run, path)
    return run


def _refuse_uncovered(settings: Settings, run: Run, path: str) -> None:
    if settings.engine == "numba":
        refuse(
            f"{path}.{key}: found {run.parameters()[key]}, allowed: {allowed}, since engine is numba; "
            "auto and torch take more"
            for key, allowed in not_covered(run.parameters()).items()
        )


def _sides(settings: Settings, name: str) -> tuple[Run, Run]:
    """The runs of a comparison. Raises ConfigError."""
    comparison, path = settings.comparisons[name], f"comparisons.{name}"
    left = _run(settings, comparison.left, f"{path}.left")
    right = _run(settings, comparison.right, f"{path}.right")
    if settings.frames.unit == "step" and left.steps_per_epoch != right.steps_per_epoch:
        raise ConfigError(
            f"{path}: the runs have frames at different steps; with frames.unit: step, compare runs of one batch size"
        )
    return left, right


def _home(settings: Settings, name: str, chosen: Container[str]) -> str | None:
    """The first chosen experiment that has both runs of a comparison; None where only others have them.

    Raises ConfigError where no experiment has them.
    """
    comparison, defaults = settings.comparisons[name], dict(settings.run)
    homes = {
        side: [
            one
            for one, experiment in settings.experiments.items()
            if any(contains(grid, defaults | selection, defaults) for grid in experiment.grids)
        ]
        for side, selection in (("left", comparison.left), ("right", comparison.right))
    }
    common = [one for one in homes["left"] if one in homes["right"]]
    if not common:
        path, runs = f"comparisons.{name}", zip(homes, _sides(settings, name), strict=True)
        refuse(
            f"{path}.{side}: no experiment has the run {run.name}; allowed: a run of one"
            for side, run in runs
            if not homes[side]
        )
        raise ConfigError(f"{path}: left and right belong to no common experiment; allowed: two runs of one")
    return next((one for one in common if one in chosen), None)


def _frame_problems(settings: Settings, drawn: list[Run]) -> Iterator[str]:
    """Runs that end before their first frame."""
    every, unit = settings.frames.every, settings.frames.unit
    for run in drawn:
        units = run.epochs if unit == "epoch" else run.steps
        if every > units:
            yield f"frames.every: found {every}, allowed: at most {units}, the {unit}s of the run {run.name}"
            return
