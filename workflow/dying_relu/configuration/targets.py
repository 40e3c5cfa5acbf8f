"""Targets that name nothing: Snakemake alone would say neither what is wrong nor what there is."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator

from dying_relu.configuration.config import Config


def unknown_targets(targets: Iterable[str], config: Config) -> Iterator[str]:
    """Those below the results folder whose run, experiment or comparison the configuration lacks, in words."""
    drawn = config.experiments | config.comparisons
    kinds = [
        ("run", r"(?:players/)?runs/([^/]+)", config.runs),
        ("comparison", r"(?:players/)?comparisons/([^/.]+)", config.comparisons),
        ("experiment", r"outcomes/([^/.]+)\.", config.experiments),
        ("experiment or comparison", r"figures/(?!multiverse/)(?:[^/]+/)?([^/.]+)\.", drawn),
    ]
    for target in targets:
        path = os.path.relpath(target, config.settings["results"])
        for kind, pattern, known in kinds:
            match = re.match(pattern, path)
            if match and match[1] not in known:
                close = difflib.get_close_matches(match[1], known, n=3, cutoff=0.3) or list(known)[:3]
                yield f"{target}: found {kind} {match[1]}, allowed: one of the configuration, as {', '.join(close)}"
