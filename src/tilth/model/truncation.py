"""Rows that are longer than a model may see: what a cut would cost, and what is done instead.

A cut that keeps the beginning of every row is what most trainers do without a word. It takes the ends of answers first, by which a
model learns to stop, then the answers. So it is counted here and never done:

- `refuse`: nothing is learned while any row is too long; the error says what each way would cost.
- `drop`: such rows are left out, and named.
- `truncate_context`: what stands before the answer is made shorter at a sentence or a word (`tilth.model.shortening`); an answer
  never is. Where that is not enough, it is refused.
- `window`: a plain text becomes windows that overlap; each of its tokens is learned once, what overlaps is only seen again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.model import examples as kept
from tilth.model.beyond import Beyond, Cut, beyond
from tilth.model.examples import Example, Examples, Numbers
from tilth.model.shortening import Source, shortened
from tilth.text.cutting import Side

Strategy = Literal["refuse", "drop", "truncate_context", "window"]

NAMED, TOLD = 5, 20
"""Rows that an error names, and rows that the facts name."""
OVERLAP = 8
"""Windows overlap by this part of their length, where nothing else is said."""


@dataclass(frozen=True)
class Limit:
    """The most tokens that an example may have, and what is done with rows that have more. `side`: from where context is taken away;
    `overlap`: the tokens that a window shares with the one before, an eighth of `length` by default; `seen`: the most that the model sees
    at once, beyond which no `length` helps."""

    length: int
    strategy: Strategy = "refuse"
    side: Side = "left"
    overlap: int | None = None
    seen: int | None = None

    @property
    def shared(self) -> int:
        """The tokens that two windows share: one at least, so that every token has one before it."""
        return max(1, self.length // OVERLAP) if self.overlap is None else self.overlap

    def longer(self, longest: int, fits: str) -> str:
        """What to do about rows of up to so many tokens, where nothing is left out: another `length`, or another model."""
        if self.seen is None or longest <= self.seen:
            return f"Write `length: {longest}`, which fits {fits}"
        return f"The model sees {self.seen:,} tokens at most: take one that sees {longest:,}"


@dataclass
class Done:
    """What was done to rows that are too long. Numbers of rows count from 1, as `tilth look` shows them; only the first are named."""

    dropped: int = 0
    dropped_rows: list[int] = field(default_factory=list)
    truncated: int = 0
    truncated_rows: list[int] = field(default_factory=list)
    context_tokens_removed: int = 0
    windowed: int = 0
    windows: int = 0


@dataclass(frozen=True)
class Ledger:
    """What there was, what a cut at the length would have lost, and what was done."""

    limit: Limit
    rows: int
    tokens: int
    learned: int
    terminators: int
    longest: int
    cut: Cut
    done: Done

    def told(self) -> dict[str, Any]:
        """As facts: `cut_would_lose` counts by cause, `done` what was really done."""
        cut = asdict(self.cut)
        return {
            "length": self.limit.length,
            "strategy": self.limit.strategy,
            "rows": self.rows,
            "tokens": self.tokens,
            "answer_tokens": self.learned,
            "terminators": self.terminators,
            "longest": self.longest,
            "longer_rows": cut["rows"],
            "cut_would_lose": {
                "tokens": cut["tokens"],
                "answer_tokens": cut["learned"],
                "terminators": cut["terminators"],
                "rows_without_answer": cut["emptied"],
                "rows_with_part_of_it": cut["shortened"],
                "rows_of_context_only": cut["rows"] - cut["emptied"] - cut["shortened"],
            },
            "done": asdict(self.done),
        }


def apply(examples: Examples, limit: Limit, folder: Path, source: Source | None = None, together: int = 1) -> tuple[Examples, Ledger]:
    """The examples that fit, and the ledger: the same ones if all do, else others, written into `folder`.

    `source`: the rows themselves, for `truncate_context`; `together`: so many examples next to each other are a row.

    Raises: DataRefused where the strategy cannot make every row fit; NothingLeft when no row is left; AskedWrong for a strategy that
    does not go with such rows."""
    costs = beyond(examples, together)
    ledger = Ledger(limit, costs.rows, costs.tokens, costs.learned, costs.terminators, costs.longest, costs.cut(limit.length), Done())
    if not ledger.cut.rows:
        return examples, ledger
    if limit.strategy == "refuse":
        raise _refusal(examples, limit, costs, together)
    ways: dict[Strategy, Callable[[], Iterator[Example]]] = {
        "drop": lambda: _dropped(examples, limit, together, ledger.done),
        "truncate_context": lambda: _truncated(examples, limit, _given(source), together, ledger.done),
        "window": lambda: _windows(examples, limit, together, ledger.done),
    }
    fitting = kept.write(folder, ways[limit.strategy](), {"of": examples.identity, "limit": asdict(limit)}, list(examples.extra))
    if not len(fitting):
        raise NothingLeft(
            f"All {costs.rows:,} rows are longer than {limit.length:,} tokens, so none is left to learn from.",
            remedy=f"{limit.longer(costs.longest, 'all')}.",
        )
    return fitting, ledger


def _units(examples: Examples, together: int) -> Iterator[list[Example]]:
    return ([examples[first + one] for one in range(together)] for first in range(0, len(examples), together))


def _fits(unit: Sequence[Example], limit: Limit) -> bool:
    return all(len(one.ids) <= limit.length for one in unit)


def _name(rows: list[int], row: int) -> None:
    if len(rows) < TOLD:
        rows.append(row + 1)


def _dropped(examples: Examples, limit: Limit, together: int, done: Done) -> Iterator[Example]:
    for unit in _units(examples, together):
        if _fits(unit, limit):
            yield from unit
        else:
            done.dropped += 1
            _name(done.dropped_rows, unit[0].row)


def _given(source: Source | None) -> Source:
    if source is None:
        raise AskedWrong("`truncation: truncate_context` makes what stands before an answer shorter, and these rows have no answers.")
    return source


def _truncated(examples: Examples, limit: Limit, source: Source, together: int, done: Done) -> Iterator[Example]:
    refused: list[tuple[int, int]] = []
    for unit in _units(examples, together):
        if _fits(unit, limit):
            yield from unit
            continue
        new = shortened(unit, limit.length, source, limit.side)
        if new is None:
            refused.append((unit[0].row, max(len(one.ids) for one in unit)))
            continue
        done.truncated += 1
        _name(done.truncated_rows, unit[0].row)
        done.context_tokens_removed += sum(len(one.ids) for one in unit) - sum(len(one.ids) for one in new)
        yield from new
    if refused:
        raise DataRefused(
            f"{_rows(len(refused))} cannot be made to fit into {limit.length:,} tokens by less context: {_listed(refused)}.",
            accepted="Only the text of what stands before the first answer is made shorter, and some of it always stays.",
            remedy=f"{limit.longer(max(size for _, size in refused), 'them as they are')}; or `truncation: drop`.",
        )


def _windows(examples: Examples, limit: Limit, together: int, done: Done) -> Iterator[Example]:
    if together > 1 or not 1 <= limit.shared < limit.length:
        raise AskedWrong(
            "Pairs cannot be cut into windows." if together > 1 else f"Windows of {limit.length:,} tokens cannot overlap by {limit.shared:,}.",
            accepted="`truncation: window` is for plain text; windows overlap by 1 token at least, and by less than their length.",
        )
    for one in examples:
        if len(one.ids) <= limit.length:
            yield one
            continue
        if not one.learned[1:].all():
            raise AskedWrong(
                f"Row {one.row + 1:,} has context that is not learned, so a window could hold an answer without its question.",
                accepted="`truncation: window` is for plain text, all of which is learned.",
                remedy="Write `truncation: truncate_context` or `truncation: drop`.",
            )
        made = list(_cut(one, limit))
        done.windowed, done.windows = done.windowed + 1, done.windows + len(made)
        yield from made


def _cut(one: Example, limit: Limit) -> Iterator[Example]:
    """The windows of a text; in each but the first, the tokens that it shares with the one before are not learned again."""
    new = start = 0
    while new < len(one.ids):
        stop = min(start + limit.length, len(one.ids))
        learned = one.learned[start:stop].copy()
        learned[: new - start] = False
        answers = tuple((max(begin, new) - start, min(end, stop) - start) for begin, end in one.answers if begin < stop and end > new)
        yield replace(one, ids=one.ids[start:stop], learned=learned, answers=answers)
        new, start = stop, stop - limit.shared


def _refusal(examples: Examples, limit: Limit, costs: Beyond, together: int) -> DataRefused:
    """What each way would cost, and the lines to write."""
    sizes: Numbers = examples.lengths.reshape(-1, together).max(1)
    longer = np.flatnonzero(sizes > limit.length)
    cut = costs.cut(limit.length)
    found = [(int(examples.rows[number * together]), int(sizes[number])) for number in longer[:NAMED]]
    more = f", and {len(longer) - NAMED:,} more" if len(longer) > NAMED else ""
    tight = sum(any(_answering(one) > limit.length for one in _unit(examples, int(number), together)) for number in longer)
    ends = "the end of 1 answer" if cut.terminators == 1 else f"the ends of {cut.terminators:,} answers"
    context = f"shortens what stands before their answers{f' (of {_rows(tight)} the answer alone is too long)' if tight else ''}"
    return DataRefused(
        f"{len(longer):,} of {_rows(costs.rows)} {'is' if len(longer) == 1 else 'are'} longer than {limit.length:,} tokens: {_listed(found)}{more}.",
        accepted=f"A cut there would lose {cut.tokens:,} tokens, {cut.learned:,} of them to be learned, and {ends}.",
        remedy=f"{limit.longer(costs.longest, 'all')}; or write `truncation: drop`, which leaves {_rows(len(longer))} out; "
        + ("or `truncation: window`." if _plain(examples, longer, together) else f"or `truncation: truncate_context`, which {context}."),
    )


def _unit(examples: Examples, number: int, together: int) -> list[Example]:
    return [examples[number * together + one] for one in range(together)]


def _plain(examples: Examples, longer: Numbers, together: int) -> bool:
    """Whether the rows that are too long are plain texts."""
    return together == 1 and all(bool(examples[int(number)].learned[1:].all()) for number in longer)


def _answering(one: Example) -> int:
    """The tokens from the first that is learned on."""
    return len(one.ids) - int(one.learned.argmax()) if one.learned.any() else 0


def _listed(rows: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"row {row + 1:,} has {size:,}" for row, size in rows[:NAMED])


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
