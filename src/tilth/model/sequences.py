"""How long the documents or rows are that a model learns from, what a length costs, and which one to take."""

from __future__ import annotations

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
AT_ONCE = 1 << 20
"""Chances that are computed at once."""
FEW = 0.001
"""A length more than twice as great is not worth it for so small a share of rows."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Setting:
    """How rows are fed. `length`: the most tokens of a row, or of a line of packed rows; `batch`: the rows or lines of an optimizer step, of
    which `micro_batch` are fed at once (default: all), the longest first; `most`: the most tokens that the model sees; `together`: so many
    examples are a row (2: preference pairs, whose lines are as many times longer)."""

    length: int
    batch: int
    packed: bool
    micro_batch: int | None = None
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

    Places filled up are their expected number over all orders of the rows: what is fed at once is as wide as the longest of it
    (`widest`). Of no rows there is nothing to say."""
    if not rows.lengths.size or not fed.lengths.size:
        return {}
    costs = beyond(rows, setting.together)
    sizes, times = np.unique(rows.lengths, return_counts=True)
    items = _items(fed, setting)
    tried = _tried_of_rows(costs.longest, setting)
    recommended, reason = _recommended(costs, tried, setting)
    return {
        "rows": costs.rows,
        **_histogram(sizes, times),
        "by_length": [[length, costs.cut(length).rows, *_cut_at(length, sizes, times)[2:]] for length in tried],
        "used": setting.length if setting.length < NO_LIMIT else None,
        "packed": setting.packed,
        "cut": max(0, costs.tokens - int(fed.lengths.sum())),
        "padded": round(len(items) * _widest(items, setting, 1 if setting.packed else setting.together) - int(items.sum())),
        "batch": setting.batch,
        "advice": [_advice(rows, costs, length, setting) for length in tried],
        "recommended": recommended,
        "reason": reason,
    }


def widest(sizes: Numbers, batch: int, at_once: int | None = None) -> float:
    """How many places a line gets, on average, where `batch` sizes are drawn at random without putting back, the longest come first,
    and `at_once` of them (default: all) are filled up to the longest among them.

    Of n sizes, as many as j of those drawn are among the i least with the chance C(i, j) · C(n − i, batch − j) / C(n, batch)."""
    values, times = np.unique(sizes, return_counts=True)
    whole, drawn = len(sizes), min(batch, len(sizes))
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, whole + 1)))])  # of factorials
    few = np.arange(drawn + 1)
    ranks = np.arange(drawn, 0, -min(at_once or drawn, drawn))
    below, rows = np.cumsum(times)[:, None], max(1, AT_ONCE // (drawn + 1))
    chances = []
    for some in (below[first : first + rows] for first in range(0, len(below), rows)):
        inside, outside = some - few, whole - some - (drawn - few)
        ways = logs[some] - logs[few] - logs[np.maximum(inside, 0)] + logs[whole - some] - logs[drawn - few] - logs[np.maximum(outside, 0)]
        exactly = np.where((inside >= 0) & (outside >= 0), np.exp(ways + logs[drawn] + logs[whole - drawn] - logs[whole]), 0.0)
        at_least = np.cumsum(exactly[:, ::-1], 1)[:, ::-1]
        chances.append(at_least[:, ranks].mean(1))
    return float((values * np.diff(np.concatenate(chances), prepend=0.0)).sum())


def _widest(sizes: Numbers, setting: Setting, together: int) -> float:
    at_once = None if setting.micro_batch is None else setting.micro_batch * together
    return widest(sizes, setting.batch * together, at_once)


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
    padded = 1 - float(sizes.mean()) / _widest(sizes, setting, setting.together)
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
