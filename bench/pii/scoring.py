"""Findings beside labels, by entity: precision, recall and F1, of spans that are the same and of spans that share a character."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

Span = tuple[int, int]
Findings = Sequence[Sequence[tuple[str, int, int, float]]]
"""For each text its findings: the entity, where it begins and ends, and how sure it is, of 1."""

SURENESS = (0.0, 0.3, 0.35, 0.4, 0.5, 0.6, 0.85)
"""How sure a finding must be; each side is told at the one at which its F1 is best."""


@dataclass(frozen=True)
class Score:
    """Of an entity: labelled spans, found ones, and those of each that the other has too."""

    labelled: int
    found: int
    found_right: int
    labels_found: int
    sure: float = 0.0

    @property
    def precision(self) -> float:
        """The share of findings that are right; 1 where there are none."""
        return self.found_right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of labels that were found; 1 where there are none."""
        return self.labels_found / self.labelled if self.labelled else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision + self.recall else 0.0


def same(one: Span, other: Span) -> bool:
    """Whether two spans are the same."""
    return one == other


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def score(labels: Sequence[Collection[Span]], found: Findings, entity: str, agree: Callable[[Span, Span], bool], sure: float = 0.0) -> Score:
    """Count, text by text."""
    labelled = told = right = met = 0
    for true, some in zip(labels, found, strict=True):
        spans = {(start, stop) for name, start, stop, sureness in some if name == entity and sureness >= sure}
        labelled, told = labelled + len(true), told + len(spans)
        right += sum(any(agree(span, label) for label in true) for span in spans)
        met += sum(any(agree(span, label) for span in spans) for label in true)
    return Score(labelled, told, right, met, sure)


def best(labels: Sequence[Collection[Span]], found: Findings, entities: Sequence[str], agree: Callable[[Span, Span], bool]) -> Score:
    """The score under the name and the sureness at which F1 is best."""
    return max((score(labels, found, entity, agree, sure) for entity in entities for sure in SURENESS), key=lambda one: one.f1)
