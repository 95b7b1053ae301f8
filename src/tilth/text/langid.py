"""py3langid's model of 140 languages as a kernel: the probability of each language for each text.

A naive Bayes classifier over 100,053 sequences of bytes, which an automaton finds in one walk over the text (Lui and
Baldwin 2012, "langid.py"; model and method are those of py3langid 0.4, by Adrien Barbaresi). The score of a language
is its prior and, for each sequence, the logarithm of 1 + its count times its weight; probabilities come of scores
divided by the square root of the number of bytes. The package walks in Python, at 10,000 sentences a second; here it
is six times that, and sums are taken in one order on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba.core import types
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from tilth.text.buffers import valued_spans
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.normalise import each, normalised, only

States = Annotated[npt.NDArray[np.uint32], types.Array(types.uint32, 1, "C", readonly=True)]
"""The state that follows a state and a byte: 256 of them a row; or the row of each state."""

Found = Annotated[npt.NDArray[np.int32], types.Array(types.int32, 1, "C", readonly=True)]
"""The sequence that ends in a state; −1 for none."""

Weights = Annotated[npt.NDArray[np.float32], types.Array(types.float32, 2, "C", readonly=True)]
"""For each sequence a line, in it a weight for each language; the last line has the priors."""

Scores = Annotated[npt.NDArray[np.float64], types.Array(types.float64, 2, "C")]
"""For each text a line, in it a score for each language, written."""


@dataclass(frozen=True)
class Model:
    """The automaton, and what each sequence says of each language. A label may stand twice: then its probabilities add."""

    labels: tuple[str, ...]
    following: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.uint32]
    found: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


@cache
def model() -> Model:
    """The model that comes with py3langid: 100 MB, unpacked in about a second, once in a process."""
    packed = LanguageIdentifier.from_model_file(MODEL_FILE)
    return Model(
        tuple(packed.nb_classes),
        np.asarray(packed.tk_nextmove, np.uint32),
        np.asarray(packed.tk_row, np.uint32),
        np.asarray(packed.tk_output, np.int32),
        np.vstack([packed.nb_ptc, packed.nb_pc]).astype(np.float32),
    )


def probabilities(column: pa.LargeStringArray) -> npt.NDArray[np.float64]:
    """For each text a line, in it a probability for each of the model's labels. A null is an empty text, of which
    nothing is known: the labels are equally probable."""
    known = model()
    data, offsets = valued_spans(_prepared(column))
    scores = np.empty((len(column), len(known.labels)))
    _score(data, offsets, known.following, known.rows, known.found, known.weights, scores)
    scores -= scores.max(axis=1, keepdims=True, initial=-np.inf)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def _prepared(column: pa.LargeStringArray) -> pa.LargeStringArray:
    """As the model was trained: in NFC, and a text all in capitals in lower case. Python and Arrow do not call the same
    characters capitals; those of ASCII are seen at once, and the rest is left to Python."""
    few = pc.invert(pc.match_substring_regex(column, "[a-z]"))
    return normalised(only(column, few, each(lambda text: text.lower() if text.isupper() else text)), "NFC")


def prepare() -> None:
    """Load the model and compile what it needs, before workers start."""
    model()
    _score.compile()


@kernel
def _score(data: Bytes, offsets: Offsets, following: States, rows: States, found: Found, weights: Weights, scores: Scores) -> None:
    counts = np.zeros(len(weights), np.int64)
    seen = np.empty(len(weights), np.int64)
    for text in range(len(offsets) - 1):
        state, distinct, line = 0, 0, scores[text]
        for at in range(offsets[text], offsets[text + 1]):
            state = int(np.int64(following[(np.int64(rows[state]) << 8) + np.int64(data[at])]))
            sequence = found[state]
            if sequence >= 0:
                if counts[sequence] == 0:
                    seen[distinct] = sequence
                    distinct += 1
                counts[sequence] += 1
        line[:] = 0.0
        if distinct:
            line += weights[-1]
        for place in range(distinct):
            sequence, weight = seen[place], np.log1p(counts[seen[place]])
            counts[sequence] = 0
            for label in range(len(line)):
                line[label] += weight * np.float64(weights[sequence, label])
        line /= np.sqrt(max(1, offsets[text + 1] - offsets[text]))
