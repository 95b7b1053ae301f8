"""Which rows have which items of an evaluation set, by what rule, and where: the decision of `dedup.against`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from tilth.step import Settings
from tilth.text.overlap import Shares, findable, rows_of, shares, spans
from tilth.text.passages import Numbers, Passages
from tilth.text.scan import COUNT, FIRST, GRAM, LAST, LEAST, ROW
from tilth.text.words import FULL

RULES = ("question_and_answer", "question", "answer")
"""What was found, the surest first."""

WITH_ANSWER = 0.5
"""Of the share that is asked for, so much is enough where question and answer are both found."""

BY_ITSELF = 13
"""A question or an answer alone counts from so many words on (those of common runs left out)."""

ENTIRE = 8
"""A question also if all of it is there, and so many words of the text are as it has them, its wrapper included, or they are most
of the text. (Brown et al. 2020, appendix C, use runs of 8 to 13 words.)"""

MOSTLY = 0.5
"""They are most of it if they are so large a share of its words."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Share(Settings):
    """How much of an item is enough."""

    at_least: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The smallest share of an item's words at which a row has it."""


@dataclass(frozen=True)
class Found:
    """Each row and item that share a run of words that counts, or an answer behind a question: `key` is row · items + item,
    ascending. `question`, `answer`: the shares; `asks`, `answers`: whether enough words of them are there to count alone;
    `behind`: the short answer stands behind its question; `whole`: all of both is there, common or not. `covered`: the
    weight of the words that are there. `pairs`: the hits that a line rests on, by the numbers of both."""

    items: int
    key: Numbers
    question: Floats
    answer: Floats
    covered: Numbers
    asks: Mask
    answers: Mask
    behind: Mask
    whole: Mask
    pairs: Numbers

    @property
    def row(self) -> Numbers:
        """The row of each line."""
        return self.key // max(self.items, 1)

    @property
    def item(self) -> Numbers:
        """The item of each line."""
        return self.key % max(self.items, 1)

    def rule(self, share: float) -> npt.NDArray[np.int16]:
        """The rule by which each line is a finding, −1: it is none."""
        some = share * WITH_ANSWER
        both = self.whole | ((self.question >= some) & (self.behind | (self.answer >= some)))
        asked, answered = (self.question >= share) & self.asks, (self.answer >= share) & self.answers
        return np.select([both, asked, answered], [0, 1, 2], -1).astype(np.int16)

    def value(self, rule: npt.NDArray[np.int16]) -> Floats:
        """The share that each finding rests on: of the answer where it alone is found, else of the question."""
        return np.where(rule == 2, self.answer, np.where(self.whole, 1.0, self.question))


@dataclass(frozen=True)
class Common:
    """Which runs count; which are only in too many items, whatever the rows; and in how many rows each stands."""

    counts: Mask
    few_items: Mask
    rows: Numbers

    @classmethod
    def of(cls, index: Passages, hits: Numbers, common: int) -> Common:
        """The rarity guard: a run in more rows or different items than `common` says nothing."""
        rows, few = rows_of(index, hits), index.gram_items <= common
        return cls((rows <= common) & few, few, rows)


def found(index: Passages, hits: Numbers, common: Common) -> Found:
    """Bring together what was found of each item in each row."""
    told = shares(index, hits, common.counts)
    behind = np.flatnonzero(hits[:, GRAM] >= index.grams)
    behind_key = hits[behind, ROW] * index.items + hits[behind, GRAM] - index.grams
    lifted, some = _lifted(index, hits, common)
    keys = [told.row * index.items + told.unit // 2, behind_key, lifted.row * index.items + lifted.unit // 2]
    key = np.unique(np.concatenate(keys))
    at, behind_at, lifted_at = (np.searchsorted(key, one) for one in keys)

    def spread(of: Shares, where: Numbers, values: npt.NDArray[np.generic], kind: int) -> Floats:
        mine, laid = of.unit % 2 == kind, np.zeros(len(key))
        laid[where[mine]] = values[mine]
        return laid

    answered = np.zeros(len(key), np.bool_)
    answered[behind_at] = True
    whole = (spread(lifted, lifted_at, lifted.share, 0) == 1) & (answered | (spread(lifted, lifted_at, lifted.share, 1) == 1))
    words = [spread(told, at, told.covered, kind) / FULL for kind in (0, 1)]
    question, entire = spread(told, at, told.share, 0), spread(told, at, told.longest, 0) >= FULL * ENTIRE
    entire |= spread(told, at, told.fills, 0) >= MOSTLY
    pairs = [
        np.stack([at[told.pairs[:, 0]], told.pairs[:, 1]], axis=1),
        np.stack([behind_at, behind], axis=1),
        _kept(np.stack([lifted_at[lifted.pairs[:, 0]], some[lifted.pairs[:, 1]]], axis=1), whole),
    ]
    return Found(
        index.items,
        key,
        question,
        spread(told, at, told.share, 1),
        (FULL * (words[0] + words[1])).astype(np.int64),
        (words[0] >= BY_ITSELF) | ((question == 1) & (words[0] >= LEAST) & entire),
        words[1] >= BY_ITSELF,
        answered,
        whole,
        np.unique(np.concatenate(pairs), axis=0),
    )


def _kept(pairs: Numbers, lines: Mask) -> Numbers:
    return pairs[lines[pairs[:, 0]]]


def _lifted(index: Passages, hits: Numbers, common: Common) -> tuple[Shares, Numbers]:
    """The shares where runs that stand in many rows count too, for rows in which an answer was found; and the hits that
    they rest on. An item that stands in many rows with its answer is no common phrase."""
    answers = np.zeros(index.grams, np.bool_)
    answers[np.repeat(np.arange(index.grams), np.diff(index.owner_begins))[index.owner_units % 2 == 1]] = True
    before = np.append(0, np.cumsum(answers & common.few_items))
    last = np.minimum(hits[:, GRAM] + hits[:, COUNT], index.grams)
    answering = (hits[:, GRAM] >= index.grams) | (before[last] > before[np.minimum(hits[:, GRAM], index.grams)])
    some = np.flatnonzero(np.isin(hits[:, ROW], hits[answering, ROW]))
    return shares(index, hits[some], common.few_items), some


def best(lines: Found, rule: npt.NDArray[np.int16]) -> Numbers:
    """For each row that has any finding the line of the best: the largest share, then the most words, then the first item."""
    some = np.flatnonzero(rule >= 0)
    value = lines.value(rule)[some]
    order = some[np.lexsort((lines.item[some], -lines.covered[some], -value, lines.row[some]))]
    row = lines.row[order]
    first: Numbers = order[np.append(True, row[1:] != row[:-1])[: len(order)]]
    return first


def places(lines: Found, chosen: Numbers, hits: Numbers, field: Numbers, gap: int) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """For each row of the chosen lines its number, and what stands there: fields, first bytes, bytes behind. Of one row's lines
    together, in order; with at most `gap` words between them two spans are one."""
    mine = np.isin(lines.pairs[:, 0], chosen)
    line, hit = lines.pairs[mine].T
    row = lines.row[line]
    order = np.lexsort((hits[hit, LAST], hits[hit, FIRST], field[hit], row))
    row, hit = row[order], hit[order]
    begins = np.flatnonzero(np.append(True, row[1:] != row[:-1])[: len(row)])
    for begin, end in zip(begins.tolist(), np.append(begins, len(row))[1:].tolist(), strict=True):
        some = np.unique(hit[begin:end])
        told = [(one, *span) for one in np.unique(field[some]).tolist() for span in spans(hits[some[field[some] == one]], gap)]
        yield int(row[begin]), told


def not_findable(index: Passages, common: Common) -> tuple[Mask, Mask]:
    """Which items are too short to be looked for, and which others have nothing that is not common."""
    judged = np.asarray(index.judged.reshape(-1, 2).any(axis=1))
    able = np.asarray((findable(index, common.counts).reshape(-1, 2) > 0).any(axis=1))
    return ~judged, judged & ~able
