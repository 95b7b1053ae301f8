"""How surprised a model is by texts it has not seen."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from tilth.errors import NothingLeft
from tilth.model.extra import training_packages
from tilth.record import ID
from tilth.step import DataName, Judge, ModelName
from tilth.steps.evaluate._bootstrap import scored
from tilth.work import Dataset, Judgement, Known, Ratio, Score, Work

RATIOS = {
    "nats_per_token": Ratio("nll", "tokens"),
    "perplexity": Ratio("nll", "tokens", "exp"),
    "bits_per_byte": Ratio("bits", "bytes"),
}
"""The metrics, as they come of the items."""


class Perplexity(Judge):
    """Score models by the likelihood of held-out documents.

    With nll the negative natural logarithm of the likelihood of a document's tokens, its end-of-text
    token included, and sums over all documents: `nats_per_token` = Σ nll / Σ tokens, `perplexity` =
    exp(nats_per_token), `bits_per_byte` = Σ nll / ln 2 / Σ bytes of UTF-8, which alone compares models
    of different tokenizers. The first token is conditioned on the tokenizer's begin token, or on end of
    text where it has none. Long documents are scored in windows that overlap by half, each token once
    (`tilth.model.perplexity`). Intervals: 95 %, bootstrap over documents. Weights and logits in fp32.
    """

    models: tuple[ModelName, ...] = Field(min_length=1)
    """The models."""
    data: DataName
    """The documents."""
    batch: int | None = Field(default=None, ge=1)
    """Windows scored at once; default: as many as keep the logits within 256 MB. Does not move results."""
    field: str = "text"
    """The column that holds the text."""

    def gives(self) -> tuple[str, ...]:
        return tuple(RATIOS)

    def judge(self, work: Work) -> Judgement:
        """Score every document by every model."""
        with training_packages():
            from tilth.model.perplexity import Scorer
        data = work.datasets[self.data]
        scores: list[Score] = []
        tables: list[pa.Table] = []
        facts: dict[str, Any] = {}
        for name in self.models:
            started = time.monotonic()
            scorer = Scorer(work.models[name], work.machine.device, self.batch)
            ids, texts = _readable(data, self.field)
            documents = []
            for found in scorer.score(texts):
                documents.append(found)
                if len(documents) % 100 == 0:
                    work.tell({"model": name, "documents": len(documents), "of": data.rows})
            if not documents:
                raise NothingLeft(f"`{data.name}` has no text in `{self.field}` to score.")
            table = _items(name, ids, documents)
            scores += scored(name, RATIOS, table, work.seed)
            tables.append(table)
            tokens = int(np.sum(table["tokens"].to_numpy()))
            spent = time.monotonic() - started
            facts[name] = {**scorer.facts, "tokens": tokens, "seconds": spent, "tokens_per_second": tokens / spent}
        return Judgement(scores, pa.concat_tables(tables), facts, ("id",), RATIOS)

    def estimate(self, known: Known) -> dict[str, float]:
        """A forward pass is a third of a training step; the tokens come from the data's bytes."""
        size = known.bytes.get(self.data)
        facts = [known.models.get(name, {}) for name in self.models]
        if size is None or not all("flops_per_token" in fact and "bytes_per_token" in fact for fact in facts):
            return {}
        tokens = sum(size / fact["bytes_per_token"] for fact in facts)
        flops = sum(size / fact["bytes_per_token"] * fact["flops_per_token"] / 3 for fact in facts)
        return {"tokens": tokens, "flops": flops, "seconds": flops / known.flops_per_second}


def _readable(data: Dataset, field: str) -> tuple[list[bytes], Iterator[str]]:
    """The ids and texts of rows that have a text; ids fill up as texts are taken."""
    ids: list[bytes] = []

    def texts() -> Iterator[str]:
        for batch in data.batches([field]):
            for row_id, text in zip(batch["id"].to_pylist(), batch[field].to_pylist(), strict=True):
                if text is not None:
                    ids.append(row_id)
                    yield text

    return ids, texts()


def _items(name: str, ids: list[bytes], documents: list[Any]) -> pa.Table:
    return pa.table(
        {
            "model": pa.array([name] * len(ids), pa.string()),
            "id": pa.array(ids, ID),
            "tokens": pa.array([document.tokens for document in documents], pa.int64()),
            "bytes": pa.array([document.bytes for document in documents], pa.int64()),
            "nll": pa.array([document.nll for document in documents], pa.float64()),
            "bits": pa.array([document.nll / math.log(2) for document in documents], pa.float64()),
        }
    )

