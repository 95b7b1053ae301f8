"""What `tilth look` shows, on a terminal, as one object, and in a notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa

from tilth.cli.lines import aligned, bars, block, number, one_line, paint
from tilth.cli.places import find_run, runs_here
from tilth.errors import NotThere, UsageError
from tilth.execute.columns import parted
from tilth.execute.profile import Column, Lengths, Profile, profile
from tilth.execute.sample import Sample, nearest_first, of_dataset, of_dropped, of_files, of_frame
from tilth.execute.sift import search, where
from tilth.recipe.words import did_you_mean, nearest
from tilth.record import Bad, shown

DECISION = ("rule", "value", "limit", "found", "partner")


@dataclass(frozen=True)
class Wanted:
    """Which rows are wanted, and how many are shown."""

    dropped: str | None = None
    border: bool = False
    where: str | None = None
    search: str | None = None
    rows: int = 5


@dataclass(frozen=True)
class Seen:
    """What was seen: the rows that are shown, and what is known of all that were looked at."""

    sample: Sample
    profile: Profile
    wanted: Wanted

    def __repr__(self) -> str:
        return as_words(self)

    def _repr_html_(self) -> str:
        return as_html(self)


def look(data: Any, rows: int = 5, where: str | None = None, search: str | None = None) -> Seen:
    """Look at a table of any kind, a file, a folder, a pattern, or `RUN:NAME`; shown by itself in a notebook.

    `where`: a SQL condition on the columns; `search`: a text that must occur. Raises: NotThere, UsageError."""
    wanted = Wanted(None, False, where, search, rows)
    return seen(str(data), wanted) if isinstance(data, str | Path) else _sifted(of_frame(data), wanted)


def seen(data: str, wanted: Wanted) -> Seen:
    """Look at files, or at a dataset of a run."""
    return _sifted(_sample(data, wanted), wanted)


def _sample(data: str, wanted: Wanted) -> Sample:
    if wanted.border and wanted.dropped is None:
        raise UsageError("Only dropped rows have a border.", where="--border", remedy="Add `--dropped STEP`.")
    name, colon, reference = data.rpartition(":")
    if Path(data).expanduser().exists() and not (Path(data) / "record.json").exists() or _is_pattern(data):
        if wanted.dropped is not None:
            raise UsageError("A file has no steps.", where="--dropped", remedy="Name a dataset of a run: `RUN:NAME`, such as `python-docs:docs`.")
        return of_files(data)
    if not colon or not reference:
        raise _nothing(data)
    run = find_run(name)
    if wanted.dropped is None:
        return of_dataset(run, reference)
    found = of_dropped(run, reference, wanted.dropped)
    return nearest_first(found) if wanted.border else found


def _is_pattern(data: str) -> bool:
    return any(sign in data for sign in "*?[{")


def _nothing(data: str) -> NotThere:
    every = runs_here().all()
    meant = [run for run in every if data in (run.name, f"{run.name}/{run.number}") or Path(data).resolve() == run.folder.resolve()]
    for run in meant[-1:]:
        accepted = ", ".join(f"{run.name}/{run.number}:{name}" for name in run.record()["data"])
        return NotThere("This is a run; a dataset of it can be looked at.", where=data, accepted=f"Here: {accepted}.")
    if "/" in data:
        return _no_file(data)
    runs = [f"{run.name}/{run.number}:{name}" for run in every[-1:] for name in run.record()["data"]]
    folder = Path(data).expanduser().parent
    near = nearest(Path(data).name, [path.name for path in folder.iterdir()]) if folder.is_dir() else None
    said = (did_you_mean(near), "Look at a file, a folder, a pattern, or a dataset of a run: RUN:NAME.", f"Here: {', '.join(runs)}." if runs else "")
    return NotThere("There is no such file.", where=data, accepted=" ".join(one for one in said if one))


def _no_file(path: str) -> NotThere:
    """What the reader of files says of a path that is not there: it knows what is there instead."""
    try:
        of_files(path)
    except NotThere as error:
        return error
    return NotThere("There is no such file.", where=path)


def _sifted(sample: Sample, wanted: Wanted) -> Seen:
    table = sample.table
    if wanted.where is not None:
        table = where(table, wanted.where)
    if wanted.search is not None:
        table = search(table, wanted.search)
    if table is not sample.table:
        sample = Sample(sample.name, table, sample.whole, None, sample.bad)
    return Seen(sample, profile(sample.table), wanted)


# ── as one object ──────────────────────────────────────────────────────────────────────────────


def as_json(seen: Seen) -> str:
    """The one object that `--json` prints."""
    told = {"data": seen.sample.name, "rows": seen.profile.rows, "rows_in_all": seen.sample.rows, "whole": seen.sample.whole}
    told |= {"columns": [asdict(column) for column in seen.profile.columns], "text": seen.profile.text}
    told |= {"lengths": [asdict(one) for one in seen.profile.lengths], "duplicates": seen.profile.duplicates}
    told |= {"bad": [{"file": one.file, "record": one.record, "offset": one.offset, "reason": one.reason} for one in seen.sample.bad]}
    return json.dumps({**told, "sample": list(_rows(seen))}, default=str)


def _rows(seen: Seen) -> Iterator[dict[str, Any]]:
    """The rows to show, ids as letters."""
    table: pa.Table = seen.sample.table.slice(0, seen.wanted.rows)
    for row in table.to_pylist():
        yield {name: shown(value) if isinstance(value, bytes) and len(value) == 16 else value for name, value in row.items()}


# ── as words ───────────────────────────────────────────────────────────────────────────────────


def as_words(seen: Seen) -> str:
    """What a person reads."""
    return "\n".join(_words(seen))


def _words(seen: Seen) -> Iterator[str]:
    yield paint(one_line(seen.sample.name, 200), "bold") + f"  {_counted(seen)}"
    if seen.sample.bad:
        yield f"  {_unread(seen.sample.bad)}"
    if not seen.profile.rows:
        return
    yield ""
    yield aligned([("column", "type", "filled", "distinct", "values"), *map(_column, seen.profile.columns)], right=(2, 3), indent="  ")
    sign = parted(column.name for column in seen.profile.columns)
    if sign:
        yield f'  The cells seem to be parted by `{sign}`; a recipe says so with `csv: {{delimiter: "{sign}"}}`.'
    for one in seen.profile.lengths:
        yield ""
        yield from _lengths(seen.profile.text or "", one)
    if seen.profile.duplicates is not None:
        share = seen.profile.duplicates
        yield f"  {share:.1%} of these texts repeat an earlier one" if share else "  no two of these texts are equal"
    for place, row in enumerate(_rows(seen), 1):
        yield ""
        yield from _row(place, row, seen.profile.text)


def _unread(bad: Sequence[Bad]) -> str:
    first, records = bad[0], "One record" if len(bad) == 1 else f"{len(bad):,} records"
    return f"{records} cannot be read; the first is record {first.record:,} of {one_line(first.file, 100)}: {one_line(first.reason, 200)}"


def _counted(seen: Seen) -> str:
    chosen = seen.wanted.where is not None or seen.wanted.search is not None
    rows = f"{seen.profile.rows:,} {'row' if seen.profile.rows == 1 else 'rows'}{' chosen' if chosen else ''}"
    if seen.sample.whole:
        return rows
    return f"{rows} from the beginning{f', of {seen.sample.rows:,}' if seen.sample.rows else ''}; the rest was not read"


def _column(column: Column) -> tuple[str, str, str, str, str]:
    distinct = "" if column.distinct is None else f"{column.distinct:,}"
    ends = f"{number(column.least)} … {number(column.greatest)}" if column.least is not None else ""
    values = ends or ", ".join(one_line(value, 24) for value in column.examples)
    return one_line(column.name, 40), column.type, f"{column.filled:.0%}" if column.filled in (0, 1) else f"{column.filled:.1%}", distinct, values


def _lengths(text: str, one: Lengths) -> Iterator[str]:
    told = f"median {number(one.median)}, 90% up to {number(one.p90)}, {number(one.total)} in all"
    yield f"  {one.of} of {one_line(text, 40)}: {told}"
    yield f"  {number(one.least)} {bars(one.counts)} {number(one.greatest)}"


def _row(place: int, row: Mapping[str, Any], text: str | None) -> Iterator[str]:
    origin = row.get("origin")
    head = [f"{one_line(origin['file'], 100)}:{origin['record']}"] if isinstance(origin, Mapping) else []
    head += [str(row["id"])] if row.get("id") else []
    yield paint("  ".join([f"{place}", *head]), "bold")
    if row.get("rule") and "limit" in row:
        yield f"  dropped: {_decision(row)}"
    hidden = {"id", "origin", "parents", text, "step", *(DECISION if "limit" in row else ())}
    others = [f"{one_line(name, 40)}: {one_line(value)}" for name, value in row.items() if name not in hidden]
    if others:
        yield "  " + "  ".join(others)
    if text is not None:
        yield block(row[text], indent="  ") if row[text] is not None else "  (no text)"


def _decision(row: Mapping[str, Any]) -> str:
    said = f"rule {one_line(row['rule'])}"
    if row["partner"] is not None:
        return f"{said}, similarity {number(row['value'])}, in favour of {row['partner']}"
    if row["found"] is not None:
        return f"{said}, found {one_line(row['found'])}"
    return said if row["value"] is None else f"{said}, {number(row['value'])} where the limit is {number(row['limit'])}"


# ── in a notebook ──────────────────────────────────────────────────────────────────────────────


def as_html(seen: Seen) -> str:
    """The same as a fragment of a page: everything escaped, nothing loaded."""
    columns = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _column(one))}</tr>" for one in seen.profile.columns)
    names = [name for name in seen.sample.table.column_names if name not in ("id", "origin", "parents")]
    head = "".join(f"<th>{escape(one_line(name, 40))}</th>" for name in names)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(one_line(row[name], 300))}</td>' for name in names)}</tr>" for row in _rows(seen))
    lengths = "".join(f"<pre>{escape(line)}</pre>" for one in seen.profile.lengths for line in _lengths(seen.profile.text or "", one))
    title = f"<b>{escape(one_line(seen.sample.name, 200))}</b> {escape(_counted(seen))}"
    about = "<tr><th>column</th><th>type</th><th>filled</th><th>distinct</th><th>values</th></tr>"
    return f"<div>{title}<table>{about}{columns}</table>{lengths}<table><tr>{head}</tr>{rows}</table></div>"
