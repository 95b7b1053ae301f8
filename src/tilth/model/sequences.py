"""How long the documents or rows are that a model learns from, what a length costs, and which one to take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.model.beyond import Beyond, beyond
from tilth.model.examples import Examples
from tilth.model.packing import best_fit

SHORTEST, SHORTEST_ROW = 128, 64
"""Lengths are tried from here on, each twice the one before, up to one that cuts nothing: of documents, and of rows."""
BINS = 32
NO_LIMIT = 1 << 30
"""The length that `tilth.model.padding.positions` tells of a model without a limit."""
FEW = 0.001
"""A length more than twice as great is not worth it for so small a share of rows."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Setting:
    """How rows are fed. `length`: the most tokens of a row, or of a line of packed rows; `batch`: the rows or lines of a batch; `most`:
    the most tokens that the model sees; `together`: so many examples are a row (2: preference pairs, whose lines are as many times longer)."""

    length: int
    batch: int
    packed: bool
    most: int | None = None
    together: int = 1


def packed(lengths: Mapping[int, int], context: int, padded: int) -> dict[str, Any]:
    """The lengths of documents, in tokens with those that mark their ends, and how many have each; that they were packed into
    windows of `context` tokens without losing one; and how many places of the last window were filled up."""
    sizes, times = np.array(sorted(lengths), np.int64), np.array([lengths[size] for size in sorted(lengths)], np.int64)
    return {
        "rows": int(times.sum()),
        **_histogram(sizes, times),
        "by_length": [_cut_at(length, sizes, times) for length in _tried(int(sizes[-1]), context)],
        "used": context,
        "packed": True,
        "cut": 0,
        "padded": padded,
    }


def of_examples(rows: Examples, fed: Examples, setting: Setting) -> dict[str, Any]:
    """The lengths of rows as they came, what each length would cost, and which one is recommended; and of what a training is fed,
    how many tokens were lost and how many places are filled up.

    Places filled up are those of batches drawn at random, in which every row or line is as long as the longest: their expected
    number. A trainer that puts rows of like length together fills up fewer. Of no rows there is nothing to say."""
    if not rows.lengths.size or not fed.lengths.size:
        return {}
    costs = beyond(rows, setting.together)
    sizes, times = np.unique(rows.lengths, return_counts=True)
    items = _items(fed, setting)
    per_batch = setting.batch if setting.packed else setting.batch * setting.together
    tried = _tried_of_rows(costs.longest, setting)
    recommended, reason = _recommended(costs, tried, setting)
    return {
        "rows": costs.rows,
        **_histogram(sizes, times),
        "by_length": [[length, costs.cut(length).rows, *_cut_at(length, sizes, times)[2:]] for length in tried],
        "used": setting.length if setting.length < NO_LIMIT else None,
        "packed": setting.packed,
        "cut": max(0, costs.tokens - int(fed.lengths.sum())),
        "padded": round(len(items) * widest(items, per_batch) - int(items.sum())),
        "batch": setting.batch,
        "advice": [_advice(rows, costs, length, setting) for length in tried],
        "recommended": recommended,
        "reason": reason,
    }


def widest(sizes: Numbers, batch: int) -> float:
    """The longest of `batch` sizes drawn at random without putting back, on average. Of fewer sizes than that, the longest.

    The chance that all of them are among the i least of n is C(i, batch) / C(n, batch)."""
    values, times = np.unique(sizes, return_counts=True)
    below, among = np.cumsum(times).tolist(), min(batch, len(sizes))

    def ways(count: int) -> float:
        return math.lgamma(count + 1) - math.lgamma(count - among + 1)

    chances = [math.exp(ways(count) - ways(len(sizes))) if count >= among else 0.0 for count in below]
    return float((values * np.diff(chances, prepend=0.0)).sum())


def _items(fed: Examples, setting: Setting) -> Numbers:
    """The tokens of each line of a batch."""
    if not setting.packed:
        return fed.lengths
    lines = best_fit(fed.lengths, setting.length * setting.together, setting.together)
    return np.array([int(fed.lengths[line].sum()) for line in lines], np.int64)


def _advice(rows: Examples, costs: Beyond, length: int, setting: Setting) -> dict[str, int | float]:
    """What a length costs. `padded`: the share of places that is filled up without packing; `lines` and `filled`: how many lines
    packing makes, and the share of their places that are real tokens; `speed_up`: how many times as many real tokens there are in as
    many places, packed."""
    cut, sizes = costs.cut(length), np.minimum(rows.lengths, length)
    padded = 1 - float(sizes.mean()) / widest(sizes, setting.batch * setting.together)
    lines = len(best_fit(sizes, length * setting.together, setting.together))
    filled = int(sizes.sum()) / (lines * length * setting.together)
    return {
        "length": length,
        "rows": cut.rows,
        "tokens": cut.tokens,
        "answer_tokens": cut.learned,
        "terminators": cut.terminators,
        "padded": padded,
        "lines": lines,
        "filled": filled,
        "speed_up": filled / (1 - padded),
    }


def _recommended(costs: Beyond, tried: list[int], setting: Setting) -> tuple[int, str]:
    """The length to take, and why: one that loses nothing, if it is not far above what nearly all rows need."""
    seen = [length for length in tried if setting.most is None or length <= setting.most] or [min(tried)]
    whole = next((length for length in seen if not costs.cut(length).rows), None)
    nearly = next((length for length in seen if costs.cut(length).rows <= FEW * costs.rows), None)
    if whole is not None and nearly is not None and whole <= 2 * nearly:
        return whole, f"All {costs.rows:,} rows fit; the longest has {costs.longest:,} tokens."
    taken = max(seen) if nearly is None else nearly
    longer = costs.cut(taken).rows
    told = f"{longer:,} of {costs.rows:,} rows ({longer / costs.rows:.2%}) {'is' if longer == 1 else 'are'} longer"
    if nearly is None:
        return taken, f"{told}, and the model sees no more at once; the longest row has {costs.longest:,} tokens."
    return taken, f"{told}; only a length of {costs.longest:,} would fit all, {costs.longest / taken:.1f} times as much."


def _tried_of_rows(longest: int, setting: Setting) -> list[int]:
    tried = [SHORTEST_ROW]
    while tried[-1] < longest:
        tried.append(2 * tried[-1])
    if setting.most is not None:
        tried = [*(length for length in tried if length < setting.most), *([setting.most] if setting.most <= tried[-1] else [])]
    return sorted({*tried, setting.length}) if setting.length < NO_LIMIT else tried


def _histogram(sizes: Numbers, times: Numbers) -> dict[str, Any]:
    """How many there are of each length, in bins that grow as the lengths do, and how many tokens in all."""
    edges = np.unique(np.rint(np.geomspace(sizes[0], sizes[-1] + 1, BINS + 1)))
    counts, _ = np.histogram(sizes, edges, weights=times)
    return {
        "tokens": int((sizes * times).sum()),
        "edges": [float(edge) for edge in edges],
        "counts": [int(count) for count in counts],
    }


def _tried(longest: int, context: int) -> list[int]:
    tried = [SHORTEST]
    while tried[-1] < longest:
        tried.append(2 * tried[-1])
    return sorted({*tried, context})


def _cut_at(length: int, sizes: Numbers, times: Numbers) -> list[int | float]:
    """The length; documents that are longer; tokens that are lost if they are cut there; the share of places that is filled
    up if each document has one of that length to itself."""
    longer = sizes > length
    lost = int(((sizes - length) * times)[longer].sum())
    places = length * int(times.sum())
    return [length, int(times[longer].sum()), lost, (places - int((np.minimum(sizes, length) * times).sum())) / places]
