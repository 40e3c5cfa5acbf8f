"""All keys of the configuration, with types, bounds, defaults and descriptions; those of a run are in `parameters`."""

import os
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, model_validator

from dying_relu.configuration.coerce import Section
from dying_relu.configuration.errors import SHORT, problem, raise_problems
from dying_relu.configuration.grids import reject_too_many, size, values_of
from dying_relu.configuration.parameters import Epochs, Parameters
from dying_relu.configuration.run import LONGEST_NAME, PARAMETERS, Seed
from dying_relu.io.columns import OUTCOMES

ARTICLE_SEED = 20170523
UNPRINTABLE = r"\x7f-\x9f\ud800-\udfff\ufffe\uffff"  # what no text may have, beside other control characters


def _unique(values: list[Any] | None) -> list[Any] | None:
    if values is not None and len(set(values)) < len(values):
        raise ValueError("a value stands twice")
    return values


def _without_null(entries: dict[str, Any]) -> dict[str, Any]:
    return {name: entry for name, entry in entries.items() if entry is not None}


def _some_left(entries: dict[str, Any]) -> dict[str, Any]:
    if not entries:
        raise ValueError("all are null")
    return entries


def _none_is_base(worlds: dict[str, Any]) -> dict[str, Any]:
    if "base" in worlds:
        raise problem("base", "another name, since base is the configuration without the worlds")
    return worlds


def _results_folder(folder: str) -> str:
    folder = os.path.normpath(folder)
    if folder == "." or max(len(os.fsencode(part)) for part in folder.split("/")) > LONGEST_NAME:
        allowed = f"another folder than the working directory, no part of its path longer than {LONGEST_NAME} bytes"
        raise problem(repr(folder), allowed)
    if re.match(r"-|[A-Za-z0-9+.-]+:", folder):  # ffmpeg would read them
        raise problem(repr(folder), "a path that begins neither as an option (-) nor as an address (scheme:)")
    return folder


def _data_folder(folder: str | None) -> str | None:
    if folder is not None and not os.path.isdir(folder := os.path.expanduser(folder)):  # noqa: PTH111, PTH112 (pathlib raises for names that no file can have)
        raise problem(SHORT.repr(folder), "null or an existing folder with the files of the data set")
    return folder


def _seeds(value: Any) -> Any:
    """A number of seeds stands for the article's and those that follow it."""
    if isinstance(value, list):
        return value
    return [ARTICLE_SEED + index for index in range(TypeAdapter(SeedCount).validate_python(value, strict=True))]


def _selection(value: Any) -> dict[str, Any]:
    """Parameters of a run, but only those that are given."""
    given = Parameters.model_validate(value).model_dump(exclude_unset=True)
    if not given:
        raise problem("{}", "a mapping of keys, with at least 1 keys")
    return given


def _grid(value: Any) -> dict[str, list[Any]]:
    """Parameters of a run, each with a list of values. Validated side by side, so that all keys' problems show."""
    if not isinstance(value, dict) or not value:
        return _selection(value)
    lists = values_of(value)
    raise_problems((key, "an empty list", "a value or a list of values") for key, many in lists.items() if not many)
    reject_too_many(size(lists))
    longest = max(map(len, lists.values()))
    rows = [_selection({key: many[i] for key, many in lists.items() if i < len(many)}) for i in range(longest)]
    return {key: [row[key] for row in rows if key in row] for key in lists}


UNIQUE = (Field(json_schema_extra={"uniqueItems": True}), AfterValidator(_unique))
SeedCount = Annotated[int, Field(ge=1, le=10_000)]
SeedList = Annotated[list[Seed], Field(min_length=1), *UNIQUE]
Name = Annotated[
    str, Field(pattern=r"^(?!(con|prn|aux|nul|com[0-9]|lpt[0-9])(?![\s\S]))[a-z0-9][a-z0-9_-]{0,63}(?![\s\S])")
]
TITLE = "Heading in figures and in the report; one line, without braces, which Snakemake would fill in."
Title = Annotated[
    str,
    Field(min_length=1, max_length=120, pattern=rf"^[^{{}}\x00-\x1f\u2028\u2029{UNPRINTABLE}]*(?![\s\S])"),
    Field(description=TITLE),
]
Selection = Annotated[dict[str, Any], BeforeValidator(_selection, json_schema_input_type=Parameters)]
Grid = Annotated[dict[str, list[Any]], BeforeValidator(_grid, json_schema_input_type=Parameters)]
Axis = Literal[*PARAMETERS, "layers"]
AXES = {"curves": (), "final": ("x",), "map": ("x", "y")}  # that a kind of figure has


class DataSettings(Section):
    """Where the data set comes from."""

    dir: Annotated[str | None, AfterValidator(_data_folder)] = None
    """Folder with the files of the data set, raw or as .gz, tried before any download; or one that holds them as
    torchvision does, in MNIST/raw, FashionMNIST/raw or KMNIST/raw. null: download."""

    timeout: Annotated[float, Field(gt=0, le=600)] = 15.0
    """Seconds that a source may stay silent before the next one is tried."""


class FigureSettings(Section):
    """The summary figure of an experiment."""

    kind: Literal["curves", "final", "map"] = "curves"
    """curves: test accuracy and dead units against the epoch, a curve per run. final: final measurements against the
    parameter x, a panel for each of the values. map: the same as colours, over the parameters x and y."""

    x: Axis | None = None
    """Parameter along the horizontal axis of final and map; `layers` is the number of hidden layers."""

    y: Axis | None = None
    """Parameter along the vertical axis of map."""

    values: Annotated[
        list[Literal[*OUTCOMES[2:]]],
        Field(min_length=1, max_length=4),
        *UNIQUE,
    ] = ["test_accuracy_batch_statistics", "dead"]  # noqa: RUF012 (pydantic copies it)
    """Final measurements (see docs/output.md) that final and map show."""

    @model_validator(mode="after")
    def _check_axes(self) -> Self:
        allowed = {True: f"one of {', '.join(PARAMETERS)}, layers", False: "null"}
        needed = {axis: axis in AXES[self.kind] for axis in ("x", "y")}
        raise_problems(
            (axis, repr(value), f"{allowed[needed[axis]]}, since kind is {self.kind}")
            for axis, value in {"x": self.x, "y": self.y}.items()
            if needed[axis] == (value is None)
        )
        return self


class ExperimentSettings(Section):
    """Runs that are shown in one summary figure."""

    title: Title
    text: Annotated[
        str | None, Field(min_length=1, max_length=2000, pattern=rf"^[^\x00-\x08\x0b-\x1f{UNPRINTABLE}]*(?![\s\S])")
    ] = None
    """What the experiment asks, and what to look at; the report shows it."""

    figure: FigureSettings = FigureSettings()
    grids: Annotated[list[Grid], Field(min_length=1)]
    """Each grid stands for every combination of its values; parameters that it lacks are those of `run`."""


class ComparisonSettings(Section):
    """Two runs whose dW videos are shown side by side; parameters that a side lacks are those of `run`."""

    title: Title
    left: Selection
    right: Selection


class WorldSettings(Section):
    """A choice that the article leaves open, made otherwise: `run` overrides parameters of every run."""

    title: Title
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=rf"^[^\x00-\x1f{UNPRINTABLE}]*(?![\s\S])")]
    """Why somebody would choose so."""

    admissible: bool
    """Whether the article's own sentences admit it. What is not admissible is trained and shown, and does not count."""

    run: Selection
    """Parameters that take the place of those of every run; a run that cannot have them stays as it is."""


class FrameSettings(Section):
    """Which moments of the training become frames of the dW video."""

    every: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    """Units from frame to frame."""

    unit: Literal["epoch", "step"] = "epoch"
    """Unit of `every`: epochs, or steps (mini-batches)."""

    keep: bool = False
    """Whether the PNG files of the frames stay after the videos are made."""


class VideoSettings(Section):
    """How frames become videos."""

    frames_per_second: Annotated[int, Field(ge=1, le=60)] = 10
    """Frames per second."""


class Settings(Section):
    """The experiments, what their runs share, and where results go."""

    results: Annotated[
        str,
        Field(min_length=1, max_length=500),
        Field(pattern=rf"^(?! )[^<>{{}}\"'\\\x00-\x1f\u2028\u2029{UNPRINTABLE}]+(?<! )(?![\s\S])"),
        AfterValidator(_results_folder),
    ] = "results"
    """Folder for everything generated, absolute or relative to the working directory."""

    seeds: Annotated[SeedList, BeforeValidator(_seeds, json_schema_input_type=SeedList | SeedCount)] = [ARTICLE_SEED]  # noqa: RUF012
    """Every run is trained once per seed; all its random streams derive from the seed. A list of seeds, or a number of
    them, which are then the article's seed 20170523 and the numbers that follow it."""

    epochs: Epochs

    engine: Literal["auto", "torch", "numba"] = "auto"
    """What trains. torch: plain PyTorch, the definition of the computation. numba: compiled code that skips zero
    pixels, several times as fast, with the same results up to rounding; for fully connected layers with BN, if any,
    before the activation. auto: numba where it works, otherwise torch with a warning."""

    checkpoint: Annotated[float, Field(ge=0, le=86_400)] = 10.0
    """Seconds between the checkpoints from which an interrupted training resumes, written at the end of an epoch; 0 for
    every epoch. Results do not depend on it."""

    on_divergence: Literal["fail", "keep"] = "fail"
    """What becomes of a run whose loss is infinite or not a number. fail: its job fails, the other runs go on. keep:
    its complete epochs are its results, and it is marked as diverged wherever it is shown."""

    draw_runs: bool = True
    """Whether each run gets an accuracy figure and a dW video of its own. Comparisons have videos in any case."""

    keep_networks: bool = True
    """Whether each trained network is kept: 0.8 MB for the article's. With true instead of false, finished runs are
    trained again."""

    only: Annotated[list[str] | None, Field(min_length=1), *UNIQUE] = None
    """Names of the experiments to do, with the comparisons that belong to them; null for all. For configurations that
    extend another one."""

    data: DataSettings = DataSettings()
    run: Parameters = Parameters()
    experiments: Annotated[
        dict[Name, ExperimentSettings | None],
        Field(min_length=1),
        AfterValidator(_without_null),
        AfterValidator(_some_left),
    ]
    """Each experiment trains the union of its grids and has a summary figure. null takes one away."""

    comparisons: Annotated[dict[Name, ComparisonSettings | None], AfterValidator(_without_null)] = {}  # noqa: RUF012
    """Pairs of runs of one experiment whose dW videos are shown side by side. null takes one away."""

    worlds: Annotated[
        dict[Name, WorldSettings | None], AfterValidator(_without_null), AfterValidator(_none_is_base)
    ] = {}  # noqa: RUF012
    """Choices that the article leaves open. Every run is trained in each of these worlds, too, and every claim judged;
    `base` is what the configuration has otherwise. null takes a world away."""

    dw: Literal["gradient_of_sum", "gradient", "update"] = "gradient_of_sum"
    """What dW is: the gradient of the last mini-batch's loss with respect to the weights of each hidden layer, of the
    summed loss of its images (gradient_of_sum) or of their mean loss (gradient), or the change (update) of these
    weights since the previous frame."""

    first_steps: Annotated[list[Annotated[int, Field(ge=1, le=1_000_000_000)]], *UNIQUE] = [1, 3, 10, 30, 100, 300, 600]  # noqa: RUF012
    """Steps (mini-batches) after which dead and inactive units are counted, beside the ends of epochs. Each costs about
    half an epoch of the article's networks."""

    frames: FrameSettings = FrameSettings()
    video: VideoSettings = VideoSettings()
