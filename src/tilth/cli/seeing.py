"""`tilth look RUN:MODEL`: rows as the model sees them, each token by its kind.

Signs say everything; colour, where there is some, says it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from rich.cells import cell_len

from tilth.cli.lines import coloured, one_line, paint, width
from tilth.execute.seeing import Row, Seen, Token, Window, is_model, see
from tilth.record import shown
from tilth.report.harmless import visible
from tilth.store.runs import Run

SIGNS = {"end": "■", "begin": "▷"}
STYLES = {"context": "2", "begin": "36", "trained": "32", "end": "1;35", "filling": "2"}
"""How a kind of token is painted (ECMA-48, SGR): dim, cyan, green, bold magenta."""

LONGEST_ROW = 400
"""Tokens of a row that are shown of a tokenizer's work."""

INDENT = "    "
Painted = tuple[str, str]
"""Words and their style."""


def model_of(run: Run, name: str) -> tuple[Run, str] | None:
    """The model of a run that a name means; None where it means a dataset. Raises NotThere where the run has neither."""
    return (run, name) if is_model(run, name) else None


def seen(named: tuple[Run, str], rows: range, search: str | None) -> Seen:
    """The windows of a model that are wanted, by their numbers from 0."""
    return see(*named, range(rows.start + 1, rows.stop + 1), search or "")


def as_json(told: Seen) -> str:
    """The one object that `--json` prints."""
    head = {"data": told.name, "step": told.step, "learned_from": told.data, "windows_in_all": _in_all(told), "more": told.more}
    return json.dumps({**head, "facts": {name: told.facts[name] for name in _HEAD if name in told.facts}, "windows": [*map(_window, told.windows)]})


_HEAD = (
    *("algorithm", "vocab_size", "context", "tokens", "windows", "bytes_per_token"),
    *("rows", "learned_tokens", "layout", "template", "proofs", "labels"),
)


def _window(one: Window) -> dict[str, object]:
    rows = [{"number": row.number, "id": shown(row.id), "origin": row.origin} for row in one.rows]
    tokens, told = [asdict(token) for token in one.tokens], [said for said in one.told if said]
    return {"number": one.number, "rows": rows, "told": told, "tokens": tokens, "trained_text": one.trained_text}


def _in_all(told: Seen) -> int | None:
    """How many there are: windows, or examples, of which a pair of answers has two; of packed lines it is not told."""
    if told.packed or "windows" in told.facts or "rows" not in told.facts:
        return told.facts.get("windows")
    return int(told.facts["rows"]) * (2 if told.facts["layout"]["format"] == "preference" else 1)


# ── as words ───────────────────────────────────────────────────────────────────────────────────


def as_words(told: Seen, *, ids: bool = False) -> str:
    """What a person reads; `ids`: the number of each token below it."""
    return "\n".join(_words(told, ids=ids))


def _words(told: Seen, *, ids: bool) -> Iterator[str]:
    cuts = told.makes == "tokenizer"
    yield f"{paint(told.name, 'bold')}  {told.step}  {_about(told)}"
    yield from _flow(_legend(cuts=cuts), "  ", gap=2)
    for one in told.windows:
        yield ""
        yield from _row_cut(one, ids=ids) if cuts else _seen_at_once(one, told, ids=ids)
    if not told.windows:
        yield f"\nNo {'row' if cuts else 'window'} has this number or this text."
    elif told.more:
        yield f"\nThere is more: `-n {told.windows[-1].number + 1}:{told.windows[-1].number + len(told.windows)}` shows what follows."


def _about(told: Seen) -> str:
    facts = told.facts
    if told.makes == "tokenizer":
        size = f"{facts['vocab_size']:,} tokens, {facts['bytes_per_token']:.2f} bytes of text a token"
        return f"{facts['algorithm']}, {size}; rows of {told.data} as it cuts them"
    if "windows" in facts:
        return f"{facts['windows']:,} windows of {facts['context']:,} tokens from {told.data}, in order; training draws its own for each epoch"
    if told.packed:
        rows = f"lines of {facts['context']:,} tokens into which the rows of {told.data} are packed; rows of a line see nothing of each other"
    else:
        rows = f"rows of {told.data} as it learned {'their labels' if facts.get('labels') else 'them'}, in order"
    return rows + (f"; {facts['learned_tokens']:,} of {facts['tokens']:,} tokens learned" if facts.get("learned_tokens") else "")


def _legend(*, cuts: bool) -> list[Painted]:
    blanks: list[Painted] = [("· blank", ""), ("⏎ line end", ""), ("⇥ tab", ""), ("⟨C3⟩ byte of a character", "")]
    if cuts:
        return [("│ between tokens", ""), *blanks]
    known = [("⟦seen, not learned⟧", "context"), ("learned", "trained"), ("■ end of text, learned", "end"), ("▷ before a text", "begin")]
    return [*((words, STYLES[kind]) for words, kind in known), ("░ filling, masked", STYLES["filling"]), *blanks]


def _row_cut(one: Window, *, ids: bool) -> Iterator[str]:
    row, tokens = one.rows[0], one.tokens[:LONGEST_ROW]
    size = len(one.text.encode())
    rate = f", {size / len(one.tokens):.2f} bytes a token" if one.tokens else ""
    yield paint(f"{_where(row)}  {size:,} bytes, {len(one.tokens):,} tokens{rate}", "bold")
    shaded = [(f"{_spelled(token)}", "7" if place % 2 else "") for place, token in enumerate(tokens)]
    yield from _numbered(shaded, tokens) if ids else _flow([(f"{words}│", style) for words, style in shaded], INDENT)
    if len(one.tokens) > LONGEST_ROW:
        yield f"{INDENT}… {len(one.tokens) - LONGEST_ROW:,} more tokens"


def _seen_at_once(one: Window, told: Seen, *, ids: bool) -> Iterator[str]:
    real = [token for token in one.tokens if token.kind != "filling"]
    filled, in_all, begun = len(one.tokens) - len(real), _in_all(told), iter(one.told)
    what = "window" if "windows" in told.facts or not one.told else "line" if told.packed else "example"
    yield paint(f"{what} {one.number:,}{f' of {in_all:,}' if in_all else ''}  {_counted(real, told)}", "bold")
    rows = {row.number: row for row in one.rows}
    for tokens in _by_row(real):
        starts = next((token.starts for token in tokens if token.starts is not None), None)
        said = ", continued" if starts is None else f"  {one_line(next(begun, ''), 100)}".rstrip()
        yield f"  {_where(one.rows[0] if starts is None else rows[starts])}{said}"
        yield from _numbered([(_marked(token), STYLES[token.kind]) for token in tokens], tokens) if ids else _flow(_bracketed(tokens), INDENT)
    if filled:
        yield from _flow([(f"░ {filled:,} {'place' if filled == 1 else 'places'} filled up, masked", STYLES["filling"])], INDENT)


def _counted(tokens: Sequence[Token], told: Seen) -> str:
    """How many tokens a window has. The last of a decoder's is learned and seen by none; an encoder sees all of its own."""
    learned = sum(token.learned for token in tokens)
    seen = len(tokens) if told.facts.get("labels") else len(tokens) - learned if told.step == "train.seq2seq" else len(tokens) - 1
    return f"{seen:,} {'token' if seen == 1 else 'tokens'} seen{'' if told.facts.get('labels') else f', {learned:,} learned'}"


def _where(row: Row) -> str:
    return "  ".join(one for one in (f"row {row.number:,}", one_line(row.origin, 100), shown(row.id)) if one)


def _by_row(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each row; a mark that only begins a text stands with the row that follows it."""
    held: list[Token] = []
    for token in tokens:
        if token.starts is not None and any(one.kind != "begin" or one.learned for one in held):
            yield held
            held = []
        held.append(token)
    if held:
        yield held


def _spelled(token: Token) -> str:
    """The text of a token, blanks and line ends visible, and nothing in it that moves the cursor."""
    text = token.text.replace(" ", "·").replace("\n", "⏎").replace("\t", "⇥")
    return SIGNS.get(token.kind, "") + visible(text, len(text))


def _marked(token: Token) -> str:
    return _spelled(token) if token.learned else f"⟦{_spelled(token)}⟧"


def _bracketed(tokens: Sequence[Token]) -> list[Painted]:
    """The tokens with brackets around each stretch that is seen and not learned."""
    found: list[Painted] = []
    for learned, group in groupby(tokens, lambda token: token.learned):
        words = [(_spelled(token), STYLES[token.kind]) for token in group]
        if not learned:
            words[0] = (f"⟦{words[0][0]}", words[0][1])
            words[-1] = (f"{words[-1][0]}⟧", words[-1][1])
        found += words
    return found


def _flow(words: Sequence[Painted], indent: str, gap: int = 0) -> Iterator[str]:
    """Words one after another, in lines that fit the terminal; a line ends after ⏎ too."""
    room, line, used = width() - len(indent), "", 0
    for text, style in words:
        for piece in _cut_to(text, room):
            length = cell_len(piece)
            if used and used + gap + length > room:
                yield (indent + line).rstrip()
                line, used = "", 0
            blank = " " * gap if used else ""
            line, used = line + blank + _painted(piece, style), used + len(blank) + length
            if "⏎" in piece and not gap:
                yield indent + line
                line, used = "", 0
    if used:
        yield indent + line


def _cut_to(text: str, room: int) -> Iterator[str]:
    """A text in pieces that fit into a line."""
    while cell_len(text) > room:
        most = next(number for number in range(len(text), 0, -1) if cell_len(text[:number]) <= room)
        yield text[:most]
        text = text[most:]
    yield text


def _numbered(words: Sequence[Painted], tokens: Sequence[Token]) -> Iterator[str]:
    """Tokens in columns, the number of each below it."""
    room, above, below, used = width() - len(INDENT), "", "", 0
    for (text, style), token in zip(words, tokens, strict=True):
        number = str(token.id)
        length = max(cell_len(text), len(number)) + 1
        if used and used + length > room:
            yield from (f"{INDENT}{above}".rstrip(), f"{INDENT}{below}".rstrip())
            above, below, used = "", "", 0
        above += _painted(text, style) + " " * (length - cell_len(text))
        below += number.ljust(length)
        used += length
    if used:
        yield from (f"{INDENT}{above}".rstrip(), f"{INDENT}{below}".rstrip())


def _painted(words: str, style: str) -> str:
    return f"\x1b[{style}m{words}\x1b[0m" if style and coloured() else words
