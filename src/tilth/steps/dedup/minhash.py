"""dedup.minhash: rows whose text says nearly what a kept row's says."""

from __future__ import annotations

from dataclasses import replace
from math import floor
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, StrictInt, model_validator

from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, as_ids, flat
from tilth.step import DataName, Limit, Whole
from tilth.steps.dedup._keep import Keep, claims, column
from tilth.text import near
from tilth.text.groups import stars
from tilth.text.minhash import Banding, banding
from tilth.text.near import Facts, Near, keeping_order

FLOOR = 0.5
"""Verified pairs from this similarity on are stored, so that another limit is decided without the texts."""


MOST_BANDS = 512
"""How many bands there are at most: each is a column of the sketch."""


class Minhash(Whole):
    """Of rows whose texts are nearly the same, one is kept, and it is the partner of those that fall.

    The similarity of two texts is the Jaccard index of their sets of shingles: runs of 5 words, lower-cased and
    without punctuation, or of 8 characters in scripts without spaces (`tilth.text.shingles`). MinHash bands find
    the candidates; every candidate is verified by its exact similarity. In the order of keeping, a row falls only
    in favour of a kept row to which its own similarity is at least the limit, so no chain of rows that each differ a little
    takes the last one with it. The similarity stands in the row's decision, the kept row is its partner.

    The bands are derived from `recall` and the tenth at or below `similarity`: pairs as similar as the limit are
    found with at least that probability, more similar ones more surely. So limits of the same tenth, such as 0.8
    and 0.85, share sketches and pairs, and another one is decided without the texts. In a bucket of more than 33 rows each is compared with the
    first 32 and its predecessor, and what is skipped is told. Texts without words are kept and told as `not_judged`.

    Source: Broder 1997, "On the resemblance and containment of documents"; bands as in Leskovec, Rajaraman,
    Ullman, "Mining of Massive Datasets", chapter 3.
    """

    similarity: Annotated[float, Limit, Field(gt=0, le=1)] = 0.8
    """A row falls if it is at least so similar to a kept row."""

    recall: Annotated[float, Field(gt=0, lt=1)] = 0.99
    """The probability with which a pair as similar as `similarity` is to be found; it makes the bands."""

    bands: Annotated[StrictInt, Field(ge=1, le=MOST_BANDS)] | None = None
    """How many bands there are, where they are not to be derived; then `rows` is said too."""

    rows: Annotated[StrictInt, Field(ge=1, le=128)] | None = None
    """How many numbers a band has, where they are not to be derived."""

    facts: Facts = "together"
    """Whether rows that differ in facts fall: numbers, what they count, and names (`tilth.text.facts`). `together`: whatever the
    facts are; `apart`: two rows both stay if either has a fact that the other lacks, as biographies and product variants of
    one template do; `contained`: a row falls only in favour of one that has all of its facts, as the shorter of two
    descriptions of one thing does with `keep: longest`. A date in a frame around the text is a fact too; take it out first."""

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are compared, joined by line ends."""

    keep: Keep = "first"
    """Which one stays: the `first`, the `longest` (characters of all fields together), the one with the
    greatest value of a column (`{best: column}`), or by a column's values (`{prefer: {column: [a, b]}}`)."""

    against: DataName | None = None
    """A dataset whose rows stay, whatever they are, and are kept before any row of this one: rows that are in it
    already fall, with its rows as their partners."""

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.bands is None) != (self.rows is None):
            raise ValueError("`bands` and `rows` are said together, as `{bands: 20, rows: 5}`, or both are derived from `recall`.")
        if self.bands is None and Banding(MOST_BANDS, 1).detection(self.similarity) < self.recall:
            raise ValueError(f"{MOST_BANDS} bands do not find pairs of similarity {self.similarity:g} with a probability of {self.recall:g}.")
        return self

    def identity(self) -> dict[str, Any]:
        """Its bands stand for what they are derived from; the dataset that it is held against enters by its content."""
        told = super().identity()
        used = self.banding()
        asked = {name: value for name, value in told.items() if name not in ("recall", "against") and (name, value) != ("facts", "together")}
        return {**asked, "bands": used.bands, "rows": used.rows, "near": near.REVISION}

    def banding(self) -> Banding:
        """The bands that are used."""
        if self.bands is not None and self.rows is not None:
            return Banding(self.bands, self.rows)
        tenths = floor(self.similarity * 10 + 1e-9)
        return banding(tenths / 10 if tenths else self.similarity, self.recall)

    def tells(self) -> str:
        """The bands, and how surely pairs are found by them."""
        used = self.banding()
        found = ", ".join(f"{used.detection(limit):.0%} at {limit:g}" for limit in sorted({self.similarity, 0.5, 0.7, 0.9}, reverse=True))
        return f"{used.bands} bands of {used.rows} numbers find pairs: {found}"

    def reads(self) -> tuple[str, ...]:
        """The compared columns, and the one that `keep` looks at."""
        return tuple(dict.fromkeys((*self.fields, *column(self.keep))))

    def held_against(self) -> tuple[str, ...]:
        """The dataset of `against`."""
        return () if self.against is None else (self.against,)

    def prepare(self) -> None:
        near.prepare()

    def comparison(self) -> Near:
        return Near(self.banding(), self.fields, min(FLOOR, self.similarity), self.facts)

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the number of shingles, a key for each band, and the claim to be kept."""
        columns = {"id": batch["id"], **self.comparison().sketch(batch)}
        claim = claims(self.keep, batch, self.fields)
        return pa.table(columns if claim is None else {**columns, "claim": claim})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """In the order of keeping, drop each row that is similar to a kept one."""
        rows = sketches.num_rows
        order = keeping_order(sketches, compared.foreign)
        rank = np.empty(rows, np.int64)
        rank[order] = np.arange(rows)
        ranked = replace(compared, later=rank[compared.later], sooner=rank[compared.sooner])
        if (ranked.later[1:] < ranked.later[:-1]).any():  # candidates come in the order of keeping; others may not
            by = np.argsort(ranked.later, kind="stable")
            ranked = replace(compared, later=ranked.later[by], sooner=ranked.sooner[by], similarity=compared.similarity[by])
        favoured, alike = stars(ranked.later, ranked.sooner, ranked.similarity, self.similarity, rows)

        part, value = np.zeros(rows, np.int16), np.full(rows, np.nan)
        falls = favoured >= 0
        part[order[falls]] = -1
        value[order[falls]] = alike[falls]
        ids = as_ids(sketches["id"])
        partner = np.zeros(rows, ids.dtype)
        partner[order[falls]] = ids[order[favoured[falls]]]
        limit = np.where(part < 0, self.similarity, np.nan)
        return Outcome(("",), part, "near_text", value, limit, partner, self._facts(sketches, ranked, favoured))

    def _facts(self, sketches: Columns, ranked: Compared, favoured: npt.NDArray[np.int64]) -> dict[str, Any]:
        """What the report and `what-if` tell: groups, the detection curve, and what other limits would drop."""
        sizes = np.unique(favoured[favoured >= 0], return_counts=True)[1]
        used, limits = self.banding(), sorted({self.similarity, *(number / 20 for number in range(10, 21))})
        return {
            "groups": len(sizes),
            "largest_group": int(sizes.max(initial=0)) + bool(len(sizes)),
            "not_judged": int((np.asarray(flat(sketches["shingles"]))[ranked.foreign :] == 0).sum()),
            "bands": used.bands,
            "rows": used.rows,
            "pairs": len(ranked.similarity),
            **ranked.facts,
            **self._apart(ranked, favoured, sketches.num_rows),
            "detection": [[limit, round(used.detection(limit), 4)] for limit in limits],
            "dropped_at": [[limit, _dropped(ranked, limit, sketches.num_rows)] for limit in limits if limit >= self.comparison().at_least],
        }

    def _apart(self, ranked: Compared, favoured: npt.NDArray[np.int64], rows: int) -> dict[str, int]:
        """How many pairs are similar enough and told apart by their facts, and how many more rows would fall if they were not."""
        if self.facts == "together":
            return {}
        alike = replace(ranked, similarity=np.abs(ranked.similarity))
        pairs = int((ranked.similarity <= -self.similarity).sum())
        return {"apart": pairs, "kept_apart": _dropped(alike, self.similarity, rows) - int((favoured >= 0).sum())}


def _dropped(ranked: Compared, limit: float, rows: int) -> int:
    """How many rows another limit would drop."""
    favoured, _ = stars(ranked.later, ranked.sooner, ranked.similarity, limit, rows)
    return int((favoured >= 0).sum())
