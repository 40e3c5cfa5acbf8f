"""The code that a script depends on, and that a change of any of it changes the digest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dying_relu.provenance.code_digest import ImportGraph
from helpers import ROOT

LIBRARY = ROOT / "workflow"
SCRIPTS = sorted((LIBRARY / "scripts").glob("*.py"))
# For each script, runs every import statement in it and in the library's modules that this loads, also those within
# functions, and says which files were loaded. All in one process, since importing PyTorch anew takes seconds.
LOAD = """
import ast, json, sys
from pathlib import Path

library, *scripts = sys.argv[1:]

def files():
    return {name: module.__file__ for name, module in sys.modules.items()
            if (getattr(module, "__file__", None) or "").startswith(library)}

loaded = {}
for script in scripts:
    found, queue = set(), {script}
    while queue:
        found |= queue
        for path in queue:
            for node in ast.walk(ast.parse(Path(path).read_text())):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    exec(compile(ast.Module([node], []), path, "exec"))
        queue = {*files().values()} - found
    loaded[script] = sorted(found)
    for name in files():
        del sys.modules[name]
print(json.dumps(loaded))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """The files that Python loads for each script, itself included."""
    command = [sys.executable, "-c", LOAD, LIBRARY, *SCRIPTS]
    done = subprocess.run(command, env={"PYTHONPATH": str(LIBRARY)}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    """One for all scripts, as Snakemake has it."""
    return ImportGraph(LIBRARY)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_files_are_those_that_python_loads(graph, loaded, script):
    assert [str(path) for path in graph.files(script)] == loaded[str(script)]


def test_training_does_not_depend_on_what_comes_after_it(graph):
    rooms = {path.parent.name for path in graph.files(LIBRARY / "scripts" / "train.py")}
    assert not {"report", "figures", "claims", "videos", "tables"} & rooms


@pytest.fixture
def code(tmp_path) -> Path:
    """A script, and a package of which it imports all but `unused`."""
    texts = {
        "script.py": "from package import one\nimport package.two.deep\ndef later():\n    from package import lazy\n",
        "package/__init__.py": "",
        "package/one.py": "from . import relative\nimport numpy\n",
        "package/relative.py": "from .two import name\n",
        "package/two/__init__.py": "from package.two.source import name\n",
        "package/two/deep.py": "",
        "package/two/source.py": "name = 1\n",
        "package/lazy.py": "",
        "package/unused.py": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_digest_is_that_of_the_contents_whatever_the_form_of_the_import(code):
    def digest() -> str:
        return ImportGraph(code).digest(code / "script.py")

    before = digest()
    (code / "package" / "unused.py").write_text("changed = 1\n")
    (code / "script.py").touch()
    assert digest() == before
    files = ImportGraph(code).files(code / "script.py")
    assert files == sorted(path for path in code.rglob("*.py") if path.name != "unused.py")
    for path in files:
        text = path.read_text()
        path.write_text(f"{text}changed = 1\n")
        assert digest() != before, path
        path.write_text(text)
    assert digest() == before
