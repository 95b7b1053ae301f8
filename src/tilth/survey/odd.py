"""The oddest texts of a sample: those with a measure farthest from where the others have it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.survey.facts import Remarkable
from tilth.survey.kept import ROW, measure_column, place_of

LEAST, FAR, MOST, BEGINS = 50, 8.0, 2, 160
WORDS = {
    "mean_word_length": "characters a word",
    "alphabetic_words": "of the words have a letter",
    "ended_lines": "of the lines end in punctuation",
    "short_lines": "of the lines are short",
    "duplicate_lines": "of the lines are there twice",
    "top_2_gram": "of the text is one pair of words",
    "duplicate_5_grams": "of the text repeats runs of five words",
    "hash_ratio": "# a word",
    "newline_ratio": "line breaks a word",
}
"""What a measure is called in a reason."""

SHARES = {"alphabetic_words", "ended_lines", "short_lines", "duplicate_lines", "top_2_gram", "duplicate_5_grams"}


def oddest(sample: pa.Table, column: str, texts: pa.LargeStringArray) -> list[Remarkable]:
    """The oddest rows, at most two, each for another measure: how many times the spread of the others (from the 5th to the
    95th percent) its measure lies away from their median. None where nothing is far from the rest."""
    if sample.num_rows < LEAST:
        return []
    found: list[tuple[float, int, str]] = []
    for name in WORDS:
        values = np.asarray(pc.cast(sample[measure_column(column, name)].combine_chunks(), pa.float64()).fill_null(np.nan), np.float64)
        away = _away(values)
        if away is not None:
            row = int(np.nanargmax(away))
            found.append((float(away[row]), row, name))
    told: list[Remarkable] = []
    seen: set[int] = set()
    for far, row, name in sorted(found, reverse=True):
        if far >= FAR and row not in seen and len(told) < MOST:
            seen.add(row)
            told.append(_remarkable(sample, column, texts, row, name))
    return told


def _away(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    there = np.isfinite(values)
    if there.sum() < LEAST:
        return None
    low, middle, high = np.nanquantile(values, [0.05, 0.5, 0.95])
    return np.asarray(np.abs(values - middle) / (high - low)) if high > low else None


def _remarkable(sample: pa.Table, column: str, texts: pa.LargeStringArray, row: int, name: str) -> Remarkable:
    values = np.asarray(pc.cast(sample[measure_column(column, name)].combine_chunks(), pa.float64()).fill_null(np.nan), np.float64)
    low, high = np.nanquantile(values, [0.05, 0.95])
    shown = [f"{one:.0%}" if name in SHARES else f"{one:.3g}" for one in (values[row], low, high)]
    begins = pc.utf8_slice_codeunits(texts.slice(row, 1), 0, BEGINS)[0].as_py() or ""
    why = f"{shown[0]} {WORDS[name]}; of most texts {shown[1]} to {shown[2]}" if shown[1] != shown[2] else f"{shown[0]} {WORDS[name]}"
    number = sample[ROW][row].as_py()
    return Remarkable(why=why, row=number, place=place_of(sample, row), begins=begins, value=float(values[row]))
