"""A survey in words: what was looked at, what to know, the columns; and after them what `wording_texts` tells."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from tilth.cli.drawing import cut, meter, percent, short, spark, wrapped
from tilth.cli.lines import aligned, number, one_line, paint, width
from tilth.cli.wording_texts import texts_in_words
from tilth.survey.facts import Column, Reach, Survey
from tilth.survey.notes import NO_ROWS

COLUMNS = 40
"""So many columns are told; of more, how many there are."""

NAME, NARROW = 28, 70
"""The most cells of a column's name; and a terminal so narrow that meters and distinct values are left out."""

FORMATS = {
    "text": "plain texts",
    "messages": "conversations (`messages`)",
    "sharegpt": "conversations (ShareGPT)",
    "instruction": "instructions and outputs",
    "prompt_completion": "prompts and completions",
    "question_answer": "questions and answers",
    "preference": "pairs of what was chosen and rejected",
    "labelled": "texts with labels",
    "table": "a table",
}
"""What a format is called."""


def in_words(survey: Survey, matched: str = "") -> Iterator[str]:
    """The survey, line by line. `matched`: which rows were chosen, in words."""
    counted, reached = header(survey)
    name = one_line(survey.name, 200)
    if cell_len(name) + cell_len(counted) + 2 <= width():
        yield paint(name, "bold") + f"  {counted}"
    else:
        yield paint(name, "bold")
        yield wrapped(counted)
    for said in (matched, reached):
        if said:
            yield paint(wrapped(said), "dim")
    if survey.bad:
        yield wrapped(f"{_unread(survey.bad)} cannot be read; the first is {one_line(survey.bad_examples[0], 240)}", "  ", "    ")
    notes = [note for note in survey.notes if "cannot be read" not in note and not (matched and note == NO_ROWS)]
    if notes:
        yield ""
    for note in notes:
        yield wrapped(one_line(note, 400), "  • ", "    ")
    if survey.reach.rows:
        yield ""
        yield from columns_in_words(survey.columns)
        yield from texts_in_words(survey)


def header(survey: Survey) -> tuple[str, str]:
    """How many rows of what there are, and how they were taken."""
    counted = _counted(survey.reach)
    return f"{counted}, {FORMATS[survey.format]}" if survey.reach.rows else counted, _reached(survey.reach)


def _unread(bad: int) -> str:
    return "One record" if bad == 1 else f"{bad:,} records"


def _counted(reach: Reach) -> str:
    rows = f"{reach.rows:,} {'row' if reach.rows == 1 else 'rows'}"
    if reach.whole or reach.rows_in_all is None:
        return rows
    about = "about " if reach.estimated else ""
    return f"{about}{_rounded(reach.rows_in_all) if reach.estimated else f'{reach.rows_in_all:,}'} rows"


def _rounded(count: int) -> str:
    """An estimate to three digits."""
    unit = 10 ** max(0, len(str(count)) - 3)
    return f"{round(count / unit) * unit:,}"


def _reached(reach: Reach) -> str:
    if reach.whole:
        return ""
    return f"Looked at {reach.rows:,} rows: {reach.how}. All that follows is of these; `--whole` reads everything."


def columns_in_words(columns: list[Column]) -> Iterator[str]:
    """The columns, one a line."""
    head = ("column", "type", "", "filled", "distinct", "values")
    rows: list[tuple[str, ...]] = [head, *(_column(one) for one in columns[:COLUMNS])]
    if width() < NARROW:
        rows = [(name, kind, filled, values) for name, kind, _, filled, _, values in rows]
    lines = aligned(rows, right=(2,) if width() < NARROW else (3, 4), indent="  ").split("\n")
    yield paint(cut(lines[0], width()), "dim")
    yield from (cut(line, width()) for line in lines[1:])
    if len(columns) > COLUMNS:
        yield f"  … and {len(columns) - COLUMNS:,} more columns"


def _column(one: Column) -> tuple[str, str, str, str, str, str]:
    distinct = "" if one.distinct is None else f"{one.distinct:,}{'+' if one.distinct_at_least else ''}"
    share = one.filled.value
    return one_line(one.name, min(NAME, width() // 3)), _kind(one), meter(share), percent(share), distinct, values_in_words(one)


def _kind(one: Column) -> str:
    plain = {"int64": "number", "float64": "number", "double": "number", "string": "text", "bool": "flag"}.get(one.type, one.type)
    stored = f" ({one.type.partition('<')[0]})" if plain != one.kind and one.kind in ("number", "date", "json") and one.type != "json" else ""
    return one.kind + stored


def values_in_words(one: Column) -> str:
    """What the values are like, in a line."""
    if one.kind in ("category", "flag", "constant") and one.top:
        total = max(1, one.filled.rows)
        return "  ".join(f"{one_line(value, 24)} {percent(rows / total)}" for value, rows in one.top[:8])
    if one.kind == "date" and one.first:
        return f"{one_line(one.first, 30)} … {one_line(one.last or '', 30)}"
    if one.numbers is not None and one.kind in ("number", "list"):
        told = one.numbers
        many = " items" if one.kind == "list" else ""
        far = f", {one.outliers.below + one.outliers.above:,} far out" if one.outliers else ""
        return f"{spark(told.counts)}  {_short(told.least)} … {_short(told.greatest)}{many}, median {_short(told.quantiles[50])}{far}"
    if one.numbers is not None and one.kind == "id":
        return f"{number(one.numbers.least)} … {number(one.numbers.greatest)}"
    return ", ".join(
        one_line(" ".join(value.split()) if one.kind in ("json", "list") else value, 36 if one.kind != "text" else 60)
        for value in one.examples[: 1 if one.kind in ("text", "json", "chat") else 3]
    )


def _short(value: float) -> str:
    return short(value) if abs(value) >= 100_000 else number(value)
