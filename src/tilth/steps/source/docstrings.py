"""Docstrings of the Python that runs this: real, messy technical English that every machine has."""

from __future__ import annotations

import difflib
import os
import re
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated, ClassVar

import pyarrow as pa

from tilth.errors import NotThere
from tilth.record import ORIGIN, TEXT, Bad
from tilth.step import Limit, Read, Shard, Source, Survey
from tilth.steps.source._docs import Doc, Unreadable, docs, module_name
from tilth.steps.source._open import opened
from tilth.steps.source._settings import BadRecords

COLUMNS = ("text", "docstring", "name", "kind", "signature", "package")
TESTS = re.compile(r"(?:^|/)(?:tests?|idle_test|test_[^/]*|[^/]*_test\.py|conftest\.py)(?=/|$)")
NOT_CODE = {"__pycache__", "site-packages", "dist-packages", "node_modules"}


class Docstrings(Source):
    """Reads the docstring of each documented module, class, function and method of installed packages.

    Source files are parsed, never imported or run. Columns: `docstring` (indentation taken away as by
    `inspect.cleandoc`), `name` (qualified), `kind` (module, class, function, method), `signature` (the
    line that defines it, without decorators), `package`, and `text`: the qualified name with its
    parameters, a blank line, the docstring. An origin is the file below its library folder, the line of
    the definition, and the number of the docstring in the file. A file that does not parse is one bad
    record. Functions inside of functions are left out.
    """

    bare: ClassVar[str | None] = "packages"

    packages: str | list[str] = "stdlib"
    """`stdlib`; `all` for the standard library and everything installed; or names of packages."""

    tests: bool = False
    """Whether test modules are read: folders `test`, `tests`, `idle_test`, files `test_….py`, `…_test.py`, `conftest.py`."""

    bad_records: Annotated[BadRecords, Limit] = BadRecords()
    """How many modules may be unreadable."""

    def shards(self, base: Path, shard_bytes: int) -> list[Shard]:  # noqa: ARG002 - a package is a shard, wherever the recipe lies
        installed = _installed(everything=self.packages != "stdlib")
        named = list(installed) if self.packages in ("stdlib", "all") else _chosen(self.packages, installed)
        shards = [shard for name in sorted(named) if (shard := self._shard(name, installed[name]))]
        if not shards:
            raise NotThere("These packages hold no Python source.", where=str(self.packages), remedy="Name others, or `stdlib`.")
        return shards

    def _shard(self, package: str, root: Path) -> Shard | None:
        """The package with the names of its files below its library folder, parted by NUL, in `fingerprint`."""
        names = sorted(_sources(root, package))
        kept = [name for name in names if self.tests or not TESTS.search(name)]
        if not kept:
            return None
        size = sum(os.path.getsize(root / name) for name in kept)
        return Shard(file=package, paths=tuple(str(root / name) for name in kept), fingerprint="\0".join(kept), size=size)

    def peek(self, shards: Sequence[Shard], rows: int) -> Survey:
        records = size = 0
        for shard in shards:
            records, size = records + self.survey(shard).records, size + shard.size
            if records >= rows:
                break
        return Survey(records=records, types=dict.fromkeys(COLUMNS, "string"), size=size, whole=records < rows)

    def survey(self, shard: Shard) -> Survey:
        records = sum(len(good) + len(bad) for _, good, bad in _modules(shard))
        return Survey(records=records, types=dict.fromkeys(COLUMNS, "string"))

    def settle(self, surveys: Sequence[Survey]) -> dict[str, str]:
        return dict.fromkeys(COLUMNS, "string")

    def read(self, shard: Shard, types: Mapping[str, str], first: int, rows: int) -> Iterator[Read]:
        good: list[tuple[str, int, Doc]] = []
        bad: list[Bad] = []
        for file, found, faults in _modules(shard):
            good += [(file, number, doc) for number, doc in found]
            bad += faults
            while len(good) >= rows:
                yield Read(_table(shard.file, good[:rows]), bad)
                good, bad = good[rows:], []
        yield Read(_table(shard.file, good), bad)

    def key_column(self) -> str | None:
        return None

    def bad_share(self) -> float:
        return self.bad_records.at_most


def _modules(shard: Shard) -> Iterator[tuple[str, list[tuple[int, Doc]], list[Bad]]]:
    """Each file of a package with its docstrings, numbered, and those that cannot be kept."""
    for path, file in zip(shard.paths, shard.fingerprint.split("\0"), strict=True):
        with opened(path) as source:
            raw = source.read()
        try:
            found = list(enumerate(docs(raw, module_name(file))))
        except Unreadable as error:
            yield file, [], [Bad(file, 1, 0, str(error), raw[:200])]
            continue
        bad = [Bad(file, doc.line, number, doc.fault(), doc.name.encode()) for number, doc in found if doc.fault()]
        yield file, [(number, doc) for number, doc in found if not doc.fault()], bad


def _table(package: str, found: Sequence[tuple[str, int, Doc]]) -> pa.Table:
    origins = [{"file": file, "record": doc.line, "offset": number} for file, number, doc in found]
    values = [(doc.text, doc.docstring, doc.name, doc.kind, doc.signature, package) for _, _, doc in found]
    columns = {name: pa.array([row[place] for row in values], TEXT) for place, name in enumerate(COLUMNS)}
    return pa.table({"origin": pa.array(origins, ORIGIN), **columns})


def _installed(*, everything: bool) -> dict[str, Path]:
    """The top-level packages and modules with the library folder that they lie in; the standard library first."""
    roots = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    roots += [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")] if everything else []
    found: dict[str, Path] = {}
    for root in map(Path, dict.fromkeys(roots)):
        for entry in sorted(os.scandir(root), key=lambda entry: entry.name) if root.is_dir() else []:
            name = entry.name.removesuffix(".py")
            source = entry.is_dir() and name.isidentifier() and name not in NOT_CODE
            if source or (entry.is_file() and entry.name.endswith(".py") and name.isidentifier()):
                found.setdefault(name, root)
    return found


def _chosen(wanted: str | list[str], installed: Mapping[str, Path]) -> list[str]:
    """The packages that are named, by the name one imports or the one one installs. Raises NotThere."""
    names: list[str] = []
    for name in [wanted] if isinstance(wanted, str) else wanted:
        mine = [name] if name in installed else [top for top in _tops(name) if top in installed]
        if not mine:
            near = difflib.get_close_matches(name, installed, 3)
            guess = f"Did you mean {', '.join(f'`{one}`' for one in near)}?" if near else "Install it, or name another."
            raise NotThere(f"There is no package `{name}` with Python source here.", accepted="`stdlib`, `all`, or names of packages.", remedy=guess)
        names += mine
    return list(dict.fromkeys(names))


def _tops(distribution: str) -> list[str]:
    """The top-level names that a distribution installs."""
    try:
        files = metadata.distribution(distribution).files or []
    except (metadata.PackageNotFoundError, ValueError):
        return []
    return sorted({file.parts[0].removesuffix(".py") for file in files if file.suffix == ".py"})


def _sources(root: Path, package: str) -> Iterator[str]:
    """The Python files of a package, below the library folder."""
    if (root / f"{package}.py").is_file():
        yield f"{package}.py"
    for folder, inner, files in os.walk(root / package):
        inner[:] = [name for name in inner if name not in NOT_CODE and not name.startswith(".")]
        for file in files:
            if file.endswith(".py"):
                yield os.path.relpath(os.path.join(folder, file), root).replace(os.sep, "/")
