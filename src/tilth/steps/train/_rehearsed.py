"""A training tried on a few rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tilth.model.extra import training_packages
from tilth.work import Work

if TYPE_CHECKING:
    from tilth.model.tuning import Subject, Wanted


def rehearsed(wanted: Wanted, subject: Subject, work: Work, rows: int | None) -> dict[str, Any]:
    """What the trial told. `rows`: about how many the whole dataset has."""
    with training_packages():
        from tilth.model.rehearsal import rehearse
    told: dict[str, Any] = rehearse(wanted, subject, work, rows)
    return told
