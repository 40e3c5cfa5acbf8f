"""How runs read in titles, legends and tables: by the phrases that their parameters declare."""

from collections.abc import Collection, Sequence

from dying_relu.configuration.run import ARTICLE, LABELS, Run


def describe(run: Run) -> str:
    """A run in a few words: `BN, ReLU, mini-batch 100`, and what else differs from the article's."""
    return named(run, [key for key, label in LABELS.items() if label.always or getattr(run, key) != ARTICLE[key]])


def varied(runs: Sequence[Run]) -> list[str]:
    """The parameters in which the runs differ (the seed is not one of them)."""
    return [key for key in LABELS if len({getattr(run, key) for run in runs}) > 1]


def named(run: Run, keys: Collection[str]) -> str:
    """The phrases of the parameters `keys`; null has none."""
    return ", ".join(_phrases(run, keys).values())


def series_label(run: Run, keys: Collection[str]) -> str:
    """What a legend calls a curve: the phrases of the parameters `keys`, `no BN` only where it holds."""
    phrases = _phrases(run, keys)
    if run.batch_norm:
        phrases.pop("batch_norm", None)
    if "negative_slope" in phrases:  # which says that the unit is leaky
        phrases.pop("activation", None)
    return ", ".join(phrases.values()) or named(run, [key for key, label in LABELS.items() if label.always])


def held_fixed(runs: Sequence[Run]) -> str:
    """What all the runs have in common, for a figure's title."""
    differing = varied(runs)
    return named(
        runs[0],
        [
            key
            for key, label in LABELS.items()
            if key not in differing and (label.always or label.held or getattr(runs[0], key) != ARTICLE[key])
        ],
    )


def _phrases(run: Run, keys: Collection[str]) -> dict[str, str]:
    values = {key: getattr(run, key) for key in LABELS if key in keys}
    if not run.batch_norm:  # which stands nowhere then
        values.pop("batch_norm_position", None)
    return {key: LABELS[key].words(key, value) for key, value in values.items() if value is not None}
