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


_HEAD = ("algorithm", "vocab_size", "context", "tokens", "windows", "bytes_per_token")


def _window(one: Window) -> dict[str, object]:
    rows = [{"number": row.number, "id": shown(row.id), "origin": row.origin} for row in one.rows]
    return {"number": one.number, "rows": rows, "tokens": [asdict(token) for token in one.tokens], "trained_text": one.trained_text}


def _in_all(told: Seen) -> int | None:
    return told.facts.get("windows")


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
    if _in_all(told) is not None:
        return f"{facts['windows']:,} windows of {facts['context']:,} tokens from {told.data}, in order; training draws its own for each epoch"
    learned = f", {facts['learned_tokens']:,} of {facts['tokens']:,} tokens learned" if "learned_tokens" in facts else ""
    return f"rows of {told.data} as it learned them, in order{learned}"


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
    filled, learned = len(one.tokens) - len(real), sum(token.learned for token in real)
    in_all = _in_all(told)
    name = f"window {one.number:,} of {in_all:,}" if in_all else f"example {one.number:,}"
    yield paint(f"{name}  {len(real) - 1:,} {'token' if len(real) == 2 else 'tokens'} seen, {learned:,} learned", "bold")
    rows = {row.number: row for row in one.rows}
    for tokens in _by_row(real):
        starts = next((token.starts for token in tokens if token.starts is not None), None)
        row = rows[starts] if starts is not None else one.rows[0]
        yield f"  {_where(row)}{'' if starts is not None else ', continued'}"
        yield from _numbered([(_marked(token), STYLES[token.kind]) for token in tokens], tokens) if ids else _flow(_bracketed(tokens), INDENT)
    if filled:
        yield from _flow([(f"░ {filled:,} {'place' if filled == 1 else 'places'} filled up, masked", STYLES["filling"])], INDENT)


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
