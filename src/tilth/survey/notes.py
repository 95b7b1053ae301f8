"""What somebody should know before they use this data: each one sentence, the most important first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tilth.survey.facts import Chats, Column, Share, Texts
from tilth.survey.prose import Prose
from tilth.survey.wrapping import Wrapping

MOST = 9
NO_ROWS = "There are no rows in it."
PILED_ROWS, PILED_SHARE, PILED_LENGTH = 5, 0.002, 200
"""So many texts, or so large a share of them, that have the greatest length, of at least so many characters, look cut; four times as
many where that is no round number, such as 4,000 or 1,024."""

DAMAGE = {
    "mojibake": "were decoded wrongly (Ã© for é)",
    "replacement": "have replacement characters (�) where bytes could not be read",
    "control": "have control characters",
    "entities": "have HTML entities (&amp;)",
    "tags": "have HTML tags",
    "invisible": "have invisible characters",
    "private_use": "have characters that no font knows",
    "surrogate_escapes": r"have code points written out (\u00e9)",
    "escaped_newlines": r"have \n written out for line breaks",
    "not_nfc": "are not in Unicode's normal form",
}
"""What texts with a kind of damage do."""

PERSONAL = {
    "email": "an e-mail address",
    "phone": "a telephone number",
    "card": "the number of a payment card",
    "iban": "the number of a bank account",
    "ssn": "a social security number",
    "ip": "an IP address",
    "mac": "a MAC address",
    "url_credentials": "a password in a URL",
    "secret": "a key or token",
}


@dataclass(frozen=True)
class Known:
    """Everything that notes are made of. `wrapped`, `same`, `pairs`: what was found in the sample of rows."""

    rows: int
    bad: int
    whole: bool
    columns: Sequence[Column]
    prose: Mapping[str, Prose]
    texts: Sequence[Texts]
    chats: Sequence[Chats]
    wrapped: Mapping[str, Wrapping]
    same: Sequence[tuple[str, str]]
    pairs: Share | None
    main: str | None
    sampled: int
    """The rows of that sample."""
    documents: int = 0
    """Rows of it that begin with `<doc id=`, as files of extracted encyclopedias part their articles."""
    prompt: str | None = None
    """The column of prompts, where answers stand in others."""


def notes(known: Known) -> list[str]:
    """The notes, by importance."""
    found = [
        *_read(known),
        *_wrapped(known),
        *_parted(known),
        *_cut(known),
        *_copied(known),
        *_filled(known),
        *_shaped(known),
        *_spoken(known),
        *_damaged(known),
        *_people(known),
        *_foreign(known),
    ]
    return [said for _, said in sorted(found, key=lambda one: -one[0])[:MOST]]


Note = tuple[float, str]


def rows_of(count: int) -> str:
    """Rows as people count them."""
    return "1 row" if count == 1 else f"{count:,} rows"


def _named(columns: Sequence[str]) -> str:
    """The names of some columns, the first ones of many."""
    return ", ".join(f"`{name}`" for name in columns[:4]) + (f" and {len(columns) - 4:,} more" if len(columns) > 4 else "")


def percent(share: Share) -> str:
    """A share in words; nothing and all are said only of nothing and all."""
    if share.value in (0, 1):
        return f"{share.value:.0%}"
    if share.value < 0.0001:
        return "<0.01%"
    return (f"{share.value:.2%}" if share.value < 0.01 else f"{min(share.value, 0.999):.1%}").replace(".0%", "%")


def _read(known: Known) -> Iterator[Note]:
    if not known.rows:
        yield 10, NO_ROWS
    if known.bad:
        yield 9, f"{known.bad:,} of {known.rows + known.bad:,} records cannot be read."


def _wrapped(known: Known) -> Iterator[Note]:
    alike: dict[Wrapping, list[str]] = {}
    for column, one in known.wrapped.items():
        alike.setdefault(one, []).append(f"`{column}`")
    for one, columns in alike.items():
        sides = [f"{word} with `{said}`" for word, said in (("begins", one.begins), ("ends", one.ends)) if said]
        every = "Every" if one.rows == one.of else "Nearly every"
        every += "" if one.rows == one.of and known.sampled == known.rows else f" ({one.rows:,} of {one.of:,} compared)"
        bare = f"; {one.empty:,} {'is' if one.empty == 1 else 'are'} empty without it" if one.empty else ""
        shown = " and ".join(sides).replace("\n", "⏎")
        yield 8.5, f"{every} {' and '.join(columns)} {shown}{bare}."


def _parted(known: Known) -> Iterator[Note]:
    if known.documents:
        among = f"Among {rows_of(known.sampled)}, " if known.sampled < known.rows else ""
        stand = "document stands" if known.documents == 1 else "documents stand"
        yield 8.6, f"{among}{known.documents:,} {stand} between `<doc …>` and `</doc>`, which are rows of their own here."


def _cut(known: Known) -> Iterator[Note]:
    for column, prose in known.prose.items():
        lengths = prose.characters
        least = PILED_ROWS if lengths.greatest % 100 == 0 or lengths.greatest % 256 == 0 else 4 * PILED_ROWS
        enough = lengths.at_greatest >= max(least, PILED_SHARE * lengths.n)
        if enough and lengths.greatest >= PILED_LENGTH and lengths.at_greatest < 0.9 * lengths.n and prose.copies.repeats < 0.5 * prose.rows:
            yield 8, f"{lengths.at_greatest:,} texts of `{column}` have exactly {lengths.greatest:,.0f} characters, the most there is: they look cut."


def _copied(known: Known) -> Iterator[Note]:
    for one in known.texts:
        copies = one.copies
        if copies is None:
            continue
        main = one.column == known.main
        if copies.exact.rows and (main or copies.exact.value >= 0.05):
            yield (
                7 + copies.exact.value if main else 4.5,
                f"{copies.exact.rows:,} texts of `{one.column}` ({percent(copies.exact)}) are exact copies of an earlier one.",
            )
        more = (copies.near.value if copies.near else 0.0) - copies.exact.value
        if copies.near and main and more >= 0.01:
            yield 6.5, f"Among {copies.near.of:,} texts of `{one.column}`, {percent(copies.near)} are copies or near copies of another."
    if known.pairs is not None and known.pairs.rows:
        yield 8.2, f"Chosen and rejected are the same in {known.pairs.rows:,} of {rows_of(known.pairs.of)} ({percent(known.pairs)})."


def _filled(known: Known) -> Iterator[Note]:
    nothing = [column.name for column in known.columns if column.kind == "empty" and known.rows]
    if nothing:
        yield 4, f"{_named(nothing)} {'holds' if len(nothing) == 1 else 'hold'} nothing in any row."
    lacking = [column for column in known.columns if column.kind != "empty" and column.filled.value < 0.995]
    kinds = {"number": 0, "text": 1, "category": 1}
    lacking.sort(key=lambda column: (column.name != known.main, kinds.get(column.kind, 2), column.filled.value))
    for place, column in enumerate(lacking[:3]):
        weight = (
            7.5
            if column.name == known.main
            else 7.2
            if column.kind == "number" and column.filled.value < 0.9
            else 5.5
            if column.filled.value < 0.9
            else 3
        )
        yield weight - place * 0.1, f"`{column.name}` is filled in {percent(column.filled)} of the rows ({column.filled.rows:,}); {_rest(column)}."


def _rest(column: Column) -> str:
    """What stands in the cells that hold nothing."""
    words = {"null": "null", "empty": "empty", "blank": "blank", "placeholder": "a placeholder such as `N/A`", "nan": "not a number"}
    held = sorted(((column.held.get(name, 0), said) for name, said in words.items() if column.held.get(name, 0)), reverse=True)
    if len(held) == 1:
        return f"the rest is {held[0][1]}"
    return "the rest is " + ", ".join(f"{said} ({count:,})" for count, said in held)


def _shaped(known: Known) -> Iterator[Note]:
    for one, other in known.same[:2]:
        every = "every row" if known.sampled == known.rows else f"all of {rows_of(known.sampled)} compared"
        yield 5.8, f"`{one}` and `{other}` hold the same in {every}."
    same = [column for column in known.columns if column.kind == "constant"]
    if same:
        held = f": `{(same[0].examples or [''])[0][:40]}`" if len(same) == 1 else ""
        yield 3.5, f"{_named([column.name for column in same])} {'is' if len(same) == 1 else 'are'} the same in every row{held}."
    for column in known.columns:
        yield from _typed(column, measured={one.column for one in known.texts[:2]})
        named = column.name.lower()
        unique = column.distinct or 0
        if (
            (named in ("id", "uuid", "key") or named.endswith("_id"))
            and 0.5 * column.filled.rows < unique < column.filled.rows
            and not column.distinct_at_least
        ):
            yield 6.8, f"`{column.name}` looks like an id, and {column.filled.rows - unique:,} of its values are there before."


def _typed(column: Column, measured: set[str]) -> Iterator[Note]:
    """What the values of a column read as. `measured`: columns whose tags are told as damage."""
    looks = column.looks_like
    if column.type == "string" and looks.get("number", 0) >= 0.9 and column.kind == "number":
        but = f"; {column.misfits:,} do not" if column.misfits else ""
        yield (6.2 if column.misfits else 5), f"`{column.name}` is read as text; its values read as numbers{but}."
    if (
        column.type == "string"
        and column.kind == "text"
        and looks.get("html", 0) >= 0.02
        and column.filled.rows >= 20
        and column.name not in measured
    ):
        yield 5.6, f"{looks['html']:.0%} of the texts in `{column.name}` hold HTML."
    if column.type == "string" and looks.get("json", 0) >= 0.5:
        yield 4.8, f"`{column.name}` is text that holds JSON."
    if column.kind == "number" and column.held.get("zero", 0) > 0.3 * max(1, column.filled.rows):
        yield 4.6, f"`{column.name}` is 0 in {column.held['zero']:,} rows ({column.held['zero'] / max(1, column.filled.of):.1%})."


def _spoken(known: Known) -> Iterator[Note]:
    for one in known.chats:
        if one.column == known.prompt:  # it ends before the answer, which stands in other columns
            continue
        for said, rows in one.oddities.items():
            yield 5.2 + min(1.0, rows / max(1, one.rows)), f"{rows:,} of {one.rows:,} conversations in `{one.column}`: {said}."


def _damaged(known: Known) -> Iterator[Note]:
    for one in known.texts[:2]:
        kinds = sorted(one.damage.items(), key=lambda pair: -pair[1].value)
        for kind, share in kinds[:2]:
            if share.value >= 0.01 or (kind in ("mojibake", "replacement") and share.rows >= 3):
                yield 4 + 2 * share.value, f"{percent(share)} of the texts in `{one.column}` {DAMAGE[kind]}."


def _people(known: Known) -> Iterator[Note]:
    for one in known.texts:
        some = sorted(((kind, rows) for kind, (rows, _) in one.personal.items() if kind in PERSONAL), key=lambda pair: -pair[1])
        if some:
            told = ", ".join(f"{PERSONAL[kind]} in {rows_of(rows)}" for kind, rows in some[:3])
            yield 5.4, f"Likely personal data in `{one.column}`: {told}."


def _foreign(known: Known) -> Iterator[Note]:
    for one in known.texts[:1]:
        total = sum(count for _, count in one.languages)
        if total >= 50 and one.languages[0][1] < 0.97 * total and one.languages[0][1] > 0.3 * total:
            most = one.languages[0]
            yield 4.4, f"{1 - most[1] / total:.0%} of the texts in `{one.column}` are in other languages than {most[0]}."


def same_columns(sample: pa.Table, names: Sequence[str]) -> list[tuple[str, str]]:
    """Columns that hold the same in every row of the sample, and not only one value."""
    found: list[tuple[str, str]] = []
    for place, name in enumerate(names):
        for other in names[place + 1 :]:
            one, two = sample[name], sample[other]
            if one.type == two.type and one.null_count == two.null_count < len(one) and one.equals(two) and len(pc.unique(one.slice(0, 100))) > 1:
                found.append((name, other))
    return found
