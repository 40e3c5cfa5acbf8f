"""A run whose loss is not finite: marked as diverged wherever it is shown, and never a plausible number."""

import logging

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from dying_relu.claims.claims import all_claims
from dying_relu.claims.verdicts import RunTables, judge_claims
from dying_relu.configuration.config import load_config
from dying_relu.configuration.run import Run
from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.figures import comparisons as unit_figures
from dying_relu.figures import experiments as figures
from dying_relu.figures import run_accuracy, style
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.measurements.results import TestResult
from dying_relu.tables.overview import final_table
from dying_relu.tables.summaries import diverged_in
from dying_relu.training.outputs import TABLES
from dying_relu.training.train import DivergenceError, Outputs
from dying_relu.videos.mosaic import draw_frames
from dying_relu.videos.video import make_video
from helpers import ROOT, make_run, train_anew

RUN = {"train_images": 300, "hidden": [16], "batch_size": 40}


def broken_from(step: int, engine=NumbaEngine):
    """The engine, but a weight that is not a number from a step on (from 1, 8 of them an epoch)."""

    class Broken(engine):
        done = 0

        def train(self, batches):
            results = []
            for batch in batches:
                self.done += 1
                if self.done == step:
                    self.state_dict()["output.weight"][3, 5] = np.nan
                results.append(super().train([batch]))
            return tuple(map(np.concatenate, zip(*results, strict=True)))

    return Broken


def tables(outputs: Outputs) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(getattr(outputs, name)) for name in ("initial", *TABLES)}


@pytest.mark.parametrize("engine", [TorchEngine, NumbaEngine])
@pytest.mark.parametrize("schedule", [FrameSchedule(), FrameSchedule(3, "step")])
def test_what_came_before_is_kept_and_the_last_row_says_nothing(images, tmp_path_factory, caplog, engine, schedule):
    run = make_run(epochs=5, **RUN)
    whole, kept = (Outputs.within(tmp_path_factory.mktemp(name)) for name in ("whole", "kept"))
    train_anew(make_run(epochs=2, **RUN), images, engine, whole, schedule=schedule)
    with caplog.at_level(logging.WARNING):
        train_anew(run, images, broken_from(20, engine), kept, schedule=schedule, on_divergence="keep")
    assert f"{run.name} diverged: the loss is nan in epoch 3, mini-batch 4" in caplog.text
    expected, found = tables(whole), tables(kept)
    assert found["metrics"]["epoch"].tolist() == [1, 2, 3]
    assert found["metrics"].drop(columns="epoch").iloc[2].isna().all()
    # Of the training accuracy after the last epoch, a run that diverges has none.
    assert expected["metrics"].pop("train_accuracy_eval").notna().sum() == 1
    assert found["metrics"].pop("train_accuracy_eval").isna().all()
    for name in ("initial", *TABLES):
        pd.testing.assert_frame_equal(found[name].head(len(expected[name])), expected[name], check_dtype=False)
        assert len(found[name]) == len(expected[name]) + (name == "metrics")
    with np.load(kept.dw) as frames, np.load(whole.dw) as before:
        last = "epoch-000003-diverged" if schedule.unit == "epoch" else "epoch-000003-step-000000020-diverged"
        extra = [] if schedule.unit == "epoch" else ["epoch-000003-step-000000018"]
        assert frames.files == sorted(frames.files) == [*before.files, *extra, last]
        assert not frames[last].any()
    assert diverged_in(found["metrics"]) == 3
    assert diverged_in(expected["metrics"]) is None
    assert final_table({"x": found["metrics"]}).iloc[0].drop(["run", "epoch"]).isna().all()


class Overflown(NumbaEngine):
    """Weights overflow in the epoch's last step, whose loss is that before it; the next epoch may never come."""

    def test(self):
        return TestResult(float("inf"), 0.1, 0.1, np.zeros(16))


@pytest.mark.parametrize(
    ("engine", "what"),
    [
        (broken_from(8, TorchEngine), "the loss is nan"),
        (broken_from(8), "the loss is nan"),
        (Overflown, "the test loss is inf"),
    ],
)
def test_a_diverging_run_stops_and_says_where(images, engine, what, outputs):
    run = make_run(epochs=2, **RUN)
    with pytest.raises(DivergenceError, match=f"{run.name} diverged: {what} in epoch 1, mini-batch 8"):
        train_anew(run, images, engine, outputs, schedule=FrameSchedule(1, "step"))


@pytest.fixture(scope="module")
def kept(images, tmp_path_factory) -> dict[str, Outputs]:
    """Three runs: one to the end, one that diverges in the third epoch, and one in the first."""
    made = {}
    for name, step in (("whole", 99), ("third", 20), ("first", 1)):
        made[name] = Outputs.within(tmp_path_factory.mktemp(name))
        train_anew(make_run(epochs=4, **RUN), images, broken_from(step), made[name], on_divergence="keep")
    return made


def test_a_run_that_diverges_at_once_has_nothing_but_its_initial_units(kept):
    found = tables(kept["first"])
    counts = {name: len(rows) for name, rows in found.items()}
    assert counts == {"initial": 16, "metrics": 1, "units": 0, "batches": 0, "first_steps": 0}
    assert diverged_in(found["metrics"]) == 1


def test_its_last_picture_is_black_and_beside_it_another_run_goes_on(kept, tmp_path):
    for name, outputs in kept.items():
        draw_frames(outputs.dw, tmp_path / name)
    with Image.open(tmp_path / "first" / "epoch-000001-diverged.png") as picture:
        assert not np.asarray(picture)[1:29, 1:29].any()
    assert len(list((tmp_path / "third").iterdir())) == 3
    for name in ("third", "first"):
        make_video([tmp_path / "whole", tmp_path / name], ["One", "Other"], tmp_path / f"{name}.mp4", 10)
        assert (tmp_path / f"{name}.mp4").stat().st_size
    (tmp_path / "third" / "epoch-000003-diverged.png").unlink()
    with pytest.raises(ValueError, match="not the same ones"):
        make_video([tmp_path / "whole", tmp_path / "third"], ["One", "Other"], tmp_path / "x.mp4", 10)


def test_figures_say_so(kept):
    runs = {name: make_run(epochs=4, batch_size=40 + index, train_images=300) for index, name in enumerate(kept)}
    metrics = {runs[name]: pd.read_csv(outputs.metrics) for name, outputs in kept.items()}
    for draw_figure in (figures.accuracy_and_dead_units, figures.unit_counts, figures.perfect_batches):
        axes = draw_figure(metrics, "Title").axes[0]
        _, labels = axes.get_legend_handles_labels()
        assert labels == ["mini-batch 40", "mini-batch 41 (diverged: 1 of 1)", "mini-batch 42 (diverged: 1 of 1)"]
    figures.final_test_accuracy(metrics, "Title")
    ends = {"third": ": diverged in epoch 3", "first": ": diverged in epoch 1", "whole": "seed 20170523"}
    for name, end in ends.items():
        figure = run_accuracy.accuracy(runs[name], metrics[runs[name]], pd.read_csv(kept[name].batches))
        assert figure.axes[0].get_title().replace("\n", " ").endswith(end)


@pytest.mark.parametrize("kind", unit_figures.FIGURES)
def test_figures_of_units(kept, kind, tmp_path):
    sides = {name: [tables(outputs)] for name, outputs in kept.items() if name != "third"}
    figure = unit_figures.FIGURES[kind](sides, "Title")
    style.save(figure, tmp_path / "x.png")
    assert [text.get_text() for text in figure.axes[1].texts] == ["diverged in the first epoch"]
    sides = {name: [tables(kept[name])] for name in ("third", "whole")}
    style.save(unit_figures.FIGURES[kind](sides, "Title"), tmp_path / "y.png")


def test_claims_about_it_are_undecided(kept):
    """Whatever a claim is about: as soon as one of its runs has diverged, nothing is measured."""
    settings = yaml.safe_load((ROOT / "config.yaml").read_text())
    everything = load_config(settings | {"epochs": 4, "run": {"train_images": 6000}})

    def table(diverged) -> pd.DataFrame:
        def tables_of(run: Run) -> RunTables:
            return RunTables(kept["third" if diverged(run) else "whole"].metrics.parent)

        return judge_claims(everything, tables_of)[0].set_index("claim")

    with_none = table(lambda run: False)
    tested = with_none[with_none["verdict"] != "not tested"]
    assert len(tested) >= len(all_claims()) - 1  # slopes-agree looks at epochs from 20 on only
    with_all = table(lambda run: True)
    assert set(with_all.loc[tested.index, "verdict"]) == {"undecided"}
    assert with_all.loc[tested.index, ["measured", "low", "high"]].isna().all(axis=None)
    one = table(lambda run: run.batch_size == 500)
    assert one.loc["no-death-with-bn", "verdict"] == "undecided"
    assert one.loc["no-death-with-leaky", "verdict"] == with_none.loc["no-death-with-leaky", "verdict"] != "undecided"
