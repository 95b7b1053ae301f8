"""dedup.semantic: rows that mean nearly what a kept row means, in whatever words."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, StrictInt

from tilth.errors import AskedWrong
from tilth.model.embedding import dimensions, encoder
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, as_ids
from tilth.step import Limit, ModelName, Whole
from tilth.steps.dedup._keep import Keep, claims, column
from tilth.text import clusters, vector_groups, vectors
from tilth.text.near import keeping_order
from tilth.work import Work

PIECE = 128
"""Numbers of a vector that stand in one column of the sketch, so that a million rows are read 256 MB at a time."""

FEW = 4096
"""Up to so many rows are compared each with each."""

LIMITS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0)
"""For these it is told how many rows would fall."""


class Semantic(Whole):
    """Of rows whose texts mean nearly the same, one is kept, and it is the partner of those that fall.

    The similarity of two texts is the cosine of their vectors, as the model gives them: a folder of Sentence
    Transformers or of model2vec, or an endpoint (`tilth.model.embedding`). What a cosine of 0.9 means differs from
    model to model: look at the rows at the border. Vectors are rounded to whole numbers, so that every cosine is exact
    arithmetic and the same everywhere; that moves it by about 0.0001 (`tilth.text.vectors`).

    In the order of keeping, a row falls only in favour of a kept row to which its own similarity is at least the limit,
    and the most similar one is its partner; a chain of rows that each differ a little does not take the last one with it.
    Up to 4,096 rows are compared each with each. More are sorted into clusters by spherical k-means, and a row is
    compared with the kept rows of the `probes` clusters nearest to it; what share of the pairs that brute force finds is
    compared so is measured on a sample, and told. Texts that are null or white space alone are kept and told as
    `not_judged`, and so is what the model knows no word of.
    """

    model: ModelName
    """The model that encodes the texts."""

    similarity: Annotated[float, Limit, Field(gt=0, le=1)] = 0.9
    """A row falls if the cosine with a kept row is at least this."""

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are compared, joined by line ends."""

    keep: Keep = "first"
    """Which one stays: the `first`, the `longest` (characters of all fields together), the one with the
    greatest value of a column (`{best: column}`), or by a column's values (`{prefer: {column: [a, b]}}`)."""

    clusters: Annotated[StrictInt | None, Limit, Field(ge=1)] = None
    """How many clusters there are; default: 1 up to 4,096 rows, else the square root of their number."""

    probes: Annotated[StrictInt, Limit, Field(ge=1, le=64)] = 8
    """With the kept rows of how many nearest clusters a row is compared. More find more, and take longer."""

    def reads(self) -> tuple[str, ...]:
        """The compared columns, and the one that `keep` looks at."""
        return tuple(dict.fromkeys((*self.fields, *column(self.keep))))

    def prepare(self) -> None:
        for room in (vectors, clusters, vector_groups):
            room.prepare()

    def study(self, work: Work) -> dict[str, Any]:
        """See that the model encodes, and how long its vectors are."""
        folder = work.models[self.model]
        told = {**encoder(folder, work.scratch).facts, "dimensions": dimensions(folder, work.scratch)}
        (work.folder / "encoder.json").write_text(json.dumps({"dimensions": told["dimensions"]}), "utf-8")
        return {"encoder": told}

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the vector in pieces (null: nothing to compare), and the claim to be kept."""
        if self.studied is None:
            raise AskedWrong(
                f"It compares by the model `{self.model}`, which it was not given.",
                remedy=f'In Python: `step.given(folder, models={{"{self.model}": …}})`, with the folder of a model.',
            )
        told = json.loads((self.studied.folder / "encoder.json").read_text("utf-8"))
        made = encoder(self.studied.models[self.model], self.studied.cache)
        found = vectors.of_texts(vectors.joined([batch[name] for name in self.fields]), made.encode, told["dimensions"])
        valid = np.asarray(found.any(axis=1))
        columns = {"id": batch["id"]}
        for number, begin in enumerate(range(0, found.shape[1], PIECE)):
            columns[f"vector_{number:02}"] = _packed(found[:, begin : begin + PIECE], valid)
        claim = claims(self.keep, batch, self.fields)
        return pa.table(columns if claim is None else {**columns, "claim": claim})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """In the order of keeping, drop each row that is similar to a kept one."""
        order = keeping_order(sketches, compared.foreign)
        told = _unpacked(sketches, order)
        count = self.clusters or (1 if len(told) <= FEW else round(math.sqrt(len(told))))
        centres = clusters.centres(told, count)
        homes = clusters.nearest(told, centres, self.probes)
        limits = sorted({self.similarity, *LIMITS})
        found = vector_groups.stars(told, homes, [self.similarity, *limits])

        rows = len(told)
        part, value = np.zeros(rows, np.int16), np.full(rows, np.nan)
        falls = found.partner >= 0
        part[order[falls]] = -1
        value[order[falls]] = found.value[falls]
        ids = as_ids(sketches["id"])
        partner = np.zeros(rows, ids.dtype)
        partner[order[falls]] = ids[order[found.partner[falls]]]
        limit = np.where(part < 0, self.similarity, np.nan)
        facts = {
            **_groups(found),
            **self._blocking(told, homes, centres),
            "dropped_at": [list(pair) for pair in zip(limits, found.dropped[1:], strict=True)],
        }
        return Outcome(("",), part, "near_meaning", value, limit, partner, facts=facts)

    def _blocking(self, told: npt.NDArray[np.int16], homes: npt.NDArray[np.int32], centres: npt.NDArray[np.int16]) -> dict[str, Any]:
        """What the clusters are like, and what comparing within them finds of what there is."""
        judged = homes[:, 0] >= 0
        sizes = np.bincount(homes[judged, 0], minlength=1)
        facts = {
            "not_judged": int((~judged).sum()),
            "clusters": len(centres),
            "largest_cluster": int(sizes.max()),
            "median_cluster": float(np.median(sizes)),
            "bytes_per_row": told.shape[1] * told.itemsize,
        }
        if len(centres) <= self.probes:
            return {**facts, "detection": [[limit, 1.0] for limit in sorted({self.similarity, *LIMITS})]}
        audit = vector_groups.found(told, homes, self.similarity)
        share = [[self.similarity, round(audit.pairs_compared / audit.pairs, 4)]] if audit.pairs else []
        return {**facts, "detection": share, "audit": asdict(audit)}


def _packed(piece: npt.NDArray[np.int16], valid: npt.NDArray[np.bool_]) -> pa.Array:
    """Lines of whole numbers as bytes, little-endian."""
    numbers = pa.py_buffer(np.ascontiguousarray(piece, "<i2"))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(piece.shape[1] * 2), len(piece), [pa.array(valid).buffers()[1], numbers])


def _unpacked(sketches: Columns, order: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """The vectors in the order of keeping, read column by column; zeros where there is nothing to compare."""
    names = sorted(name for name in sketches.column_names if name.startswith("vector_"))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    found = np.empty((0, 0), np.int16)
    for number, name in enumerate(names):
        row = 0
        for chunk in sketches[name].chunks:
            width = chunk.type.byte_width // 2
            lines = np.frombuffer(chunk.buffers()[1], "<i2")[chunk.offset * width :][: len(chunk) * width].reshape(-1, width)
            if not len(found):
                found = np.zeros((len(order), width * len(names)), np.int16)
            known = np.asarray(chunk.is_valid())
            found[rank[row : row + len(chunk)][known], number * PIECE : number * PIECE + width] = lines[known]
            row += len(chunk)
    return found if len(found) else np.zeros((len(order), 1), np.int16)


def _groups(found: vector_groups.Stars) -> dict[str, int]:
    sizes = np.unique(found.partner[found.partner >= 0], return_counts=True)[1]
    return {"groups": len(sizes), "largest_group": int(sizes.max(initial=0)) + bool(len(sizes))}
