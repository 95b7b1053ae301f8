"""What a limit on the length of rows cost, and what each length would: facts of a training, and the words for them."""

from __future__ import annotations

import msgspec

from tilth.report.numbers import count, counted, share


class Advised(msgspec.Struct, frozen=True):
    """What rows of at most `length` tokens cost: rows that are longer; tokens, tokens of answers and ends of answers that a cut would
    lose; the share of places filled up without packing; how many lines packing makes, the share of their places that are real tokens,
    and how many times as many of them stand in as many places, packed."""

    length: int
    rows: int = 0
    tokens: int = 0
    answer_tokens: int = 0
    terminators: int = 0
    padded: float = 0.0
    lines: int = 0
    filled: float = 0.0
    speed_up: float = 0.0


class Lost(msgspec.Struct, frozen=True):
    """What a cut that keeps the beginning of every row would have lost, and the rows that are longer, by what they would have lost."""

    tokens: int = 0
    answer_tokens: int = 0
    terminators: int = 0
    rows_without_answer: int = 0
    rows_with_part_of_it: int = 0
    rows_of_context_only: int = 0


class Done(msgspec.Struct, frozen=True):
    """What was done to rows that were too long, in place of cutting them. Of their numbers, which count from 1, only the first are told."""

    dropped: int = 0
    dropped_rows: list[int] = []
    truncated: int = 0
    truncated_rows: list[int] = []
    context_tokens_removed: int = 0
    windowed: int = 0
    windows: int = 0


class Truncation(msgspec.Struct, frozen=True):
    """The ledger of a limit: what there was, what a cut would have lost, and what was done."""

    model: str
    length: int = 0
    strategy: str = ""
    rows: int = 0
    tokens: int = 0
    answer_tokens: int = 0
    terminators: int = 0
    longest: int = 0
    longer_rows: int = 0
    cut_would_lose: Lost = Lost()
    done: Done = Done()


def causes(one: Truncation) -> list[tuple[str, int]]:
    """The rows that are too long, by what a cut would have left of their answers."""
    lost = one.cut_would_lose
    return [
        ("nothing of their answers would be left", lost.rows_without_answer),
        ("part of their answers would be lost", lost.rows_with_part_of_it),
        ("only context would be lost", lost.rows_of_context_only),
    ]


def ledger(one: Truncation) -> str:
    """What a cut would have lost and what was done, in sentences."""
    if not one.longer_rows:
        return f"None of {counted(one.rows, 'row')} was too long: the longest has {counted(one.longest, 'token')}."
    lost = one.cut_would_lose
    ends = f"the {'end' if lost.terminators == 1 else 'ends'} of {counted(lost.terminators, 'answer')}"
    return (
        f"{counted(one.longer_rows, 'row')} of {count(one.rows)} ({share(one.longer_rows, one.rows)}) had more than {counted(one.length, 'token')}. "
        f"A cut there would have lost {counted(lost.tokens, 'token')}, {count(lost.answer_tokens)} of them of answers "
        f"({share(lost.answer_tokens, one.answer_tokens)}), and {ends}. {done(one.done)}"
    )


def done(one: Done) -> str:
    """What was done in place of a cut, with the numbers of rows as far as they are told."""
    said = []
    if one.dropped:
        said.append(f"{counted(one.dropped, 'row')} left out: {_numbers(one.dropped_rows, one.dropped)}.")
    if one.truncated:
        removed = f"context shortened by {counted(one.context_tokens_removed, 'token')} at a sentence or a word"
        said.append(f"{counted(one.truncated, 'row')} with their {removed}: {_numbers(one.truncated_rows, one.truncated)}.")
    if one.windowed:
        said.append(f"{counted(one.windowed, 'row')} became {counted(one.windows, 'window')}, in which each token is learned once.")
    return " ".join(said)


def _numbers(rows: list[int], whole: int) -> str:
    more = f" and {count(whole - len(rows))} more" if whole > len(rows) else ""
    return f"{', '.join(count(row) for row in rows)}{more}"
