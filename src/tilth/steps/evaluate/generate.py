"""What models write after prompts, and how right it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tilth.errors import DataRefused
from tilth.model.asked_template import AskedTemplate
from tilth.model.extra import training_packages
from tilth.model.layouts import Format, FormatSettings, columns_named
from tilth.model.reading import check_rows
from tilth.record import ID, shown
from tilth.step import DataName, Judge, ModelName
from tilth.steps.evaluate._answers import COLUMNS, OF_NUMBERS, RATIOS, told
from tilth.steps.evaluate._bootstrap import scored
from tilth.work import Dataset, Judgement, Known, Ratio, Score, Work

if TYPE_CHECKING:
    from tilth.model.generate import Asking, Line, Writer, Written

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
    (Holtzman et al. 2020). What is drawn depends on the seed, the prompt and the sample's number alone. Many texts are written at
    once, and none depends on the others (`tilth.model.decoding`). What a model's folder says of generation is not asked.
    Metrics: `length`, the mean number of new tokens, and `ended`, the share of texts that the model ended
    itself, over all texts, with 95 % intervals: of shares Wilson's, of the rest by bootstrap.

    With `data`, the prompts are those of rows of a fine-tuning format, and what they should be answered is known: of
    each conversation the last answer, after all that stands before it. Prompts are written as `train.sft` writes them, and all
    models are asked by one template: `template`, or that of the model `like`, or the one that a tuned model among them was
    saved with. Each writes it with its own tokenizer: control tokens of the template that a base lacks are letters to it. An encoder and
    a decoder (the t5 family) has no template and is given its source as `train.seq2seq` gives it; it may be scored beside decoders,
    for these metrics are of texts. Metrics are then of the greedy texts: `exact`, the share that is the answer to the letter, white space around it
    aside; and of numbers `mae`, the mean absolute error, and `rmsle`, the root of the mean squared difference of log(1 + number),
    below 0 counting as 0. The number of a text is its first, `1,299.00` being one; where either text has none, the row
    is left out of both, and `with_number` tells the share of texts that have one where the answer has.
    """

    revision = 2

    models: tuple[ModelName, ...] = Field(min_length=1)
    """The models."""
    prompts: tuple[str, ...] = ()
    """What they go on from, or answer; control tokens in them mean what they say. These or `data`."""
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
    template: AskedTemplate | None = None
    """The template by which all decoders are asked: a name, `tokenizer`, or Jinja source, as for `train.sft`."""
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

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """The columns that `format` names."""
        return columns_named(self.format, self.data)

    def check_rows(self, data: Mapping[str, Dataset]) -> None:
        """The rows are of a format that is known. Raises AskedWrong."""
        check_rows(data, self.format)

    def gives(self) -> tuple[str, ...]:
        measured = self.metrics or (("exact", "length", "ended") if self.data is not None else ("length", "ended"))
        return (*measured, "with_number") if set(measured) & set(OF_NUMBERS) else measured

    def judge(self, work: Work) -> Judgement:
        """Write every text of every model."""
        with training_packages():
            from tilth.model.generate import Writer
        asking = None if self.data is None else self._asking(work)
        tables: list[pa.Table] = []
        facts: dict[str, Any] = {"precision": "fp32"}
        for name in self.models:
            writer = Writer(work.models[name], work.machine.device)
            asked = _prompted(self, writer, work) if asking is None else _questioned(self, name, writer, asking, work)
            rows = [{"model": name, **row} for row in _written(name, writer, asked, work)]
            tables.append(pa.Table.from_pylist(rows, ITEMS if asking is None else ANSWERS))
            facts |= {} if asking is None else {name: asking.facts(writer.model)}
        ratios: dict[str, Ratio] = {metric: RATIOS[metric] for metric in self.gives()}
        scores = [score for name, table in zip(self.models, tables, strict=True) for score in self._scores(name, ratios, table, work.seed)]
        return Judgement(scores, pa.concat_tables(tables), facts, ("prompt" if asking is None else "id", "mode"), ratios)

    def _scores(self, name: str, ratios: dict[str, Ratio], table: pa.Table, seed: int) -> list[Score]:
        return scored(name, ratios, table if self.data is None else table.filter(pc.equal(table["mode"], "greedy")), seed)

    def _ways(self) -> list[tuple[str, Any]]:
        """The greedy way of writing, and the drawn ones, by name."""
        with training_packages():
            from tilth.model.generate import Sampling
        drawn = Sampling(self.max_new_tokens, self.temperature, self.top_p, self.top_k)
        return [("greedy", Sampling(self.max_new_tokens))] + [(f"sample {number}", drawn) for number in range(1, self._drawn() + 1)]

    def _asking(self, work: Work) -> Asking:
        """The rows with answers, and the template by which every model is asked."""
        with training_packages():
            from tilth.model.generate import Asking
        assert self.data is not None
        folders = {name: work.models[name] for name in self.models}
        like = None if self.like is None else work.models[self.like]
        return Asking.of(work.datasets[self.data], self.format, folders, (self.template, like))

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


@dataclass(frozen=True)
class _Asked:
    """Texts to be written, what is known of each before, and the tokens that end them."""

    lines: Sequence[Line]
    known: Sequence[Mapping[str, Any]]
    stops: Sequence[int] = ()


def _prompted(step: Generate, writer: Writer, work: Work) -> _Asked:
    """What is written after each prompt, each way. Raises AskedWrong where one leaves no room in the model's context."""
    ways = [(number, mode, sampling) for number, (mode, sampling) in enumerate(step._ways())]
    lines = [writer.line(prompt, sampling, work.seed * 1_000_003 + number) for prompt in step.prompts for number, _, sampling in ways]
    return _Asked(lines, [{"prompt": prompt, "mode": mode} for prompt in step.prompts for _, mode, _ in ways])


def _questioned(step: Generate, name: str, writer: Writer, asking: Asking, work: Work) -> _Asked:
    """What is answered to each row, each way. Raises DataRefused where a prompt leaves no room in the model's context."""
    with training_packages():
        from tilth.model.generate import drawn_from
    asked, stops = asking.questions(writer.model)
    long = [one for one in asked if writer.model.room(len(one.ids)) < 1]
    if long:
        named = ", ".join(f"{shown(one.id)} ({len(one.ids):,} tokens)" for one in long[:3])
        raise DataRefused(
            f"{len(long):,} of {len(asked):,} prompts of `{step.data}` leave no room in `{name}`, which sees {writer.model.context:,}"
            f" tokens: {named}.",
            remedy="Cut their texts (`clean.cut`), or drop the rows.",
        )
    lines: list[Line] = []
    known: list[dict[str, Any]] = []
    for one in asked:
        for number, (mode, sampling) in enumerate(step._ways()):
            lines.append(writer.after(one.ids, sampling, drawn_from(work.seed * 1_000_003 + number, one.prompt)))
            known.append({"id": one.id, "prompt": one.prompt, "mode": mode, "reference": one.reference})
    return _Asked(lines, known, stops)


def _written(name: str, writer: Writer, asked: _Asked, work: Work) -> Iterator[Mapping[str, Any]]:
    """A row for each text, in the order in which they were asked for."""
    found: dict[int, Written] = {}
    for number, one in writer.written(asked.lines, asked.stops):
        found[number] = one
        work.tell({"model": name, "texts": len(found), "of": len(asked.lines)})
    for number, known in enumerate(asked.known):
        one = found[number]
        right = told(one.text, known["reference"]) if "reference" in known else {}
        yield {**known, "text": one.text, "tokens": one.tokens, "stopped": one.stopped, "ended": int(one.stopped == "eos"), **right}
