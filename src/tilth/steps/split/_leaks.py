"""Rows of one part that are the same, or nearly the same, as rows of another that is to judge it."""

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
from tilth.steps.split._shares import counted
from tilth.text.groups import components
from tilth.text.minhash import banding
from tilth.text.near import Near

Numbers = npt.NDArray[np.int64]
Parts = npt.NDArray[np.int16]
Similarity = npt.NDArray[np.float64]

Policy = Literal["refuse", "drop", "keep"]

RECALL = 0.99
"""The probability with which two rows as similar as `near` are found."""

SHOWN = 10
"""So many pairs are shown."""


@dataclass(frozen=True)
class Leaks:
    """Rows, ascending; for each the row of a later part that it resembles most, how much, and both their parts."""

    rows: Numbers
    partners: Numbers
    similarity: npt.NDArray[np.float64]
    parts: Parts
    partner_parts: Parts


def near_by(near: float | None, columns: tuple[str, ...]) -> Near | None:
    """How rows are compared; None where only equal rows count."""
    return None if near is None else Near(banding(near, RECALL), columns, near)


def crossing(part: Parts, compared: Compared) -> dict[str, int]:
    """How many pairs were compared and similar, and how many of them stand in two parts."""
    one, other = part[compared.later], part[compared.sooner]
    return {"pairs": len(one), "across_parts": int(((one != other) & (one >= 0) & (other >= 0)).sum()), **compared.facts}


def settled(outcome: Outcome, sketches: Columns, compared: Compared, near: float | None, policy: Policy) -> Outcome:
    """The outcome after its leaks were looked for: refused, without the rows that leak, or as it was; with facts.

    `outcome` has several rules, the last of which is `leak`. The parts stand in the order in which they give way: train
    before validation before test. Raises: DataRefused, with pairs shown, under `refuse`."""
    ids = as_ids(sketches["id"])
    leaks = found(outcome.part, same(sketches["content"], compared), sketches["id"], compared, dropping=policy == "drop")
    pairs = _shown(leaks, ids, outcome.parts)
    ways = Counter((int(one), int(other)) for one, other in zip(leaks.parts, leaks.partner_parts, strict=True))
    rows = {f"{outcome.parts[one]} → {outcome.parts[other]}": count for (one, other), count in sorted(ways.items())}
    facts = {"policy": policy, "near": near, "rows": rows, "pairs_shown": pairs, **compared.facts}
    if len(leaks.rows) and policy == "refuse":
        raise _refused(rows, pairs, near)
    done = outcome if policy == "keep" else _without(outcome, leaks, ids, near)
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


def found(part: Parts, kind: Numbers, ids: Column, compared: Compared, *, dropping: bool) -> Leaks:
    """The rows that leak, `kind` being the same for rows that say the same.

    All rows of a kind resemble what one of them resembles. Where rows are dropped, one that resembles a dropped row only stays."""
    links = _links(kind, compared)
    linked = np.zeros(int(kind.max(initial=-1)) + 1, np.bool_)
    linked[links[0]] = True
    some = np.flatnonzero(linked[kind])
    rank = np.empty(len(part), np.int64)
    rank[some[np.lexsort([half[some] for half in reversed(halves(ids))])]] = np.arange(len(some))
    part = part.copy()
    every = [Leaks(*(np.empty(0, np.int64),) * 2, np.empty(0), *(np.empty(0, np.int16),) * 2)]
    for side in range(int(part.max(initial=0)) - 1, -1, -1):
        standing = _standing(some[part[some] > side], part, kind, rank)
        nearest, alike = _nearest(standing, part, rank, links)
        rows = some[(part[some] == side) & (nearest[kind[some]] >= 0)]
        partners = nearest[kind[rows]]
        every.append(Leaks(rows, partners, alike[kind[rows]], part[rows], part[partners]))
        if dropping:
            part[rows] = -1
    return Leaks(*(np.concatenate([getattr(one, name.name) for one in every]) for name in fields(Leaks)))


def _links(kind: Numbers, compared: Compared) -> tuple[Numbers, Numbers, Similarity]:
    """Which kind resembles which, and how much, in both directions; one of several rows resembles itself."""
    later, sooner, own = kind[compared.later], kind[compared.sooner], np.flatnonzero(np.bincount(kind) > 1)
    one, other = np.concatenate([later, sooner, own]), np.concatenate([sooner, later, own])
    return one, other, np.concatenate([compared.similarity, compared.similarity, np.ones(len(own))])


def _standing(rows: Numbers, part: Parts, kind: Numbers, rank: Numbers) -> Numbers:
    """For each kind the one of these rows that stands for it (−1: none): one of the last part, of those the least id."""
    standing = np.full(int(kind.max(initial=-1)) + 1, -1, np.int64)
    kinds, best = _firsts(kind[rows], (-part[rows], rank[rows]))
    standing[kinds] = rows[best]
    return standing


def _nearest(standing: Numbers, part: Parts, rank: Numbers, links: tuple[Numbers, Numbers, Similarity]) -> tuple[Numbers, Similarity]:
    """For each kind the most similar of the rows that stand for kinds (−1: none), and how similar."""
    there = standing[links[1]] >= 0
    one, rows, alike = links[0][there], standing[links[1][there]], links[2][there]
    kinds, best = _firsts(one, (-alike, -part[rows], rank[rows]))
    nearest, similarity = np.full(len(standing), -1, np.int64), np.full(len(standing), np.nan)
    nearest[kinds], similarity[kinds] = rows[best], alike[best]
    return nearest, similarity


def _firsts(keys: Numbers, by: Sequence[npt.NDArray[Any]]) -> tuple[Numbers, Numbers]:
    """Each key once, and where it stands first in the order of `by`."""
    order = np.lexsort([*reversed(by)])
    found, places = np.unique(keys[order], return_index=True)
    return found, order[places]


def _shown(leaks: Leaks, ids: Ids, parts: tuple[str, ...]) -> list[list[Any]]:
    """The most similar pairs: id and part of both, and their similarity."""
    order = sorted(range(len(leaks.rows)), key=lambda place: (-leaks.similarity[place], ids[leaks.rows[place]].tobytes()))[:SHOWN]
    ends = ((leaks.rows, leaks.parts), (leaks.partners, leaks.partner_parts))
    return [
        [told for rows, part in ends for told in (shown(ids[rows[place]].tobytes()), parts[part[place]])] + [round(float(leaks.similarity[place]), 4)]
        for place in order
    ]


def _refused(rows: dict[str, int], pairs: list[list[Any]], near: float | None) -> DataRefused:
    count = sum(rows.values())
    told = ", ".join(f"{way} {some:,}" for way, some in rows.items())
    listed = "; ".join(f"{one} ({part}) and {other} ({later}): {alike:g}" for one, part, other, later, alike in pairs)
    return DataRefused(
        f"{count:,} {'row has its' if count == 1 else 'rows have their'} like in a part that is to judge them, equal"
        f"{'' if near is None else f' or at least {near:g} alike'}: {told}. {'All' if count <= SHOWN else f'The {SHOWN} most similar'}: {listed}.",
        accepted="Nothing in train has its like in validation or test, and nothing in validation in test.",
        remedy="Put `dedup.minhash` before the split; or say `leaks: drop`, and the row of the earlier part is dropped; "
        "or `leaks: keep`, and it is only told.",
    )


def _without(outcome: Outcome, leaks: Leaks, ids: Ids, near: float | None) -> Outcome:
    """The outcome without the rows that leak."""
    rows = len(outcome.part)
    part, which = outcome.part.copy(), np.zeros(rows, np.int16) if outcome.which is None else outcome.which.copy()
    value, limit = np.full(rows, np.nan), np.full(rows, np.nan)
    partner = np.zeros(rows, ids.dtype)
    part[leaks.rows], which[leaks.rows] = -1, len(outcome.rules) - 1
    value[leaks.rows], limit[leaks.rows] = leaks.similarity, 1.0 if near is None else near
    partner[leaks.rows] = ids[leaks.partners]
    return replace(outcome, part=part, which=which, value=value, limit=limit, partner=partner)
