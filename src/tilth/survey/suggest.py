"""A recipe for data that was looked at: only steps for which there is a reason, and the reason beside each.

Limits are gentle: they drop what is far from the rest of these very rows. What no step of this version can do, such as
redaction, is said in a comment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tilth.record import OWN
from tilth.survey.building import SILENT, Built, built
from tilth.survey.facts import Share, Survey, Texts
from tilth.survey.notes import PERSONAL, percent
from tilth.survey.yaml import flow, said

WRITING = {
    "mojibake": "were decoded wrongly (Ã© for é)",
    "control": "have control characters",
    "invisible": "have invisible characters",
    "not_nfc": "are not in Unicode's normal form",
}
"""What `clean.unicode` mends."""

HTML = {"tags": "have HTML tags", "entities": "have HTML entities (&amp;)"}
"""What `clean.html` mends."""

MARKED = 0.001
"""The share of the texts with HTML from which it is taken for damage: below, it may be what they are about."""

BAD = 0.01
"""The share of bad records that a run allows unless it is told otherwise."""

DOMINATES, FOREIGN, LANGUAGE_CHARACTERS = 0.9, 0.005, 100
"""A language that most texts are in, the share of others worth a step, and the median length from which it can be told."""

FAR = 10
"""A text is far too long where it is so many times as long as 99 % of them."""

WEB_CHARACTERS = 300
BROKEN = 0.01
"""The share of texts that break a rule of quality from which the rules are worth a step."""

NEAR = 0.001
"""The share of near copies beyond the exact ones from which they are worth a step."""

MANY, SOME, FEW = 20_000, 1000, 50
"""Rows from which a split has parts of a thousand rows, of some percent, and only a test."""


@dataclass(frozen=True)
class Step:
    """A step, its settings (null: none), and why it is there, a sentence a line."""

    name: str
    settings: Any
    why: tuple[str, ...]


class Suggestion(msgspec.Struct, frozen=True):
    """A recipe as YAML with its reasons as comments, its name, and the reasons once more, by the address of the step."""

    name: str
    recipe: str
    reasons: list[tuple[str, str]]


def suggest(survey: Survey, path: str, reading: Mapping[str, Any] | None = None) -> Suggestion:
    """The recipe for the files at `path`, as seen from where it will stand.

    `reading`: what `source.files` must be told to read them, such as `{csv: {delimiter: ";"}}`."""
    making = _Making(survey, built(survey))
    steps = [making.source(path, reading or {}), *making.cleaning(), *making.filters(), *making.copies(), *making.split()]
    name, data = name_of(path), "docs" if making.texts else "rows"
    lines = [
        f"# Suggested by `tilth init --from {said(path, 200)}`, from a look at the data. Each step says why it is there.",
        f"# {_looked(survey)}",
        "# `tilth plan recipe.yaml` checks it and says what it would take; `tilth run recipe.yaml` does it.",
        *(f"# {line}" for line in making.remarks()),
        f"name: {name}",
        "seed: 1",
        "data:",
        f"  {data}:",
    ]
    for step in steps:
        lines += [*(f"    # {line}" for line in step.why), f"    - {step.name}" + ("" if step.settings is None else f": {flow(step.settings)}")]
    reasons = [(f"{data}.{step.name}", " ".join(step.why)) for step in steps if step.why]
    return Suggestion(name, "\n".join([*lines, ""]), reasons)


def name_of(path: str) -> str:
    """The name of a recipe for files: that of the file without its endings, or of the last folder that is no pattern."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..") and not re.search(r"[*?\[{]", part)]
    stem = re.sub(r"(\.[A-Za-z0-9]{1,8})?(\.(gz|gzip|zst|zstd|bz2|xz))?$", "", parts[-1]) if parts else ""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-") or "mine"


def _looked(survey: Survey) -> str:
    reach = survey.reach
    if reach.whole:
        return f"All {reach.rows:,} rows were looked at." if reach.rows != 1 else "The one row was looked at."
    of = f" of {'about ' if reach.estimated else ''}{reach.rows_in_all:,}" if reach.rows_in_all else ""
    return f"Looked at: {reach.rows:,}{of} rows ({said(reach.how, 120)}). Shares are shares of those."


@dataclass(frozen=True)
class _Making:
    """What is known while the steps are chosen. `texts`: those of the columns that make up the text, which were measured."""

    survey: Survey
    text: Built

    @property
    def texts(self) -> list[Texts]:
        return [one for one in self.survey.texts if one.column in self.text.columns]

    @property
    def main(self) -> Texts | None:
        """The texts of the column with the most to read."""
        return max(self.texts, key=lambda one: one.characters.total, default=None)

    @property
    def fields(self) -> dict[str, Any]:
        """Where texts are cleaned: in rows that are more than texts also the columns themselves."""
        kinds = {column.name: column.kind for column in self.survey.columns}
        said_in = {one.column: "[].content" if one.layout == "messages" else "[].value" for one in self.survey.chats}
        names = [name + said_in.get(name, "") for name in self.text.columns if kinds[name] in ("text", "chat")]
        return {"fields": ["text", *names]} if self.text.shape and names else {}

    def remarks(self) -> Iterator[str]:
        """What a reader should know that no step of this version does."""
        if self.text.shape:
            yield f"These rows are {self.text.shape}. This version trains on plain texts; the columns stay beside `text` for other trainers."
        if not self.texts:
            yield "No column of texts was found; with `text: COLUMN` in `source.files` one is named."
        for note in self.survey.notes:
            if "which a recipe cannot read" in note:  # a column of bytes, of which the look says so
                yield f"{said(note.partition(' holds ')[0])} holds bytes; with it a run refuses every row. Write the files again without it."
        for one in self.texts:
            people = [f"{rows:,} with {PERSONAL.get(kind, kind)}" for kind, (rows, _) in one.personal.items() if rows]
            if people:
                yield f"Likely personal data in `{said(one.column)}`, rows: {', '.join(people)}. `redact.pii`, `redact.secrets` hide what rules find."
        if self.texts and not [*self.cleaning(), *self.filters(), *self.copies()]:
            yield "Nothing was found that should be cleaned or dropped."

    # ── the source ─────────────────────────────────────────────────────────────────────────

    def source(self, path: str, reading: Mapping[str, Any]) -> Step:
        """Where the rows come from."""
        settings: dict[str, Any] = {"path": path, **reading}
        why = [self.text.why] if self.text.why else []
        if reading:
            why.append(f"Without {' and '.join(f'`{name}`' for name in reading)} the files would be read wrongly.")
        if self.text.text is not None:
            settings["text"] = self.text.text
        numbers = [column for column in self.survey.columns if column.kind == "number" and column.type == "string"]
        even = [column for column in numbers if not column.misfits and not {"placeholder", "blank", "nan"} & set(column.held)]
        sure = [column for column in even if column.looks_like.get("plain_number", 0) == 1]
        if sure:
            settings["columns"] = {column.name: "number" for column in sure}
            why.append(f"Texts that all read as numbers become numbers: {', '.join(said(column.name) for column in sure)}.")
        for column in even:
            if column not in sure:
                why.append(f"The numbers of `{said(column.name)}` have signs of thousands or currency, so it stays text: `columns:` reads none.")
        for column in numbers:
            if column not in even:
                why.append(f"Not all of `{said(column.name)}` reads as numbers, so it stays text: with `columns:` the others would be bad records.")
        share = Share(self.survey.bad, self.survey.bad + self.survey.reach.rows)
        if share.value > BAD:
            settings["bad_records"] = {"at_most": min(1.0, math.ceil(share.value * 150) / 100)}
            why.append(f"{percent(share)} of the records cannot be read; without this the run would be refused. Look at them first.")
        return Step("source.files", settings, tuple(why))

    # ── cleaning ───────────────────────────────────────────────────────────────────────────

    def cleaning(self) -> Iterator[Step]:
        """Steps that edit."""
        html = () if self.text.shape else tuple(self._damaged(HTML, MARKED))
        if html:
            yield Step("clean.html", None, html)
        writing = tuple(self._damaged(WRITING, 0.0))
        if writing:
            yield Step("clean.unicode", self.fields or None, writing)
        if html:
            yield Step("clean.whitespace", None, ("Where tags stood, spaces and blank lines are left.",))
        elif len(self.text.columns) > 1 and not self.text.shape:
            yield Step("clean.whitespace", None, ("Where a row lacks a part of its text, blank lines are left.",))

    def _damaged(self, kinds: Mapping[str, str], least: float) -> Iterator[str]:
        """What is amiss with the writing, a kind a line."""
        for kind, what in kinds.items():
            shares = [(one.column, one.damage[kind]) for one in self.texts if kind in one.damage]
            named = [f"{share.rows:,} of {share.of:,} `{said(column)}` ({percent(share)})" for column, share in shares if share.rows]
            if any(share.rows and share.value >= least for _, share in shares):
                yield f"{' and '.join(named)} {what}."

    # ── filters ────────────────────────────────────────────────────────────────────────────

    def filters(self) -> Iterator[Step]:
        """Steps that drop."""
        main = self.main
        if main is None:
            return
        yield from self._present()
        yield from self._length(main)
        yield from self._language(main)
        yield from self._quality(main)

    def _present(self) -> Iterator[Step]:
        columns = [column for column in self.survey.columns if column.name in self.text.columns]
        fullest = max(columns, key=lambda column: column.filled.value)
        if fullest.filled.value < 1:
            every = "nothing" if len(columns) == 1 else "nothing in the fullest of these columns"
            lacking = Share(fullest.filled.of - fullest.filled.rows, fullest.filled.of)
            why = f"{lacking.rows:,} rows ({percent(lacking)}) have {every}; a row without a text teaches nothing."
            yield Step("filter.where", "length(trim(text)) > 0", (why,))

    def _length(self, main: Texts) -> Iterator[Step]:
        if self.text.shape or len(self.text.columns) > 1:
            return  # a short answer is an answer; and what is known is how long the parts are
        lengths, limits, why = main.characters, {}, []
        first, last = lengths.quantiles[1], lengths.quantiles[99]
        least, most = rounded(first, down=True), rounded(5 * last, down=False)
        if 1 < least and lengths.least < first / 2:
            limits["at_least"] = least
            why.append(f"99% of the texts have {first:,.0f} characters or more; the shortest has {lengths.least:,.0f}.")
        if lengths.greatest > FAR * last:
            limits["at_most"] = most
            why.append(f"99% of the texts have {last:,.0f} characters or fewer; the longest has {lengths.greatest:,.0f}.")
        if limits:
            yield Step("filter.length", {"characters": limits}, tuple(why))

    def _language(self, main: Texts) -> Iterator[Step]:
        told = [(code, rows) for code, rows in main.languages if code not in SILENT]
        rows = sum(count for _, count in told)
        if not told or self.text.shape or main.characters.quantiles[50] < LANGUAGE_CHARACTERS:
            return
        others = Share(rows - told[0][1], rows)
        if FOREIGN <= others.value <= 1 - DOMINATES:
            named = ", ".join(f"{code} {count:,}" for code, count in told[1:4])
            why = f"{percent(others)} of `{said(main.column)}` are in other languages than {told[0][0]}: {named}."
            yield Step("filter.language", {"keep": [told[0][0]]}, (why,))

    def _quality(self, main: Texts) -> Iterator[Step]:
        web = any(column.kind == "url" for column in self.survey.columns)
        if not web or self.text.shape or main.characters.quantiles[50] < WEB_CHARACTERS:
            return
        english = bool(main.languages) and main.languages[0][0] == "en"
        why, rules = [], []
        for name in ("gopher", "gopher_repetition") if english else ("gopher_repetition",):
            worst = max((one for one in main.quality if one.set == name), key=lambda one: one.breaks.value, default=None)
            if worst is not None and worst.breaks.value >= BROKEN:
                rules.append(name)
                why.append(f"{percent(worst.breaks)} of `{said(main.column)}` break the rule `{worst.rule}` of `{name}` ({worst.limit}).")
        if rules:
            yield Step("filter.quality", {"rules": rules}, ("These are texts from web pages.", *why))

    # ── copies and parts ───────────────────────────────────────────────────────────────────

    def copies(self) -> Iterator[Step]:
        """Rows that are there more than once. Where the text is built from several columns, each of them must repeat."""
        found = [(one.column, one.copies) for one in self.texts if one.copies is not None]
        if not found or len(found) < len(self.texts):
            return
        several = " Only rows that repeat in all of them fall." if len(self.text.columns) > 1 else ""
        if all(copies.exact.rows for _, copies in found):
            named = ", ".join(f"{percent(copies.exact)} of `{said(column)}`" for column, copies in found)
            yield Step("dedup.exact", None, (f"{named} repeat an earlier one.{several}",))
        near = [(column, copies.near, copies.near.value - copies.exact.value) for column, copies in found if copies.near is not None]
        if len(near) == len(found) and min(more for _, _, more in near) >= NEAR:
            named = ", ".join(f"{percent(share)} of {share.of:,} `{said(column)}`" for column, share, _ in near)
            yield Step("dedup.minhash", {"similarity": found[0][1].similarity}, (f"{named} are copies or near copies of another.{several}",))

    def split(self) -> Iterator[Step]:
        """Parts for the size of the data. Rows without a text are known by all of their columns."""
        rows = self.survey.reach.rows_in_all or self.survey.reach.rows
        sizes: dict[str, Any] = {}
        if rows >= MANY:
            sizes, why = {"validation": 1000, "test": 1000}, "A share among 1,000 rows is known to about 3 points; the rest is for training."
        elif rows >= SOME:
            sizes, why = {"validation": 0.05, "test": 0.05}, "The rest is for training; nearly equal rows stay together."
        elif rows >= FEW:
            sizes, why = {"test": 0.2}, "So few rows leave a small test; what it tells is uncertain."
        if sizes and not self.texts:
            columns = [column.name for column in self.survey.columns if column.name not in OWN and column.kind != "empty"]
            sizes, why = {**sizes, "content": columns, "near": None}, "Rows that are equal in these columns stay together; the rest is for training."
        if sizes:
            yield Step("split.random", sizes, (why,))


def rounded(value: float, *, down: bool) -> int:
    """A round number near by: of one digit and a half, 1, 1.5, 2, 3, 5, 8 times a power of ten."""
    power = 10 ** math.floor(math.log10(max(1.0, value)))
    steps = [round(power * one) for one in (1, 1.5, 2, 3, 5, 8, 10)]
    return max((one for one in steps if one <= value), default=1) if down else min(one for one in steps if one >= value)
