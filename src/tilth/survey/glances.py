"""How many of a column's values look like something, told by a few of them: a random sample that two glances agree on.

Each row has a random number (`tilth.survey.kept.priorities`). While there are few values all are looked at; then only those
whose number begins with a zero bit, then with two, and so on (Wegman's adaptive sampling). Those of each count of zeros are
counted apart, so that it does not matter in which order, or in which batches, rows come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.survey.tally import Digests

SEEN = 4000
"""So many values are looked at in the end, at most; and at least half as many, where there are more."""

LEVELS = 65
Counts = npt.NDArray[np.int64]
Look = Callable[[pa.Array], Mapping[str, npt.NDArray[np.bool_]]]


def _none() -> Counts:
    return np.zeros(LEVELS, np.int64)


@dataclass
class Glances:
    """What was seen so far; two of these can be joined. `bits`: so many zero bits must be at the beginning of a row's number."""

    bits: int = 0
    seen: Counts = field(default_factory=_none)
    found: dict[str, Counts] = field(default_factory=dict)

    def add(self, values: pa.Array, priority: Digests, look: Look) -> None:
        """Look at some of these. `look`: what is asked, and of which values it is true."""
        levels = LEVELS - 1 - np.frexp(priority.astype(np.float64))[1]
        self.seen = self.seen + np.bincount(levels, minlength=LEVELS)
        self._sift()
        places = np.flatnonzero(levels >= self.bits)
        for name, mask in (look(values.take(pa.array(places))) if len(places) else {}).items():
            self.found[name] = self.found.get(name, _none()) + np.bincount(levels[places[mask]], minlength=LEVELS)
        self._sift()

    def join(self, other: Glances) -> None:
        """Count what the other one has seen."""
        self.bits, self.seen = max(self.bits, other.bits), self.seen + other.seen
        for name, counts in other.found.items():
            self.found[name] = self.found.get(name, _none()) + counts
        self._sift()

    def following(self) -> Glances:
        """Nothing yet of rows that follow: it looks at none that would not count in the end."""
        return Glances(self.bits)

    def _sift(self) -> None:
        while self.seen[self.bits :].sum() > SEEN:
            self.bits += 1
        for counts in (self.seen, *self.found.values()):
            counts[: self.bits] = 0

    @property
    def looked(self) -> int:
        """How many values were looked at."""
        return int(self.seen.sum())

    def count(self, name: str) -> int:
        """Of how many this was true."""
        return int(self.found[name].sum()) if name in self.found else 0
