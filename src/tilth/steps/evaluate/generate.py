"""What models write after prompts, and how right it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tilth.errors import DataRefused
from tilth.model.extra import training_packages
from tilth.model.layouts import Format, FormatSettings
from tilth.record import ID, shown
from tilth.step import DataName, Judge, ModelName
from tilth.steps.evaluate._answers import COLUMNS, OF_NUMBERS, RATIOS, told
from tilth.steps.evaluate._bootstrap import scored
from tilth.work import Judgement, Known, Ratio, Score, Work

Metric = Literal["length", "ended", "exact", "mae", "rmsle"]

TEXTS = [
    ("prompt", pa.string()),
    ("mode", pa.string()),
    ("text", pa.string()),
    ("tokens", pa.int64()),
    ("stopped", pa.string()),
    ("ended", pa.int64()),
]
ITEMS = pa.schema([("model", pa.string()), *TEXTS])
ANSWERS = pa.schema([("model", pa.string()), ("id", ID), *TEXTS, ("reference", pa.string()), *COLUMNS])


class Generate(Judge):
    """Let models write after prompts: first the likeliest text, then drawn ones.

    Greedy decoding takes the likeliest token each time. Then, where `temperature` is above 0, `samples`
    texts are drawn: from the `top_k` likeliest tokens, cut to the smallest set with probability `top_p`
    (Holtzman et al. 2020). What is drawn depends on the seed, the prompt and the sample's number alone.
    Metrics: `length`, the mean number of new tokens, and `ended`, the share of texts that the model ended
    itself, over all texts, with 95 % intervals: of shares Wilson's, of the rest by bootstrap.

    With `data`, the prompts are those of rows of a fine-tuning format, and what they should be answered is known: of
    each conversation the last answer, after all that stands before it. Prompts are written as `train.sft` writes them, and all
    models are asked by one template: `template`, or that of the model `like`, or the one that a tuned model among them was
    saved with. Metrics are then of the greedy texts: `exact`, the share that is the answer to the letter, white space around it
    aside; and of numbers `mae`, the mean absolute error, and `rmsle`, the root of the mean squared difference of log(1 + number),
    below 0 counting as 0. The number of a text is its first, `1,299.00` being one; where either text has none, the row
    is left out of both, and `with_number` tells the share of texts that have one where the answer has.
    """

    models: tuple[ModelName, ...] = Field(min_length=1)
    """The models."""
    prompts: tuple[str, ...] = ()
    """What they go on from; control tokens in them mean what they say. These or `data`."""
    data: DataName | None = None
    """Rows of a fine-tuning format, which are asked in place of `prompts`."""
    metrics: tuple[Metric, ...] = ()
    """What is measured; default: `length` and `ended`, with `data` also `exact`."""
    max_new_tokens: int = Field(default=64, ge=1)
    """The most tokens written; the prompt does not count."""
    samples: int | None = Field(default=None, ge=0)
    """Drawn texts for each prompt, after the greedy one; default: 1, and with `data` none."""
    temperature: float = Field(default=0.8, ge=0)
    """Divides the logits before drawing: lower is safer. 0: only the greedy text."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Draw from the likeliest tokens that together have this probability."""
    top_k: int = Field(default=0, ge=0)
    """Draw from so many likeliest tokens; 0: from all."""
    format: Format | FormatSettings | None = None
    """How the rows of `data` are laid out; default: as their columns show."""
    template: str | None = None
    """The template by which all models are asked: a name, `tokenizer`, or Jinja source, as for `train.sft`."""
    like: ModelName | None = None
    """The model whose template it is."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if (self.data is None) == (not self.prompts):
            raise ValueError("It takes `prompts` to go on from, or `data` to answer: one of the two.")
        alone = [name for name in ("format", "template", "like") if getattr(self, name) is not None]
        alone += [name for name in self.metrics if name not in ("length", "ended")]
        if self.data is None and alone:
            raise ValueError(f"`{alone[0]}` is for rows with answers: name them by `data`.")
        if self.template is not None and self.like is not None:
            raise ValueError("`template` and `like` both say by which template models are asked; give one of them.")
        return self

    def gives(self) -> tuple[str, ...]:
        measured = self.metrics or (("exact", "length", "ended") if self.data is not None else ("length", "ended"))
        return (*measured, "with_number") if set(measured) & set(OF_NUMBERS) else measured

    def judge(self, work: Work) -> Judgement:
        """Write every text of every model."""
        with training_packages():
            from tilth.model.generate import Writer
        answering = None if self.data is None else _Answering(self, work)
        ways = self._ways()
        tables: list[pa.Table] = []
        facts: dict[str, Any] = {"precision": "fp32"} | ({} if answering is None else answering.asking.facts)
        for name in self.models:
            writer = Writer(work.models[name], work.machine.device)
            texts = _prompted(self.prompts, writer, ways, work.seed) if answering is None else answering.answers(name, writer, ways)
            rows: list[dict[str, Any]] = []
            for row in texts:
                rows.append({"model": name, **row})
                work.tell({"model": name, "texts": len(rows), "of": self._asked(work) * len(ways)})
            tables.append(pa.Table.from_pylist(rows, ITEMS if answering is None else ANSWERS))
        ratios: dict[str, Ratio] = {metric: RATIOS[metric] for metric in self.gives()}
        scores = [score for name, table in zip(self.models, tables, strict=True) for score in self._scores(name, ratios, table, work.seed)]
        return Judgement(scores, pa.concat_tables(tables), facts, ("prompt" if answering is None else "id", "mode"), ratios)

    def _scores(self, name: str, ratios: dict[str, Ratio], table: pa.Table, seed: int) -> list[Score]:
        return scored(name, ratios, table if self.data is None else table.filter(pc.equal(table["mode"], "greedy")), seed)

    def _ways(self) -> list[tuple[str, Any]]:
        """The greedy way of writing, and the drawn ones, by name."""
        with training_packages():
            from tilth.model.generate import Sampling
        drawn = Sampling(self.max_new_tokens, self.temperature, self.top_p, self.top_k)
        return [("greedy", Sampling(self.max_new_tokens))] + [(f"sample {number}", drawn) for number in range(1, self._drawn() + 1)]

    def _asked(self, work: Work) -> int:
        return len(self.prompts) if self.data is None else work.datasets[self.data].rows

    def _drawn(self) -> int:
        asked = self.samples if self.samples is not None else 0 if self.data is not None else 1
        return asked if self.temperature > 0 else 0

    def estimate(self, known: Known) -> dict[str, float]:
        """One token at a time: a third of a training step's operations each."""
        asked = len(self.prompts) if self.data is None else known.rows.get(self.data)
        if asked is None:
            return {}
        tokens = asked * (1 + self._drawn()) * self.max_new_tokens
        facts = [known.models.get(name, {}) for name in self.models]
        if not all("flops_per_token" in fact for fact in facts):
            return {"tokens": tokens * len(self.models)}
        return {"tokens": tokens * len(self.models), "flops": sum(tokens * fact["flops_per_token"] / 3 for fact in facts)}


def _prompted(prompts: Sequence[str], writer: Any, ways: Sequence[tuple[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """What a model writes after each prompt, each way."""
    for prompt in prompts:
        for number, (mode, sampling) in enumerate(ways):
            yield {"prompt": prompt, "mode": mode, **_written(writer.write(prompt, sampling, seed * 1_000_003 + number))}


def _written(found: Any) -> dict[str, Any]:
    return {"text": found.text, "tokens": found.tokens, "stopped": found.stopped, "ended": int(found.stopped == "eos")}


@dataclass
class _Answering:
    """Rows with answers, and the template by which every model is asked."""

    step: Generate
    work: Work

    def __post_init__(self) -> None:
        with training_packages():
            from tilth.model.generate import Asking
        assert self.step.data is not None
        folders = {name: self.work.models[name] for name in self.step.models}
        like = None if self.step.like is None else self.work.models[self.step.like]
        self.asking = Asking.of(self.work.datasets[self.step.data], self.step.format, folders, (self.step.template, like))

    def answers(self, name: str, writer: Any, ways: Sequence[tuple[str, Any]]) -> Iterator[dict[str, Any]]:
        """What a model answers to each row, each way. Raises DataRefused where a prompt leaves no room in its context."""
        with training_packages():
            from tilth.model.generate import drawn_from
        asked, stops = self.asking.questions(writer.model.tokenizer)
        long = [one for one in asked if len(one.ids) >= writer.model.context]
        if long:
            named = ", ".join(f"{shown(one.id)} ({len(one.ids):,} tokens)" for one in long[:3])
            raise DataRefused(
                f"{len(long):,} of {len(asked):,} prompts of `{self.step.data}` leave no room in `{name}`, which sees {writer.model.context:,}"
                f" tokens: {named}.",
                remedy="Cut their texts (`clean.cut`), or drop the rows.",
            )
        for one in asked:
            for number, (mode, sampling) in enumerate(ways):
                seed = drawn_from(self.work.seed * 1_000_003 + number, one.prompt)
                found = writer.go_on(list(one.ids), sampling, seed, stops)
                row = {"id": one.id, "prompt": one.prompt, "mode": mode, "reference": one.reference, **_written(found)}
                yield {**row, **told(found.text, one.reference)}
