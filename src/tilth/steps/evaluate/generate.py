"""What models write after prompts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from tilth.model.extra import training_packages
from tilth.step import Judge, ModelName
from tilth.steps.evaluate._bootstrap import ratio_interval
from tilth.work import Judgement, Known, Score, Work

ITEMS = pa.schema(
    [("model", pa.string()), ("prompt", pa.string()), ("mode", pa.string()), ("text", pa.string()), ("tokens", pa.int64()), ("stopped", pa.string())]
)


class Generate(Judge):
    """Let models write after prompts: first the likeliest text, then drawn ones.

    Greedy decoding takes the likeliest token each time. Then, where `temperature` is above 0, `samples`
    texts are drawn: from the `top_k` likeliest tokens, cut to the smallest set with probability `top_p`
    (Holtzman et al. 2020). What is drawn depends on the seed, the prompt and the sample's number alone.
    Metrics: `length`, the mean number of new tokens, and `ended`, the share of texts that the model ended
    itself, over all texts, with 95 % bootstrap intervals.
    """

    models: tuple[ModelName, ...] = Field(min_length=1)
    """The models."""
    prompts: tuple[str, ...] = Field(min_length=1)
    """What they go on from; control tokens in them mean what they say."""
    max_new_tokens: int = Field(default=64, ge=1)
    """The most tokens written; the prompt does not count."""
    samples: int = Field(default=1, ge=0)
    """Drawn texts for each prompt, after the greedy one."""
    temperature: float = Field(default=0.8, ge=0)
    """Divides the logits before drawing: lower is safer. 0: only the greedy text."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Draw from the likeliest tokens that together have this probability."""
    top_k: int = Field(default=0, ge=0)
    """Draw from so many likeliest tokens; 0: from all."""

    def gives(self) -> tuple[str, ...]:
        return ("length", "ended")

    def judge(self, work: Work) -> Judgement:
        """Write every text of every model."""
        with training_packages():
            from tilth.model.generate import Sampling, Writer
        greedy = Sampling(self.max_new_tokens)
        drawn = Sampling(self.max_new_tokens, self.temperature, self.top_p, self.top_k)
        ways = [("greedy", greedy)] + [(f"sample {number}", drawn) for number in range(1, self._drawn() + 1)]
        rows: list[dict[str, Any]] = []
        for name in self.models:
            writer = Writer(work.models[name], work.machine.device)
            for prompt in self.prompts:
                for number, (mode, sampling) in enumerate(ways):
                    found = writer.write(prompt, sampling, work.seed * 1_000_003 + number)
                    rows.append({"model": name, "prompt": prompt, "mode": mode, "text": found.text, "tokens": found.tokens, "stopped": found.stopped})
                work.tell({"model": name, "texts": len(rows), "of": len(self.models) * len(self.prompts) * len(ways)})
        scores = [score for name in self.models for score in _scores(name, rows, work.seed)]
        return Judgement(scores, pa.Table.from_pylist(rows, ITEMS), {"precision": "fp32"})

    def _drawn(self) -> int:
        return self.samples if self.temperature > 0 else 0

    def estimate(self, known: Known) -> dict[str, float]:
        """One token at a time: a third of a training step's operations each."""
        tokens = len(self.prompts) * (1 + self._drawn()) * self.max_new_tokens
        facts = [known.models.get(name, {}) for name in self.models]
        if not all("flops_per_token" in fact for fact in facts):
            return {"tokens": tokens * len(self.models)}
        return {"tokens": tokens * len(self.models), "flops": sum(tokens * fact["flops_per_token"] / 3 for fact in facts)}


def _scores(name: str, rows: list[dict[str, Any]], seed: int) -> list[Score]:
    """Mean length and share of ended texts; with one text there is no interval."""
    mine = [row for row in rows if row["model"] == name]
    one = np.ones(len(mine))
    found = []
    for metric, values in (("length", [row["tokens"] for row in mine]), ("ended", [row["stopped"] == "eos" for row in mine])):
        numbers = np.array(values, np.float64)
        low, high = ratio_interval(numbers, one, seed) if len(mine) > 1 else (None, None)
        found.append(Score(name, metric, float(numbers.mean()), low, high, len(mine)))
    return found
