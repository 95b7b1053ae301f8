"""Windows of a long text: pieces of at most so many tokens, each with the end of the one before it at its beginning."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path

from tilth.model.counting import token_counts, token_spans

Span = tuple[int, int]
"""Where a piece begins and ends, in characters."""


def windows(folder: Path, text: str, tokens: int, overlap: int) -> list[Span]:
    """The windows of a text by the tokenizer in a folder. Raises Missing where it holds none."""
    return spans_of(text, token_spans(folder, text), (tokens, overlap), lambda piece: token_counts(folder, [piece])[0])


def spans_of(text: str, pieces: Sequence[Span], sizes: tuple[int, int], count: Callable[[str], int]) -> list[Span]:
    """The windows of a text whose tokens stand at `pieces`; `sizes`: the most tokens of a window, and how many of them it shares with
    the one before.

    A window begins and ends between two tokens, and never inside a character that several tokens spell; white space before a token
    belongs to it. It is as long as the limit allows, by the tokens of the whole text and by its own, which may be more where a
    word was parted. Together the windows hold every character of the text, in order. One character is never too long."""
    tokens, overlap = sizes
    cuts, before = _borders(pieces, len(text))

    def end_of(begin: int) -> int:
        end = max(begin + 1, bisect_right(before, before[begin] + tokens) - 1)
        while end > begin + 1 and count(text[cuts[begin] : cuts[end]]) > tokens:
            end -= 1
        return end

    begin, end = 0, end_of(0)
    found = [(cuts[begin], cuts[end])]
    while end < len(cuts) - 1:
        begin, reached = max(begin + 1, bisect_right(before, before[end] - overlap) - 1), end
        while (end := end_of(begin)) <= reached:
            begin += 1
        found.append((cuts[begin], cuts[end]))
    return found


def _borders(pieces: Sequence[Span], length: int) -> tuple[list[int], list[int]]:
    """The places where a text may be cut, in characters, its beginning and its end among them; and how many tokens stand before each."""
    cuts, before, reached = [0], [0], 0
    for number, (start, stop) in enumerate(pieces):
        if start >= reached > cuts[-1] and reached < length:
            cuts.append(reached)
            before.append(number)
        reached = max(reached, stop)
    return [*cuts, length], [*before, len(pieces)]
