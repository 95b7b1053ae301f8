"""What `tilth what-if` says: the rows that another limit would turn, or a curve of limits."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tilth.cli.lines import aligned, number, one_line, paint
from tilth.cli.places import find_run
from tilth.cli.telling import flow
from tilth.execute.suppose import Curve, Example, Supposed, Turned, curve, suppose

BAR = 32
"""Columns of the longest bar of a curve."""


@dataclass(frozen=True)
class Told:
    """The run, and its answer."""

    run: str
    folder: str
    answer: Supposed | Curve


def tell(limit: str, name: str | None) -> Told:
    """The answer of a run to `ADDRESS=VALUE`, or its curve for `ADDRESS`."""
    run = find_run(name)
    address, equals, value = limit.partition("=")
    answer = suppose(run, address.strip(), value) if equals else curve(run, address.strip())
    return Told(f"{run.name}/{run.number}", str(run.folder), answer)


def as_json(told: Told) -> str:
    """The one object that `--json` prints."""
    return json.dumps({"run": told.folder, **asdict(told.answer)})


def as_words(told: Told) -> str:
    """What a person reads."""
    lines = _curve(told, told.answer) if isinstance(told.answer, Curve) else _supposed(told, told.answer)
    return "\n".join(lines)


def _plain(value: Any) -> str:
    """A setting as a recipe would have it; a whole number without its point."""
    return flow(int(value) if isinstance(value, float) and value.is_integer() else value)


def _supposed(told: Told, answer: Supposed) -> Iterator[str]:
    yield paint(f"{answer.address} = {_plain(answer.value)}, where it was {_plain(answer.was)}  ({told.run})", "bold")
    yield f"  {answer.rows_in:,} rows came to {answer.step}. It kept {answer.kept:,}, and would keep {answer.would_keep:,}."
    yield f"  {answer.same:,} would fare as they did."
    yield from _turned("would come back", "dropped by", answer.back)
    yield from _turned("would fall", "dropped by", answer.gone)
    if answer.moved:
        yield f"  {answer.moved:,} would go to another part."
    if answer.otherwise:
        cut = f", {answer.would_cut:,} bytes in all where it was {answer.cut:,}" if answer.would_cut != answer.cut else ""
        yield f"  {answer.otherwise:,} would stay with something else cut, set or copied{cut}."
    if len(answer.back.ids) + len(answer.gone.ids) < answer.back.rows + answer.gone.rows:
        yield "  Rows were let go after this run (`keep_rows: false`), so those that it kept cannot be named."
    if answer.back.rows:
        yield "  Rows that earlier steps dropped stay away, and later steps have not judged those that come back."
    if answer.back.rows or answer.gone.rows or answer.moved or answer.otherwise:
        yield f"  To do it: tilth run RECIPE --set {shlex.quote(f'{answer.address}={_plain(answer.value)}')}"


def _turned(what: str, by: str, turned: Turned) -> Iterator[str]:
    rules = ", ".join(f"{one_line(rule)} {rows:,}" for rule, rows in turned.by_rule.items())
    yield f"  {turned.rows:,} {what}{f', {by} {rules}' if rules else '.'}"
    for one in turned.examples:
        yield f"    {one.id}  {_beside(one)}{paint(one_line(one.text, 60), 'dim') if one.text is not None else ''}".rstrip()


def _beside(one: Example) -> str:
    """The label, or the value beside the limit that drops the row."""
    if one.found is not None:
        return f"{one_line(one.found)}  "
    return "" if one.value is None else f"{number(one.value)}, limit {number(one.limit)}  "


def _curve(told: Told, answer: Curve) -> Iterator[str]:
    yield paint(f"{answer.address}, now {_plain(answer.now)}  ({told.run})", "bold")
    yield f"  {answer.rows_in:,} rows came to {answer.step}. Of them stay at"
    most = max(1, answer.rows_in)
    rows = [_point(answer, value, kept, most) for value, kept in answer.points]
    yield aligned(rows, right=(2, 3) if isinstance(answer.now, list | str) else (1, 2, 3), indent="  ")
    if answer.found:
        yield "  Found: the probability with which pairs as similar as that were looked at; below the present limit they were not all sought."


def _point(answer: Curve, value: Any, kept: int, most: int) -> tuple[str, ...]:
    shown = number(value) if isinstance(value, int | float) else one_line(flow(value))
    found = f"{answer.found[value]:.0%} found" if isinstance(value, float) and value in answer.found else ""
    bar = "█" * round(BAR * kept / most) or "▏"
    return ("→" if value == answer.now else "", shown, f"{kept:,}", f"{kept / most:.1%}", f"{bar} {found}".rstrip())
