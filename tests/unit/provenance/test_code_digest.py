"""Which modules a script depends on."""

from dying_relu.provenance.code_digest import modules_of
from helpers import ROOT


def names(script: str) -> set[str]:
    return {path.stem for path in modules_of(ROOT / "workflow" / "scripts" / f"{script}.py")}


def test_modules_are_found_through_each_other():
    # The script imports train, which imports evaluation, which imports network, which imports seeding.
    assert {"train", "evaluation", "network", "seeding", "dw"} <= names("train")


def test_training_does_not_depend_on_what_comes_after_it():
    assert not {"config", "experiments", "mosaic", "video", "page", "summaries", "download"} & names("train")


def test_a_file_of_its_own(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import numpy\nimport dying_relu.measurements.frame_schedule\nfrom dying_relu.io import atomic\n")
    assert [path.stem for path in modules_of(script)] == ["run", "datasets", "atomic", "frame_schedule"]
