"""The code that a script depends on: itself, and every module of the library that it imports."""

import hashlib
from collections import defaultdict
from modulefinder import Module, ModuleFinder
from pathlib import Path
from types import CodeType


class ImportGraph(ModuleFinder):
    """Which modules below the folder `root` import which, found without running them.

    ModuleFinder reads import statements from the compiled code, within functions, too. It looks in `root` only, so
    that no third-party package is parsed, and reads a module once, however many scripts import it.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(path=[str(root)])
        self._root = root
        self._imports: dict[str, set[str]] = defaultdict(set)  # by the name of the importing module
        self._importer = ""

    def files(self, script: Path) -> list[Path]:
        """`script`, and the files of all modules that it imports, directly or through each other, sorted."""
        if script.stem not in self.modules:
            self.load_file(str(script))
        found, queue = {script.stem}, [script.stem]
        while queue:
            new = self._imports[queue.pop()] - found
            found |= new
            queue += new
        return sorted(Path(path) for module in found if (path := self.modules[module].__file__))

    def digest(self, script: Path) -> str:
        """The SHA-256 of the names and contents of these files."""
        digest = hashlib.sha256()
        for file in self.files(script):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(self._root)} {len(content)}\n".encode() + content)
        return digest.hexdigest()

    def scan_code(self, co: CodeType, m: Module) -> None:
        """Follow the import statements of the module `m`."""
        outer, self._importer = self._importer, m.__name__
        super().scan_code(co, m)
        self._importer = outer

    def import_module(self, partname: str, fqname: str, parent: Module | None) -> Module | None:
        """Load a module or a package on the way to it, and remember who imports it."""
        importer = self._importer
        module = super().import_module(partname, fqname, parent)
        if module is not None:
            self._imports[importer].add(fqname)
        return module
