"""Which files a path, a folder or a pattern names; their names below it; and the columns in `{name}` patterns.

A pattern is read part by part between slashes: `*` and `?` are letters of one name, `[ab]` one of
some, `**` any number of folders, `{name}` a piece of one name that becomes a column. Names that begin
with a dot are left out unless the pattern says the dot; of a whole folder also the marks that Spark
leaves (`_SUCCESS`). A folder that is named like a file (`part.parquet/`) stands for its files.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tilth.errors import AskedWrong, NotThere

MAGIC = re.compile(r"[*?\[{]")
SUFFIX = re.compile(r"\.[A-Za-z0-9]+$")
MARKS = re.compile(r"_[^.]*")
NAMED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Hit:
    """A file that was found: where, its name below what is fixed, and its columns."""

    path: str
    name: str
    columns: dict[str, str] = field(default_factory=dict)


def find(patterns: Sequence[str], base: Path) -> list[Hit]:
    """The files of all patterns, those of each in the order of their names; none twice.

    A name is what stands below the longest folder that all patterns have in common, so that it is
    unique and says nothing about the machine.
    Raises: NotThere where a pattern names nothing.
    """
    tops = [_top(base, pattern) for pattern in patterns]
    root = os.path.commonpath([top for top, _ in tops])
    found: dict[str, Hit] = {}
    for pattern, (top, parts) in zip(patterns, tops, strict=True):
        hits = [Hit(path, os.path.relpath(path, root).replace(os.sep, "/"), columns) for path, columns in _expand(top, parts, {}, ())]
        if not hits:
            raise _nothing(pattern, base, top, parts)
        for hit in sorted(hits, key=lambda hit: hit.name):
            found.setdefault(hit.path, hit)
    return list(found.values())


def column_names(patterns: Sequence[str]) -> list[str]:
    """The columns that the patterns name, in the order in which they come."""
    return list(dict.fromkeys(name for pattern in patterns for name in NAMED.findall(pattern)))


def _top(base: Path, pattern: str) -> tuple[str, tuple[str, ...]]:
    """The folder that is fixed, and the parts below it. What is there under its very name is no pattern."""
    path = os.path.normpath(base / os.path.expanduser(pattern))
    if os.path.isdir(path):
        return path, ("**",)
    said = os.path.normpath(os.path.expanduser(pattern)).split(os.sep)
    plain = len(said) - 1 if os.path.lexists(path) else next((n for n, part in enumerate(said) if MAGIC.search(part)), len(said) - 1)
    return os.path.normpath(base / (os.sep.join(said[:plain]) or (os.sep if said[0] == "" else "."))), tuple(said[plain:])


def _expand(folder: str, parts: Sequence[str], columns: dict[str, str], above: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The files below a folder that the parts name, with their columns.

    A link to a folder that we are in leads in a circle and is not followed."""
    here = os.path.realpath(folder)
    if here in above:
        return
    part, rest, inside = parts[0], parts[1:], (*above, here)
    if part == "**" and rest:
        yield from _expand(folder, rest, columns, above)
    for entry in _entries(folder):
        taken = _taken(part, entry.name, columns)
        if taken is None:
            continue
        if entry.is_dir():
            deeper = parts if part == "**" else rest or (("**",) if SUFFIX.search(part) else ())
            if deeper:
                yield from _expand(entry.path, deeper, taken, inside if part == "**" or not rest else ())
        elif not rest and entry.is_file() and not (part == "**" and MARKS.fullmatch(entry.name)):
            yield entry.path, taken


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError as error:
        raise AskedWrong("This folder may not be read.", where=folder, remedy="Give yourself the right to read it.") from error


def _taken(part: str, name: str, columns: dict[str, str]) -> dict[str, str] | None:
    """The columns when `part` matches a name; None when it does not. A column that comes twice must be the same."""
    if part == name:
        return columns
    if name.startswith(".") and not part.startswith("."):
        return None
    match = re.fullmatch(".*", name, re.DOTALL) if part == "**" else _shape(part).fullmatch(name)
    if match is None or any(columns.get(column, value) != value for column, value in match.groupdict().items()):
        return None
    return {**columns, **match.groupdict()}


@lru_cache(maxsize=256)
def _shape(part: str) -> re.Pattern[str]:
    """One name of a pattern as a regular expression."""
    made, seen = "", set[str]()
    for piece in re.split(r"(\{[^}]*\}|\[[^]]+\]|\*|\?)", part):
        named = NAMED.fullmatch(piece)
        if named:
            made += f"(?P={named[1]})" if named[1] in seen else f"(?P<{named[1]}>.+?)"
            seen.add(named[1])
        elif piece.startswith("{"):
            raise AskedWrong(
                f"`{piece}` in a path is no name of a column.",
                where=part,
                accepted="`{name}` holds letters, digits and `_`.",
                remedy="Write alternatives as a list of paths.",
            )
        elif piece.startswith("[") and len(piece) > 2:
            made += "[" + piece[1:-1].replace("!", "^", 1).replace("\\", "\\\\") + "]"
        else:
            made += {"*": ".*", "?": "."}.get(piece, re.escape(piece))
    return re.compile(made, re.DOTALL)


def _nothing(said: str, base: Path, top: str, parts: Sequence[str]) -> NotThere:
    """What is there instead."""
    if parts == ("**",):
        return NotThere("This folder holds no files.", where=said, remedy="Put files there, or name another folder.")
    folder, missing = top, parts[0]
    while not os.path.isdir(folder):
        above, missing = os.path.split(folder)
        folder = above or os.curdir
    names = sorted(entry.name for entry in _entries(folder) if not entry.name.startswith("."))
    near = difflib.get_close_matches(missing, names, 3, 0.5)
    meant = "" if not near or MAGIC.search(missing) or not _alike(missing, near[0]) else f"Did you mean `{_instead(said, missing, near[0])}`? "
    named = near or names[:5]
    there = f"{_shown(folder)} holds: {', '.join(named)}{' …' if len(names) > len(named) else ''}." if names else f"{_shown(folder)} is empty."
    what = "No file matches this pattern." if any(MAGIC.search(part) for part in parts) else "There is no such file or folder."
    return NotThere(what, where=said, accepted=meant + there, remedy="" if os.path.isabs(said) else f"The path is seen from {os.path.abspath(base)}.")


def _alike(one: str, other: str) -> bool:
    """Whether names are alike before their endings, which are alike for all files of a kind."""
    stems = [name.partition(".")[0] for name in (one, other)]
    return difflib.SequenceMatcher(None, stems[0].lower(), stems[1].lower()).ratio() >= 0.6


def _instead(said: str, missing: str, near: str) -> str:
    """The path with the part that is not there replaced by one that is."""
    return os.sep.join(near if part == missing else part for part in said.split(os.sep))


def _shown(folder: str) -> str:
    return "This folder" if folder == os.curdir else f"`{folder}`"
