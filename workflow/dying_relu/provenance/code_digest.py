"""Which modules of this package a script depends on."""

import ast
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def modules_of(script: Path) -> list[Path]:
    """The files of this package that `script` imports, directly or through each other, sorted.

    Read from the import statements, without importing anything, so that a workflow can tell when one of them has
    changed, and rerun the script.
    """
    found: set[Path] = set()
    queue = [script]
    while queue:
        for module in _imported(queue.pop()):
            if module not in found:
                found.add(module)
                queue.append(module)
    return sorted(found)


@cache  # twenty scripts share most modules; to parse each once takes a quarter of the time
def _imported(file: Path) -> list[Path]:
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    files = [PACKAGE.parent / f"{name.replace('.', '/')}.py" for name in names if name.startswith(f"{PACKAGE.name}.")]
    return [file for file in files if file.exists()]


def code_digest(modules: Sequence[Path]) -> str:
    """The SHA-256 of the names and contents of modules."""
    digest = hashlib.sha256()
    for module in modules:
        content = module.read_bytes()
        digest.update(f"{module.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
