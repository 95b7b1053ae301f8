"""What `tilth what-if` says: the rows that another limit would turn, or a curve of limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tilth.cli.lines import aligned, number, one_line, paint
from tilth.cli.places import find_run
from tilth.cli.telling import flow
from tilth.execute.suppose import Curve, Supposed, Turned, curve, suppose

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
    yield from _turned("would come back", "dropped by", answer.back)
    yield from _turned("would fall", "dropped by", answer.gone)
    if answer.moved:
        yield f"  {answer.moved:,} would go to another part."
    if answer.back.rows:
        yield "  Steps after it have not judged the rows that come back."
    if answer.back.rows or answer.gone.rows or answer.moved:
        yield f"  To do it: tilth run RECIPE --set {answer.address}={_plain(answer.value)}"


def _turned(what: str, by: str, turned: Turned) -> Iterator[str]:
    rules = ", ".join(f"{one_line(rule)} {rows:,}" for rule, rows in turned.by_rule.items())
    yield f"  {turned.rows:,} {what}{f', {by} {rules}' if rules else '.'}"
    for one in turned.examples:
        value = "" if one.value is None else f"  {number(one.value)}"
        yield f"    {one.id}{value}  {paint(one_line(one.text, 60), 'dim') if one.text is not None else ''}".rstrip()


def _curve(told: Told, answer: Curve) -> Iterator[str]:
    yield paint(f"{answer.address}, now {_plain(answer.now)}  ({told.run})", "bold")
    yield f"  {answer.rows_in:,} rows came to {answer.step}. Of them stay at"
    most = max(1, answer.rows_in)
    rows = [_point(answer, value, kept, most) for value, kept in answer.points]
    yield aligned(rows, right=(1, 2, 3), indent="  ")
    if answer.found:
        yield "  Found: the probability with which pairs as similar as that were looked at; below the present limit they were not all sought."


def _point(answer: Curve, value: Any, kept: int, most: int) -> tuple[str, ...]:
    found = f"{answer.found[value]:.0%} found" if value in answer.found else ""
    bar = "█" * round(BAR * kept / most) or "▏"
    return ("→" if value == answer.now else "", number(value), f"{kept:,}", f"{kept / most:.1%}", f"{bar} {found}".rstrip())
