"""A rubric: what a model is asked about a row, and what its answer says of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tilth.model.asking import Messages
from tilth.model.chat import Asked, answers_of
from tilth.model.prompt import DATA, rendered
from tilth.step import Settings

SYSTEM = (
    "You score rows of a dataset by a rubric. " + DATA + ' Answer with JSON alone: {{"score": n}}, where n is a number from {low} to {high}. '
    "Write nothing else."
)
"""What the model is told before the rubric."""

THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
OBJECT = re.compile(r"\{[^{}]*\}")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")


class Example(Settings):
    """A row with the score that it deserves."""

    row: dict[str, str | int | float | bool | None]
    """The values of the columns that the rubric names: `{text: "…"}`."""
    score: float
    """Its score."""


@dataclass(frozen=True)
class Scale:
    """What is scored: the rubric with the columns that it names, the lowest and the highest score, and examples with theirs."""

    template: str
    columns: tuple[str, ...]
    ends: tuple[float, float]
    examples: tuple[tuple[str, float], ...]

    def conversation(self, row: Mapping[str, Any]) -> Messages | None:
        """What is said about a row; None where there is nothing in it to be scored."""
        question = rendered(self.template, row)
        if question is None:
            return None
        low, high = self.ends
        turns = [(role, said) for asked, score in self.examples for role, said in (("user", asked), ("assistant", f'{{"score": {score:g}}}'))]
        told = [("system", SYSTEM.format(low=f"{low:g}", high=f"{high:g}")), *turns, ("user", question)]
        return [{"role": role, "content": said} for role, said in told]


def judge_score(model: Asked, scale: Scale, name: str, *arrays: pa.Array) -> Mapping[str, pa.Array]:
    """The measure: the score of each row, null where it is not judged."""
    columns = [array.to_pylist() for array in arrays]
    rows = [dict(zip(scale.columns, values, strict=True)) for values in zip(*columns, strict=True)]
    answers = answers_of(model, [scale.conversation(row) for row in rows])
    read = [None if answer is None or not isinstance(answer.value, str) else score_in(answer.value, scale.ends) for answer in answers]
    return {name: pa.array(read, pa.float64())}


def score_in(answer: str, ends: tuple[float, float]) -> float | None:
    """The score that an answer gives: that of its JSON object, else its first number on the scale; None where there is none."""
    said = THOUGHT.sub("", answer)
    for found in OBJECT.findall(said):
        score = _score_of(found)
        if score is not None:
            return score if ends[0] <= score <= ends[1] else None
    numbers = (float(number) for number in NUMBER.findall(said))
    return next((number for number in numbers if ends[0] <= number <= ends[1]), None)


def _score_of(text: str) -> float | None:
    """The number `score` of a JSON object."""
    try:
        told = json.loads(text)
    except ValueError:
        return None
    score = told.get("score")
    return float(score) if isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score) else None
