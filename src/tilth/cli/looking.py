"""Looking at data: which rows are wanted, what is known of them, and what is shown."""

from __future__ import annotations

import json
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from tilth.cli import seeing
from tilth.cli.lines import one_line
from tilth.cli.notebook import in_html
from tilth.cli.places import PATTERN, find_run, runs_here
from tilth.cli.showing import plain_rows, rows_in_words
from tilth.cli.suggesting import suggested
from tilth.cli.wording import in_words
from tilth.errors import NotThere, UsageError
from tilth.execute.panel import duration
from tilth.execute.sample import Sample, all_of_dataset, files_at, nearest_first, of_dataset, of_dropped, of_files, of_frame
from tilth.execute.sift import search, where
from tilth.execute.stream import Reached, Sieve, over_files, over_tables
from tilth.recipe.machine import MachineSettings
from tilth.recipe.words import did_you_mean, nearest
from tilth.survey import prose, telling
from tilth.survey.facts import Reach, Survey, plain
from tilth.survey.gathering import Gathering, planned

PATIENCE = 1.5
"""Seconds after which it is said that code is being compiled."""


def silent(_: str) -> None:
    """Says nothing."""


def tell(words: str) -> None:
    """Says on a terminal what is going on."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{words}")
        sys.stderr.flush()


@dataclass(frozen=True)
class Wanted:
    """Which rows are wanted, which of them are shown (numbers from 0), whether everything is to be read, and who is told what goes on."""

    dropped: str | None = None
    border: bool = False
    where: str | None = None
    search: str | None = None
    rows: range = range(5)
    whole: bool = False
    tell: Callable[[str], None] = silent

    @property
    def chosen(self) -> bool:
        """Whether rows are chosen among all."""
        return self.where is not None or self.search is not None


@dataclass(frozen=True)
class Seen:
    """What was seen: what is known of the rows that were looked at, and the rows that are shown."""

    survey: Survey
    table: pa.Table
    wanted: Wanted
    read: int
    """Rows that were read, of which those that are wanted were chosen."""

    def __repr__(self) -> str:
        return as_words(self)

    def _repr_html_(self) -> str:
        return in_html(self.survey, self.table, _matched(self))


def look(data: Any, rows: int = 5, where: str | None = None, search: str | None = None, whole: bool = False) -> Seen:
    """Look at a table of any kind, a file, a folder, a pattern, or `RUN:NAME`; shown by itself in a notebook.

    `where`: a SQL condition on the columns; `search`: a text that must occur; `whole`: read everything in place of a
    sample. Raises: NotThere, UsageError."""
    wanted = Wanted(None, False, where, search, range(rows), whole)
    return seen(str(data), wanted) if isinstance(data, str | Path) else _surveyed(of_frame(data), wanted, time.monotonic(), _Ready())


def rows_wanted(said: str) -> range:
    """Which rows are shown, from 0: `5`, the first five; `11:20`, from the 11th to the 20th. Raises UsageError."""
    first, colon, last = said.strip().partition(":")
    try:
        ends = (int(first) - 1, int(last)) if colon else (0, int(first))
    except ValueError:
        ends = (-1, 0)
    if ends[0] < 0 or ends[1] < ends[0] + bool(colon):
        raise UsageError(f"`{one_line(said)}` says no rows.", where="-n", accepted="A number, such as 5; or from and to, such as 11:20.")
    return range(*ends)


def seen(data: str, wanted: Wanted) -> Seen:
    """Look at files, or at a dataset of a run."""
    begun, ready = time.monotonic(), _Ready()
    try:
        sample, everything = _sample(data, wanted)
        if wanted.whole and not sample.whole:
            return everything(sample, begun, ready)
        return _surveyed(sample, wanted, begun, ready)
    finally:
        ready.languages.join()
        wanted.tell("")


class _Ready:
    """Loads or compiles what texts are measured with, while files are being read."""

    def __init__(self) -> None:
        self.kernels, self.languages = (threading.Thread(target=room.prepare) for room in (prose, telling))
        self.kernels.start()
        self.languages.start()

    def wait(self, wanted: Wanted) -> None:
        """Until texts can be measured, saying so if it takes long."""
        self.kernels.join(PATIENCE)
        if self.kernels.is_alive():
            wanted.tell("Preparing; where kernels are not compiled yet, which happens once on a machine, this takes a minute …")
        self.kernels.join()


Everything = Callable[[Sample, float, _Ready], Seen]


def _sample(data: str, wanted: Wanted) -> tuple[Sample, Everything]:
    """Rows to look at, and how to look at all there are."""
    if wanted.border and wanted.dropped is None:
        raise UsageError("Only dropped rows have a border.", where="--border", remedy="Add `--dropped STEP`.")
    name, colon, reference = data.rpartition(":")
    if _is_files(data):
        if wanted.dropped is not None:
            raise UsageError("A file has no steps.", where="--dropped", remedy="Name a dataset of a run: `RUN:NAME`, such as `python-docs:docs`.")
        return of_files(data), lambda sample, begun, ready: _all_files(data, sample, wanted, begun, ready)
    if not colon or not reference:
        raise _nothing(data)
    run = find_run(name)
    if wanted.dropped is None:
        return of_dataset(run, reference), lambda sample, begun, ready: _all_tables(all_of_dataset(run, reference), sample, wanted, begun, ready)
    found = of_dropped(run, reference, wanted.dropped)
    found = nearest_first(found) if wanted.border else found
    return found, lambda sample, begun, ready: _surveyed(sample, wanted, begun, ready)


def _is_files(data: str) -> bool:
    path = Path(data).expanduser()
    try:
        return path.exists() and not (path / "record.json").exists() or any(sign in data for sign in PATTERN)
    except PermissionError as error:
        raise UsageError("This may not be read.", where=data, remedy="Give yourself the right to read it, and the folder that it is in.") from error


def saw(data: str, wanted: Wanted, *, ids: bool, as_object: bool) -> str | None:
    """What the model saw that `data` means, in words or as one object; None where it means rows."""
    run, _, name = data.rpartition(":")
    named = None if _is_files(data) or not (run and name) else seeing.model_of(find_run(run), name)
    if named is None:
        if ids:
            raise UsageError("Rows are not cut into tokens here.", where="--ids", remedy="Name a model or a tokenizer of a run: `RUN:MODEL`.")
        return None
    given = {"--dropped": wanted.dropped, "--border": wanted.border, "--where": wanted.where, "--whole": wanted.whole}
    for flag in (flag for flag, value in given.items() if value):
        raise UsageError("This chooses rows, and here is a model.", where=flag, accepted="Its windows are chosen by `-n` and `--search`.")
    told = seeing.seen(named, wanted.rows, wanted.search)
    return seeing.as_json(told) if as_object else seeing.as_words(told, ids=ids)


def _nothing(data: str) -> NotThere:
    every = runs_here().all()
    meant = [run for run in every if data in (run.name, f"{run.name}/{run.number}") or Path(data).expanduser().resolve() == run.folder.resolve()]
    for run in meant[-1:]:
        accepted = ", ".join(f"{run.name}/{run.number}:{name}" for name in run.record()["data"])
        return NotThere("This is a run; a dataset of it can be looked at.", where=data, accepted=f"Here: {accepted}.")
    if "/" in data:
        return _no_file(data)
    runs = [f"{run.name}/{run.number}:{name}" for run in every[-1:] for name in run.record()["data"]]
    if Path(data).expanduser().is_symlink():
        return NotThere("This link leads to a file that is not there.", where=data, remedy="Name the file itself, or mend the link.")
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


# ── what is known of the rows ──────────────────────────────────────────────────────────────────


def _surveyed(sample: Sample, wanted: Wanted, begun: float, ready: _Ready) -> Seen:
    """What is known of the rows of a sample that are wanted."""
    table = sample.table
    if wanted.where is not None:
        table = where(table, wanted.where)
    if wanted.search is not None:
        table = search(table, wanted.search)
    ready.wait(wanted)
    wanted.tell("Measuring …")
    gathered = Gathering()
    gathered.add(table, sample.bad)
    shown = table.slice(wanted.rows.start, len(wanted.rows))
    ready.languages.join()
    return Seen(_told(sample, gathered, wanted, begun), shown, wanted, sample.table.num_rows)


def _told(sample: Sample, gathered: Gathering, wanted: Wanted, begun: float) -> Survey:
    sizes = sample.sizes or (None, None)
    reach = Reach(
        rows=gathered.rows,
        rows_in_all=None if wanted.chosen else sample.rows,
        estimated=sample.estimated,
        bytes=sizes[0],
        bytes_in_all=sizes[1],
        how=sample.how,
    )
    survey = telling.told(sample.name, reach, gathered, time.monotonic() - begun)
    return telling.with_notes(survey, sample.words)  # what is otherwise than a name says comes first


def _all_files(path: str, sample: Sample, wanted: Wanted, begun: float, ready: _Ready) -> Seen:
    ready.wait(wanted)
    files, _ = files_at(path)
    sieve = Sieve(wanted.where, wanted.search, wanted.rows.stop)
    found = over_files(files, planned(sample.table, threads=1), sieve, MachineSettings().machine().workers, _telling(wanted.tell))
    assert isinstance(found.gathered, Gathering)
    ready.languages.join()
    return _whole(found.gathered, found.first, found.read, sample, wanted, begun)


def _telling(tell: Callable[[str], None]) -> Callable[[Reached], None]:
    """Says how far the reading is, how fast it goes, and how long it will still take."""
    begun: dict[str, float] = {}

    def say(reached: Reached) -> None:
        seconds = time.monotonic() - begun.setdefault(reached.doing, time.monotonic())
        words = f"{reached.doing}: {reached.done / 1e6:,.0f} of {reached.of / 1e6:,.0f} MB, {reached.rows:,} rows"
        if reached.done and seconds:
            words += f", {reached.rows / seconds:,.0f} rows/s, {duration(seconds * (reached.of / reached.done - 1))} left"
        tell(f"{words} …")

    return say


def _all_tables(tables: Iterator[pa.Table], sample: Sample, wanted: Wanted, begun: float, ready: _Ready) -> Seen:
    ready.wait(wanted)
    ready.languages.join()
    found = over_tables(tables, planned(sample.table), Sieve(wanted.where, wanted.search, wanted.rows.stop))
    assert isinstance(found.gathered, Gathering)
    return _whole(found.gathered, found.first, found.read, sample, wanted, begun)


def _whole(gathered: Gathering, first: pa.Table, read: int, sample: Sample, wanted: Wanted, begun: float) -> Seen:
    size = sample.sizes[1] if sample.sizes else None
    sample = replace(sample, whole=True, rows=read, how="", estimated=False, sizes=(size, size) if size else None)
    return Seen(_told(sample, gathered, wanted, begun), first.slice(wanted.rows.start, len(wanted.rows)), wanted, read)


# ── as one object, and as words ────────────────────────────────────────────────────────────────


def as_json(seen: Seen) -> str:
    """The one object that `--json` prints: the survey, under `sample` the rows that are shown, and of files a
    recipe as `suggested`."""
    recipe = suggested(seen.survey, seen.survey.name, Path()).recipe if _has_recipe(seen) else None
    return json.dumps({**plain(seen.survey), "suggested": recipe, "read": seen.read, "sample": list(plain_rows(seen.table))}, default=str)


def as_words(seen: Seen) -> str:
    """What a person reads."""
    rows = rows_in_words(seen.table, seen.survey.text, seen.wanted.rows.start) if seen.table.num_rows else _beyond(seen)
    more = ["", f"`tilth init --from {one_line(shlex.quote(seen.survey.name), 200)}` writes a recipe for this data."] if _has_recipe(seen) else []
    return "\n".join([*in_words(seen.survey, _matched(seen)), *rows, *more])


def _beyond(seen: Seen) -> Iterator[str]:
    """Why no row is shown, where rows that are not there were asked for."""
    rows, first = seen.survey.reach.rows, seen.wanted.rows.start
    if rows and first >= rows and len(seen.wanted.rows):
        which = "match" if seen.wanted.chosen else "are there" if seen.survey.reach.whole else "were looked at"
        yield ""
        yield f"No row {first + 1:,} to show: {rows:,} {which}."


def _has_recipe(seen: Seen) -> bool:
    """Whether a recipe can be suggested: for files, where no rows were chosen among them."""
    chosen = seen.wanted.chosen or seen.wanted.dropped is not None
    return not chosen and seen.survey.reach.rows > 0 and _is_files(seen.survey.name)


def _matched(seen: Seen) -> str:
    """How many rows were chosen, in words."""
    if not seen.wanted.chosen:
        none = seen.wanted.dropped is not None and not seen.survey.reach.rows
        return "No row was dropped by it. Rows that it changed stay: the report shows some, `tilth why ID` tells of one." if none else ""
    return f"{seen.survey.reach.rows:,} of the {seen.read:,} rows that were {'read' if seen.survey.reach.whole else 'looked at'} match."
