"""How two sets of rows differ: which are new, gone, changed, the same; in which columns; and which went to another part.

Rows are known again by ids of the same making where both sides have them: those that Tilth gave, a column `id` without
repetition, the file that each row is. Else a row is known by its content, which is what splits go by: its `text`, or all
of its columns where there is none. A row of one text that differs in another column has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from tilth.errors import UsageError
from tilth.execute.aligning import Alignment, Labels, align, numbered
from tilth.execute.narrow import Common, Narrow, Take, common, narrowed, rows_at
from tilth.execute.sides import COLUMN, FILE, ID, Side
from tilth.record import shown

Taken = TypeVar("Taken")

SHOWN = 5
"""Changed rows that are shown."""

NAMED = 3
"""New and gone rows that are shown."""

CONTENT = "content"
MOVED = (
    "Both have ids from the places of rows in their files, and most rows with equal content have other ids: the places have moved, "
    "so rows are known by their content."
)


@dataclass(frozen=True)
class Example:
    """A row: what it is known by, its places on both sides, and its values where they differ, before and after; of a new or
    gone row, what it holds. A value of null is none."""

    id: str | None
    place_a: str | None
    place_b: str | None
    values: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Differing(Generic[Taken]):
    """What differs. `by`: what rows are known by: `id`, `column`, `file` or `content`; `columns`: changed rows by column;
    `moved`: rows by the parts from and to which they went; `taken`: what was taken of the samples of both sides, of
    `sampled` rows; `filled`: by column, the rows with a value on either side; `bad`: records that could not be read."""

    rows: tuple[int, int]
    by: str
    same: int
    changed: int
    new: int
    gone: int
    columns: Mapping[str, int]
    moved: Mapping[tuple[str, str], int]
    common: Common
    examples: Mapping[str, Sequence[Example]]
    taken: tuple[Sequence[Taken], Sequence[Taken]]
    sampled: tuple[int, int]
    filled: tuple[Mapping[str, int], Mapping[str, int]]
    bad: tuple[int, int]
    note: str = ""


def differing(a: Side, b: Side, take: Take[Taken]) -> Differing[Taken]:
    """Compare two sides; each is read once, and of each a few rows again. Raises UsageError where they have no column in common."""
    both = common(a.columns, b.columns)
    if not both.columns:
        raise UsageError(
            "The two have no column in common, so no row can be compared with another.",
            where=f"{a.name}, {b.name}",
            accepted=f"The first has {_listed(both.only_a)}; the second has {_listed(both.only_b)}.",
            remedy="Name the columns alike first: `source.files` renames with `text:` and `mapping:`.",
        )
    left, right = narrowed(a, both, take), narrowed(b, both, take)
    by, found, note = _aligned(left, right)
    pairs = np.flatnonzero(found.partner >= 0)
    changed = found.changed
    unlike = left.cells[changed] != right.cells[found.partner[changed]]
    counts = {name: int(rows) for name, rows in zip(both.columns, unlike.sum(0), strict=True) if rows}
    moved = _moved(left, right, pairs, found.partner[pairs])
    chosen = _chosen(unlike)
    examples = {
        "changed": _pairs_shown((a, b), (left, right), (changed[chosen], found.partner[changed[chosen]]), (both, unlike[chosen])),
        "new": _alone(b, right, found.new[:NAMED], both, first=False),
        "gone": _alone(a, left, found.gone[:NAMED], both, first=True),
    }
    return Differing(
        rows=(left.rows, right.rows),
        by=by,
        same=int(found.same.sum()),
        changed=len(changed),
        new=len(found.new),
        gone=len(found.gone),
        columns=counts,
        moved=moved,
        common=both,
        examples=examples,
        taken=(left.taken, right.taken),
        sampled=(left.sampled, right.sampled),
        filled=(left.filled, right.filled),
        bad=(left.bad, right.bad),
        note=note,
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:12]) or "none"


# ── who is who ─────────────────────────────────────────────────────────────────────────────────


def _aligned(a: Narrow[Any], b: Narrow[Any]) -> tuple[str, Alignment, str]:
    """By what rows are known, and which is which."""
    cells = a.cells, b.cells
    for way in (ID, COLUMN, FILE):
        if way not in a.known_by or way not in b.known_by:
            continue
        keys = numbered(a.known_by[way], b.known_by[way])
        if not all(_distinct(side) for side in keys) or not _shared(*keys):
            continue
        found, content = align(keys, cells), numbered(a.content, b.content) if way == ID else keys
        if 2 * int(found.same.sum()) < _shared(*content) and way == ID:
            return CONTENT, align(content, cells), MOVED
        return way, found, ""
    return CONTENT, align(numbered(a.content, b.content), cells), ""


def _shared(a: Labels, b: Labels) -> int:
    """How many labels stand on both sides."""
    most = int(max(a.max(initial=-1), b.max(initial=-1))) + 1
    return int(((np.bincount(a, minlength=most) > 0) & (np.bincount(b, minlength=most) > 0)).sum())


def _distinct(labels: Labels) -> bool:
    return int(np.bincount(labels).max(initial=0)) <= 1


def _moved(a: Narrow[Any], b: Narrow[Any], rows: npt.NDArray[np.int64], partners: npt.NDArray[np.int64]) -> dict[tuple[str, str], int]:
    """Rows that stand in a part on both sides, and in another one."""
    pairs, counts = np.unique(np.stack([a.part[rows], b.part[partners]]), axis=1, return_counts=True)
    named = [((a.parts[old], b.parts[new]), int(count)) for old, new, count in zip(*pairs, counts, strict=True)] if len(rows) else []
    return {names: count for names, count in named if all(names) and names[0] != names[1]}


# ── a few rows ─────────────────────────────────────────────────────────────────────────────────


def _chosen(unlike: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The first row that changed in each column, the columns that changed most first; then the first ones of all."""
    columns = np.argsort(-unlike.sum(0), kind="stable")
    firsts = [int(np.argmax(unlike[:, column])) for column in columns if unlike[:, column].any()]
    wanted = list(dict.fromkeys([*firsts, *range(min(SHOWN, len(unlike)))]))[:SHOWN]
    return np.array(sorted(wanted), np.int64)


def _pairs_shown(
    sides: tuple[Side, Side],
    narrow: tuple[Narrow[Any], Narrow[Any]],
    places: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    what: tuple[Common, npt.NDArray[np.bool_]],
) -> list[Example]:
    names = list(what[0].columns)
    old, new = (rows_at(side, one.ends, rows.tolist()) for side, one, rows in zip(sides, narrow, places, strict=True))
    examples = []
    for before, after, unlike in zip((old[row] for row in places[0].tolist()), (new[row] for row in places[1].tolist()), what[1], strict=True):
        values = {name: (before.get(name), after.get(name)) for name, differs in zip(names, unlike, strict=True) if differs}
        examples.append(Example(_known_by(before), _place(before), _place(after), values))
    return examples


def _alone(side: Side, narrow: Narrow[Any], rows: npt.NDArray[np.int64], both: Common, *, first: bool) -> list[Example]:
    """Rows of one side."""
    found = rows_at(side, narrow.ends, rows.tolist())
    return list(_told_alone((found[row] for row in rows.tolist()), both, first=first))


def _told_alone(rows: Iterator[Mapping[str, Any]], both: Common, *, first: bool) -> Iterator[Example]:
    for row in rows:
        values = {name: (row[name], None) if first else (None, row[name]) for name in both.columns if name in row}
        yield Example(_known_by(row), _place(row) if first else None, None if first else _place(row), values)


def _known_by(row: Mapping[str, Any]) -> str | None:
    if isinstance(row.get("id"), bytes):
        return shown(row["id"])
    return None if row.get("original_id") is None else str(row["original_id"])


def _place(row: Mapping[str, Any]) -> str | None:
    origin = row.get("origin")
    return f"{origin['file']}:{origin['record']}" if isinstance(origin, Mapping) else None
