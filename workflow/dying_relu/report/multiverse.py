"""The page's section of a multiverse: which claims are robust, and what the others hang on."""

from typing import Any

import pandas as pd

from dying_relu.claims.claims import all_claims
from dying_relu.claims.robustness import robustness
from dying_relu.configuration.config import BASE, Config
from dying_relu.report import captions
from dying_relu.report.assets import Assets

# The axes of specifications, as sentences name them.
AXES = {
    "evaluation": "how it is tested",
    "world": "the world",
    "dw": "which gradient dW is",
    "window": "the epochs that a final accuracy is made of",
    "frames": "the last epoch whose frames count",
}


def multiverse_section(config: Config, assets: Assets) -> dict[str, Any] | None:
    """What the page shows of the worlds of a configuration, None if it has none.

    `claims` have, beside the columns of `robustness`, an `id`, a `statement`, a `figure` and, as `because`, what their
    verdict hangs on in words.
    """
    if not config.worlds:
        return None
    texts = captions.load_captions()
    found = robustness(pd.read_csv(assets.results / "multiverse.csv"))
    statements = {claim.id: claim.statement for claim in all_claims()}
    data = assets.copy("multiverse.csv")

    def figure(name: str, kind: str) -> dict[str, Any]:
        source = assets.copy(f"figures/multiverse/{name}.svg")
        return {"id": f"figure-{name}", "source": source, "data": data, "rule": "multiverse_figures", **texts[kind]}

    return {
        "worlds": {BASE: {"title": "As configured", "reason": "", "admissible": True}} | config.settings["worlds"],
        "matrix": figure("matrix", "matrix"),
        "claims": [
            row
            | {
                "id": claim,
                "statement": statements[claim],
                "because": AXES.get(row["hangs_on"], ""),
                "figure": figure(claim, "specifications"),
            }
            for claim, row in found.to_dict("index").items()
        ],
    }
