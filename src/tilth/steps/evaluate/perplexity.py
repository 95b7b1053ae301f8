"""How surprised a model is by texts it has not seen."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tilth.errors import NothingLeft
from tilth.model.asked_template import AskedTemplate
from tilth.model.extra import training_packages
from tilth.model.layouts import Format, FormatSettings, columns_named
from tilth.model.reading import check_rows
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
    """Score models by the likelihood of held-out documents, or of the answers of held-out conversations.

    With nll the negative natural logarithm of the likelihood of a document's tokens, its end-of-text
    token included, and sums over all documents: `nats_per_token` = Σ nll / Σ tokens, `perplexity` =
    exp(nats_per_token), `bits_per_byte` = Σ nll / ln 2 / Σ bytes of UTF-8, which alone compares models
    of different tokenizers. The first token is conditioned on the tokenizer's begin token, or on end of
    text where it has none. Long documents are scored in windows that overlap by half, each token once
    (`tilth.model.perplexity`). Intervals: 95 %, bootstrap over documents. Weights and logits in fp32.

    `on: answers` scores rows of a fine-tuning format: of each conversation the tokens of its answers and of what ends
    them, and nothing else, each after the prompt as it is written where text is generated. They are the tokens that
    `train.sft` learns, by the same masks and proofs; a row that is not proved stops the run (exit 3). A model tuned with
    `turns: last` is scored on what it learned with `turns: last` here too. All models are asked by one template: `template`, or that of
    the model `like`, or the one that a tuned model among them was saved with. So a base beside its tuned model answers the same tokens
    after the same prompt, and `compare.paired` can pair them row by row.

    A model tuned with `new_tokens` has tokens that its base lacks. The base is asked by the same template with its own tokenizer, to
    which those tokens are letters, `letters` in the facts; where one of them ends an answer, the base is scored on its letters
    and on its own end of text, each answer of a conversation by itself. Of such a pair `bits_per_byte` compares, for both say the same
    answers; per-token metrics are over other tokens, and `compare.paired` leaves them out and says so.

    An encoder and a decoder (the t5 family) is scored `on: answers` alone, on the targets that `train.seq2seq` learns, after the
    sources that it reads; it takes no `template`. Beside decoders it may stand too, each asked in the way it learns: then `bits_per_byte`
    compares, of models that may read the same row in different words.
    """

    models: tuple[ModelName, ...] = Field(min_length=1)
    """The models."""
    data: DataName
    """The documents, or the conversations."""
    batch: int | None = Field(default=None, ge=1)
    """Windows scored at once; default: as many as keep the logits within 256 MB. Does not move results."""
    on: Literal["text", "answers"] = "text"
    """What is scored: a text, all of it; or the answers of a fine-tuning format."""
    field: str = "text"
    """The column that holds the text, where texts are scored."""
    format: Format | FormatSettings | None = None
    """How the rows of conversations are laid out; default: as their columns show."""
    template: AskedTemplate | None = None
    """The template by which all decoders are asked: a name, `tokenizer`, or Jinja source, as for `train.sft`."""
    like: ModelName | None = None
    """The model whose template it is."""
    turns: Literal["all", "last"] = "all"
    """Which answers of a conversation are scored; as for `train.sft`."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        given = [name for name in ("format", "template", "like") if getattr(self, name) is not None]
        given += ["turns"] if self.turns == "last" else []
        if self.on == "text" and given:
            raise ValueError(f"`{given[0]}` is for conversations: say `on: answers` too.")
        if self.on == "answers" and "field" in self.model_fields_set:
            raise ValueError("`field` is for texts; where the answers of rows stand, `format` says.")
        if self.template is not None and self.like is not None:
            raise ValueError("`template` and `like` both say by which template models are asked; give one of them.")
        return self

    def gives(self) -> tuple[str, ...]:
        return tuple(RATIOS)

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """The columns that must be there: that of the texts; of conversations those that `format` names."""
        return {self.data: (self.field,)} if self.on == "text" else columns_named(self.format, self.data)

    def check_rows(self, data: Mapping[str, Dataset]) -> None:
        """Where answers are scored, the rows are of a format that is known. Raises AskedWrong."""
        if self.on == "answers":
            check_rows(data, self.format)

    def judge(self, work: Work) -> Judgement:
        """Score every document, or every conversation, by every model."""
        data = work.datasets[self.data]
        readable = self._texts(work) if self.on == "text" else self._answers(work)
        scores: list[Score] = []
        tables: list[pa.Table] = []
        facts: dict[str, Any] = {}
        with training_packages():
            from tilth.model.perplexity import Scorer
        for name in self.models:
            started = time.monotonic()
            scorer = Scorer(work.models[name], work.machine.device, self.batch)
            ids: list[bytes] = []
            documents = []
            for row_id, found in readable.documents(scorer):
                ids.append(row_id)
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
            facts[name] = {**scorer.facts, **readable.facts(scorer), "tokens": tokens, "seconds": spent, "tokens_per_second": tokens / spent}
        return Judgement(scores, pa.concat_tables(tables), facts, ("id",), RATIOS)

    def _texts(self, work: Work) -> _Texts:
        """The texts. Raises AskedWrong for a model that gives texts no likelihood, before any is scored."""
        with training_packages():
            from tilth.model.perplexity import refuse_texts
        for name in self.models:
            refuse_texts(work.models[name])
        return _Texts(work.datasets[self.data], self.field)

    def _answers(self, work: Work) -> _Answers:
        """The conversations, and the template by which every model is asked."""
        with training_packages():
            from tilth.model.perplexity import Asking
        folders = {name: work.models[name] for name in self.models}
        like = None if self.like is None else work.models[self.like]
        return _Answers(Asking.of(work.datasets[self.data], self.format, folders, (self.template, like), self.turns))

    def estimate(self, known: Known) -> dict[str, float]:
        """A forward pass is a third of a training step; the tokens come from the data's bytes."""
        size = known.bytes.get(self.data)
        facts = [known.models.get(name, {}) for name in self.models]
        if size is None or not all("flops_per_token" in fact and "bytes_per_token" in fact for fact in facts):
            return {}
        tokens = sum(size / fact["bytes_per_token"] for fact in facts)
        flops = sum(size / fact["bytes_per_token"] * fact["flops_per_token"] / 3 for fact in facts)
        return {"tokens": tokens, "flops": flops, "seconds": flops / known.flops_per_second}


class _Texts:
    """The texts of a column."""

    def __init__(self, data: Dataset, field: str) -> None:
        self.data, self.field = data, field

    def facts(self, scorer: Any) -> Mapping[str, Any]:
        """Nothing more."""
        return {}

    def documents(self, scorer: Any) -> Iterator[tuple[bytes, Any]]:
        """Each text with the id of its row, scored; nulls are left out."""
        ids: list[bytes] = []

        def texts() -> Iterator[str]:
            for batch in self.data.batches([self.field]):
                for row_id, text in zip(batch["id"].to_pylist(), batch[self.field].to_pylist(), strict=True):
                    if text is not None:
                        ids.append(row_id)
                        yield text

        for number, found in enumerate(scorer.score(texts())):
            yield ids[number], found


class _Answers:
    """Conversations, whose answers alone are scored."""

    def __init__(self, asking: Any) -> None:
        self.asking = asking

    def facts(self, scorer: Any) -> Mapping[str, Any]:
        """How the rows are laid out, and how this model is asked."""
        found: Mapping[str, Any] = self.asking.facts(scorer.model)
        return found

    def documents(self, scorer: Any) -> Iterator[tuple[bytes, Any]]:
        """Each conversation's id, with its answers scored."""
        made, sizes = self.asking.examples(scorer.model)
        yield from zip(self.asking.rows.ids, scorer.answers(made, sizes), strict=True)


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
