"""What `tilth diff` says in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilth.cli.drawing import wrapped
from tilth.cli.lines import aligned, number, one_line, paint
from tilth.cli.marking import marked
from tilth.cli.telling import flow
from tilth.execute.differing import Differing, Example
from tilth.execute.narrow import READ
from tilth.execute.two_runs import Counts, Scored, Setting, TwoRuns
from tilth.survey.drift import Shift, Values
from tilth.survey.noise import MISS, difference

BY = {
    "id": "known again by the ids that Tilth gave them",
    "column": "known again by their column `id`",
    "file": "each a file, known again by its name",
}
SHIFTS = 20
"""Shifts that are told in words; `--json` tells all."""

LABELS = 3
NAMES = 12


@dataclass(frozen=True)
class Compared:
    """Two sets of rows: their names, the content that both have, or else what differs and how far measures moved."""

    a: str
    b: str
    content: str | None
    rows: Differing[Values] | None
    shifts: Sequence[Shift]


@dataclass(frozen=True)
class Told:
    """What was compared: both names, what two runs tell of each other, and their rows."""

    a: str
    b: str
    runs: TwoRuns | None
    compared: Sequence[Compared]


def words(told: Told) -> Iterator[str]:
    """Line after line."""
    if told.runs is not None:
        yield paint(f"{one_line(told.a, 200)} → {one_line(told.b, 200)}", "bold")
        yield from _runs(told.runs)
    for place, one in enumerate(told.compared):
        if place or told.runs is not None:
            yield ""
        yield from _compared(one)


# ── rows ───────────────────────────────────────────────────────────────────────────────────────


def _compared(one: Compared) -> Iterator[str]:
    yield paint(f"{one_line(one.a, 200)} → {one_line(one.b, 200)}", "bold")
    if one.rows is None:
        yield f"  Equal: both have the content {one.content}. No row was read."
        return
    found = one.rows
    yield f"  {_rows(found.rows[0])} → {_rows(found.rows[1])}, {_by(found)}"
    yield f"  {found.same:,} same, {found.changed:,} changed, {found.new:,} new, {found.gone:,} gone"
    if any(found.bad):
        yield f"  Records that cannot be read, and are not compared: {found.bad[0]:,} → {found.bad[1]:,}"
    if found.note:
        yield f"  {found.note}"
    yield from _columns(found)
    yield from _examples(found)
    yield from _shifts(found, one.shifts)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _by(found: Differing[Values]) -> str:
    content = found.common.content
    return BY.get(found.by) or f"known again by their content: {'`text`' if content == ['text'] else 'all columns'}"


def _columns(found: Differing[Values]) -> Iterator[str]:
    if found.columns:
        most = sorted(found.columns.items(), key=lambda item: -item[1])
        yield f"  changed in: {_listed([f'{one_line(name, 40)} {rows:,}' for name, rows in most])}"
    for (old, new), rows in sorted(found.moved.items(), key=lambda item: -item[1]):
        yield f"  moved from {one_line(old, 40)} to {one_line(new, 40)}: {rows:,}"
    for names, which in ((found.common.only_a, "first"), (found.common.only_b, "second")):
        if names:
            yield f"  columns of the {which} alone: {_listed([one_line(name, 40) for name in names])}"
    for name, (old, new) in found.common.retyped.items():
        yield f"  the column {one_line(name, 40)} is {old} in the first and {new} in the second"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMES]) + (f" … and {len(names) - NAMES:,} more" if len(names) > NAMES else "")


def _examples(found: Differing[Values]) -> Iterator[str]:
    for what, count in (("changed", found.changed), ("new", found.new), ("gone", found.gone)):
        rows = found.examples[what]
        if not rows:
            continue
        yield ""
        yield f"  {what}{f', {len(rows)} of {count:,}' if count > len(rows) else ''}"
        for row in rows:
            places = " → ".join(one_line(place, 80) for place in dict.fromkeys((row.place_a, row.place_b)) if place)
            yield paint("    " + "  ".join(one for one in (one_line(row.id, 40) if row.id else "", places) if one), "dim")
            yield from _changes(row) if what == "changed" else [f"      {_whole(row)}"]


def _changes(row: Example) -> Iterator[str]:
    width = max((min(len(name), 40) for name in row.values), default=0)
    for name, (before, after) in row.values.items():
        both = isinstance(before, str) and isinstance(after, str)
        yield f"      {one_line(name, 40):<{width}}  {marked(before, after) if both else f'{one_line(before, 80)} → {one_line(after, 80)}'}"


def _whole(row: Example) -> str:
    held = {name: after if before is None else before for name, (before, after) in row.values.items()}
    if held.get("text") is not None:
        return one_line(held["text"], 90)
    return "  ".join(f"{one_line(name, 40)}: {one_line(value, 40)}" for name, value in list(held.items())[:4])


# ── shifts ─────────────────────────────────────────────────────────────────────────────────────


def _shifts(found: Differing[Values], shifts: Sequence[Shift]) -> Iterator[str]:
    real = [one for one in shifts if not one.noise]
    if not shifts:
        return
    yield ""
    yield f"  {_sampled(found)}{len(shifts):,} measures were compared; {_real(len(real))}."
    if not real:
        return
    rows = [("measure", "shift", "95 % interval", "first → second"), *map(_shift, real[:SHIFTS])]
    yield aligned(rows, right=(1,), indent="    ")
    if len(real) > SHIFTS:
        yield f"    and {len(real) - SHIFTS:,} more, which `--json` tells"
    yield paint("  Shift: of numbers the greatest gap between the shares at or below a value (Kolmogorov–Smirnov), of labels the share", "dim")
    yield paint("  of rows that would need another one (total variation), of filled columns the difference. Both are taken as independent", "dim")
    yield paint(f"  draws; at most {MISS:.0%} of what is named is expected to be chance (Benjamini and Hochberg). Intervals of gaps hold", "dim")
    yield paint("  for any distribution, so they are wide.", "dim")


def _sampled(found: Differing[Values]) -> str:
    if max(found.sampled) == max(found.rows) <= READ:
        return ""
    drawn = " and ".join(dict.fromkeys(f"{count:,}" for count in found.sampled))
    read = f", texts of {min(READ, max(found.sampled)):,}" if "text" in found.common.columns else ""
    return f"Values of {drawn} rows drawn by lot from each{read}; how filled columns are, of all. "


def _real(count: int) -> str:
    return "none moved by more than noise" if not count else f"{count:,} moved by more than noise" if count > 1 else "one moved by more than noise"


def _shift(one: Shift) -> tuple[str, str, str, str]:
    column = one_line(one.column, 30)
    named = {"value": column, "label": column, "filled": f"{column} filled"}
    name, sign = named.get(one.measure, f"{one.measure.replace('_', ' ')} of {column}"), "+" if one.measure == "filled" else ""
    return name, f"{one.value:{sign}.3f}", f"{one.low:{sign}.3f} … {one.high:{sign}.3f}", _ends(one)


def _ends(one: Shift) -> str:
    if one.labels:
        return ", ".join(f"{one_line(label, 24)} {before:.1%} → {after:.1%}" for label, before, after in one.labels[:LABELS])
    if one.measure == "filled":
        return f"{one.before:.1%} → {one.after:.1%}"
    return f"median {number(one.before)} → {number(one.after)}"


# ── runs ───────────────────────────────────────────────────────────────────────────────────────


def _runs(found: TwoRuns) -> Iterator[str]:
    yield from _section("recipe", [_setting(one) for one in found.recipe], "The recipes ask for the same.")
    yield from _section("steps", [(one.step, _counts(one)) for one in found.steps], "Every step counted the same.")
    yield from _section("datasets", [(name, _made(*pair, "content")) for name, pair in found.datasets.items()], "")
    yield from _section("models", [(name, _made(*pair, "key")) for name, pair in found.models.items()], "")
    yield from _section("scores", [_score(one) for one in found.scores], "")
    if found.scores and found.comparable:
        changed = " and ".join(f"`{one_line(name)}`" for name in found.comparable)
        yield wrapped(f"Scores on rows of {changed} were measured on other rows each time, so the model alone did not move them.", "    ", "    ")
    yield from _section("versions", list(_pairs(found.versions)), "")
    yield from _section("machine", list(_pairs(found.machine)), "")


def _section(title: str, rows: Sequence[tuple[str, str]], nothing: str) -> Iterator[str]:
    if rows:
        yield f"  {title}"
        yield aligned(rows, indent="    ")
    elif nothing:
        yield f"  {nothing}"


def _setting(one: Setting) -> tuple[str, str]:
    if one.only:
        value = one.a if one.only == "a" else one.b
        return one.address, f"in the {'first' if one.only == 'a' else 'second'} alone" + (f": {_flow(value)}" if value is not None else "")
    return one.address, f"{_flow(one.a)} → {_flow(one.b)}"


def _flow(value: Any) -> str:
    return one_line(flow(value), 100)


def _counts(one: Counts) -> str:
    told = ((name.replace("_", " "), *pair) for name, pair in one.counts.items() if pair != (None, 0) and pair != (0, None))
    return ", ".join(f"{name} {_count(old)} → {_count(new)}" for name, old, new in told)


def _count(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _made(a: str | None, b: str | None, what: str) -> str:
    if a is None or b is None:
        return f"in the {'second' if a is None else 'first'} alone"
    return f"equal: the same {what}" if a == b else f"another {what}"


def _score(one: Scored) -> tuple[str, str]:
    name = f"{one.name}.{one.metric} of {one_line(one.model, 40)}"
    if one.a is None or one.b is None:
        side, told = ("first", one.a) if one.b is None else ("second", one.b)
        return name, f"in the {side} alone: {_valued(told)}"
    moved = f"{_valued(one.a)} → {_valued(one.b)}, {one.b[0] - one.a[0]:+.4g}"
    if one.intervals is None:
        return name, f"{moved}; without intervals nothing says whether that is more than noise"
    if all(low == high for _, low, high in one.intervals):
        return name, f"{number(one.a[0])} → {number(one.b[0])}; intervals without width say nothing about noise"
    low, high = difference(*one.intervals)
    return name, f"{moved} ({low:+.4g} … {high:+.4g}); the intervals {'overlap' if one.overlap else 'do not overlap'}"


def _valued(told: tuple[float, float | None, float | None, int] | None) -> str:
    if told is None:
        return "–"
    value, low, high, _ = told
    return number(value) if low is None or high is None else f"{number(value)} ({number(low)} … {number(high)})"


def _pairs(told: Mapping[str, tuple[Any, Any]]) -> Iterator[tuple[str, str]]:
    for name, (old, new) in told.items():
        yield one_line(name), f"{one_line(old)} → {one_line(new)}"
