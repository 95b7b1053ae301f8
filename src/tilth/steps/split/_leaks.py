"""Rows of one part that are the same, or nearly the same, as rows of another that is to judge it, or that hold most of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tilth.errors import DataRefused
from tilth.lots import Column, halves
from tilth.pairs import Columns, Compared
from tilth.record import Ids, Outcome, as_ids, shown
from tilth.steps.split._passages import NAME, NONE, Passages, Shared, shared
from tilth.steps.split._shares import counted
from tilth.text import winnowing
from tilth.text.groups import components
from tilth.text.minhash import banding
from tilth.text.near import REVISION, Near

Numbers = npt.NDArray[np.int64]
Parts = npt.NDArray[np.int16]
Similarity = npt.NDArray[np.float64]

Policy = Literal["refuse", "drop", "keep"]

RECALL = 0.99
"""The probability with which two rows as similar as `near` are found."""

SHOWN = 10
"""So many pairs are shown."""


RULES = ("leak", "passage")
"""The rules by which rows are dropped that leak: those that resemble a row of a later part, and those that hold most of one."""


@dataclass(frozen=True)
class Limits:
    """From what similarity on rows are nearly the same, and what makes a passage; None where that is not looked for."""

    near: float | None
    passages: Passages | None

    def of(self, way: int) -> float:
        """The limit of a way in which rows leak, by its place in `RULES`."""
        if way and self.passages is not None:
            return self.passages.share
        return 1.0 if self.near is None else self.near


@dataclass(frozen=True)
class Leaks:
    """Rows, ascending; for each the row of a later part that it resembles most, how much, and both their parts; and the way
    in which it does, the place of its rule in `RULES`. The first way goes before the second."""

    rows: Numbers
    partners: Numbers
    similarity: npt.NDArray[np.float64]
    ways: Numbers
    parts: Parts
    partner_parts: Parts


def near_by(near: float | None, columns: tuple[str, ...]) -> Near | None:
    """How rows are compared; None where only equal rows count."""
    return None if near is None else Near(banding(near, RECALL), columns, near)


def compared_by(near: float | None, passages: Passages | None) -> dict[str, Any]:
    """What enters the identity of a split: how near texts and passages are found."""
    told: dict[str, Any] = {} if near is None else {"near": [near, REVISION]}
    return told if passages is None else {**told, NAME: [passages.model_dump(), winnowing.REVISION]}


def crossing(part: Parts, compared: Compared, passages: Shared) -> dict[str, int]:
    """How many pairs were compared and similar, how many of them stand in two parts, and of how many rows another holds most."""
    one, other = part[compared.later], part[compared.sooner]
    across = int(((one != other) & (one >= 0) & (other >= 0)).sum())
    held = {} if passages is NONE else {"held": len(np.unique(passages.held))}
    return {"pairs": len(one), "across_parts": across, **held, **compared.facts}


def settled(outcome: Outcome, sketches: Columns, compared: Compared, limits: Limits, policy: Policy) -> Outcome:
    """The outcome after its leaks were looked for: refused, without the rows that leak, or as it was; with facts.

    `outcome` has several rules, those of `RULES` among them. The parts stand in the order in which they give way: train
    before validation before test. Raises: DataRefused, with pairs shown, under `refuse`."""
    ids, passages = as_ids(sketches["id"]), shared(sketches, sketches["content"], limits.passages)
    links = linked(same(sketches["content"], compared), compared, passages)
    leaks = found(outcome.part, links, sketches["id"], dropping=policy == "drop")
    pairs = _shown(leaks, ids, outcome.parts)
    ends = Counter((int(one), int(other)) for one, other in zip(leaks.parts, leaks.partner_parts, strict=True))
    rows = {f"{outcome.parts[one]} → {outcome.parts[other]}": count for (one, other), count in sorted(ends.items())}
    facts = {"policy": policy, "near": limits.near, "rows": rows, "pairs_shown": pairs, **compared.facts}
    if limits.passages is not None:
        facts |= {"passages": limits.passages.model_dump(), "by_passages": int(leaks.ways.sum())}
    if len(leaks.rows) and policy == "refuse":
        raise _refused(rows, pairs, limits)
    done = outcome if policy == "keep" else _without(outcome, leaks, ids, limits)
    return replace(done, facts={**outcome.facts, "rows": counted(done.part, done.parts), "leaks": facts})


def same(contents: Column, compared: Compared) -> Numbers:
    """For each row a number that rows of equal content share, and rows whose similarity is 1."""
    high, low = halves(contents)
    order = np.lexsort((low, high))
    new = np.append(True, (high[order][1:] != high[order][:-1]) | (low[order][1:] != low[order][:-1]))[: len(order)]
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(new) - 1
    whole = compared.similarity == 1
    lowest = components(number[compared.later[whole]], number[compared.sooner[whole]], int(new.sum()))
    return lowest[number]


def found(part: Parts, links: Links, ids: Column, *, dropping: bool) -> Leaks:
    """The rows that leak. All rows of a kind resemble what one of them resembles. Where rows are dropped, one that resembles a
    dropped row only stays."""
    kind = links.kind
    ends = np.zeros(int(kind.max(initial=-1)) + 1, np.bool_)
    ends[links.one], ends[links.other] = True, True
    some = np.flatnonzero(ends[kind])
    rank = np.empty(len(part), np.int64)
    rank[some[np.lexsort([half[some] for half in reversed(halves(ids))])]] = np.arange(len(some))
    part = part.copy()
    every = [Leaks(*(np.empty(0, np.int64),) * 2, np.empty(0), np.empty(0, np.int64), *(np.empty(0, np.int16),) * 2)]
    for side in range(int(part.max(initial=0)) - 1, -1, -1):
        standing = _standing(some[part[some] > side], part, kind, rank)
        nearest, link = _nearest(standing, part, rank, links)
        rows = some[(part[some] == side) & (nearest[kind[some]] >= 0)]
        partners, which = nearest[kind[rows]], link[kind[rows]]
        every.append(Leaks(rows, partners, links.similarity[which], links.way[which], part[rows], part[partners]))
        if dropping:
            part[rows] = -1
    return Leaks(*(np.concatenate([getattr(one, name.name) for one in every]) for name in fields(Leaks)))


@dataclass(frozen=True)
class Links:
    """For each row its kind, the same for rows that say the same; and which kind resembles which other, how much and in which way."""

    kind: Numbers
    one: Numbers
    other: Numbers
    similarity: Similarity
    way: Numbers


def linked(kind: Numbers, compared: Compared, passages: Shared = NONE) -> Links:
    """Of similar rows each resembles the other, and one of several rows of a kind itself; a row that holds most of another
    resembles it, and not the other way round."""
    later, sooner, own = kind[compared.later], kind[compared.sooner], np.flatnonzero(np.bincount(kind) > 1)
    one = np.concatenate([later, sooner, own, kind[passages.holders]])
    other = np.concatenate([sooner, later, own, kind[passages.held]])
    alike = np.concatenate([compared.similarity, compared.similarity, np.ones(len(own)), passages.shares])
    return Links(kind, one, other, alike, (np.arange(len(one)) >= len(one) - len(passages.held)).astype(np.int64))


def _standing(rows: Numbers, part: Parts, kind: Numbers, rank: Numbers) -> Numbers:
    """For each kind the one of these rows that stands for it (−1: none): one of the last part, of those the least id."""
    standing = np.full(int(kind.max(initial=-1)) + 1, -1, np.int64)
    kinds, best = _firsts(kind[rows], (-part[rows], rank[rows]))
    standing[kinds] = rows[best]
    return standing


def _nearest(standing: Numbers, part: Parts, rank: Numbers, links: Links) -> tuple[Numbers, Numbers]:
    """For each kind the most similar of the rows that stand for kinds (−1: none), and which link says so."""
    there = np.flatnonzero(standing[links.other] >= 0)
    rows = standing[links.other[there]]
    kinds, best = _firsts(links.one[there], (links.way[there], -links.similarity[there], -part[rows], rank[rows]))
    nearest, link = np.full(len(standing), -1, np.int64), np.full(len(standing), -1, np.int64)
    nearest[kinds], link[kinds] = rows[best], there[best]
    return nearest, link


def _firsts(keys: Numbers, by: Sequence[npt.NDArray[Any]]) -> tuple[Numbers, Numbers]:
    """Each key once, and where it stands first in the order of `by`."""
    order = np.lexsort([*reversed(by)])
    found, places = np.unique(keys[order], return_index=True)
    return found, order[places]


def _shown(leaks: Leaks, ids: Ids, parts: tuple[str, ...]) -> list[list[Any]]:
    """The most similar pairs: id and part of both, their similarity or the share that the row holds, and the rule."""
    order = sorted(range(len(leaks.rows)), key=lambda place: (leaks.ways[place], -leaks.similarity[place], ids[leaks.rows[place]].tobytes()))[:SHOWN]
    ends = ((leaks.rows, leaks.parts), (leaks.partners, leaks.partner_parts))
    return [
        [
            *(told for rows, part in ends for told in (shown(ids[rows[place]].tobytes()), parts[part[place]])),
            round(float(leaks.similarity[place]), 4),
            RULES[leaks.ways[place]],
        ]
        for place in order
    ]


def _refused(rows: dict[str, int], pairs: list[list[Any]], limits: Limits) -> DataRefused:
    count, near, passages = sum(rows.values()), limits.near, limits.passages
    told = ", ".join(f"{way} {some:,}" for way, some in rows.items())
    links = {"leak": "{0} ({1}) and {2} ({3}): {4:g}", "passage": "{0} ({1}) holds {4:.0%} of {2} ({3})"}
    listed = "; ".join(links[pair[-1]].format(*pair) for pair in pairs)
    return DataRefused(
        f"{count:,} {'row has its' if count == 1 else 'rows have their'} like in a part that is to judge them, equal"
        f"{'' if near is None else f' or at least {near:g} alike'}"
        f"{'' if passages is None else f', or at least {passages.share:.0%} of a row of it in long passages'}"
        f": {told}. {'All' if count <= SHOWN else f'The {SHOWN} most similar'}: {listed}.",
        accepted="Nothing in train has its like in validation or test, and nothing in validation in test.",
        remedy="Put `dedup.minhash` before the split; or say `leaks: drop`, and the row of the earlier part is dropped; "
        "or `leaks: keep`, and it is only told.",
    )


def _without(outcome: Outcome, leaks: Leaks, ids: Ids, limits: Limits) -> Outcome:
    """The outcome without the rows that leak."""
    rows = len(outcome.part)
    part, which = outcome.part.copy(), np.zeros(rows, np.int16) if outcome.which is None else outcome.which.copy()
    value, limit = np.full(rows, np.nan), np.full(rows, np.nan)
    partner = np.zeros(rows, ids.dtype)
    for way, rule in enumerate(RULES):
        fell = leaks.rows[leaks.ways == way]
        which[fell], limit[fell] = outcome.rules.index(rule), limits.of(way)
    part[leaks.rows], value[leaks.rows] = -1, leaks.similarity
    partner[leaks.rows] = ids[leaks.partners]
    return replace(outcome, part=part, which=which, value=value, limit=limit, partner=partner)
