"""The rules of quality that papers used: sets of measures, each with its usual limits.

Sources: Gopher, Rae et al. 2021 (arXiv 2112.11446), appendix A1; C4, Raffel et al. 2020 (arXiv 1910.10683), section 2.2;
FineWeb, Penedo et al. 2024 (arXiv 2406.17557), section 3, with the limits of its code: the paper allows 10 % of repeated
lines' characters, the code 1 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tilth.text import lines, repetition, walk

Limits = tuple[float | None, float | None]
"""The smallest and the largest value that stays; null: no limit."""

USUAL: Mapping[str, Mapping[str, Limits]] = MappingProxyType(
    {
        "gopher": {
            "words": (50, 100_000),
            "mean_word_length": (3, 10),
            "hash_ratio": (None, 0.1),
            "ellipsis_ratio": (None, 0.1),
            "bullet_lines": (None, 0.9),
            "ellipsis_lines": (None, 0.3),
            "alphabetic_words": (0.8, None),
            "stop_words": (2, None),
        },
        "gopher_repetition": {
            "duplicate_paragraphs": (None, 0.3),
            "duplicate_paragraph_characters": (None, 0.2),
            "duplicate_lines": (None, 0.3),
            "duplicate_line_characters": (None, 0.2),
            "top_2_gram": (None, 0.2),
            "top_3_gram": (None, 0.18),
            "top_4_gram": (None, 0.16),
            "duplicate_5_grams": (None, 0.15),
            "duplicate_6_grams": (None, 0.14),
            "duplicate_7_grams": (None, 0.13),
            "duplicate_8_grams": (None, 0.12),
            "duplicate_9_grams": (None, 0.11),
            "duplicate_10_grams": (None, 0.1),
        },
        "c4": {"lorem_ipsum": (None, 0), "curly_brackets": (None, 0), "sentences": (5, None)},
        "fineweb": {
            "lines": (1, None),
            "ended_lines": (0.12, None),
            "short_lines": (None, 0.67),
            "repeated_line_characters": (None, 0.01),
            "newline_ratio": (None, 0.3),
        },
    }
)
"""The measures of each set in the order in which they are tried, with their limits, both included."""

MEASURED = MappingProxyType(
    {
        **dict.fromkeys((*USUAL["gopher"], "lines"), walk.walk),
        **dict.fromkeys((*USUAL["gopher_repetition"], "repeated_line_characters"), repetition.repetition),
        **dict.fromkeys((*USUAL["c4"], "ended_lines", "short_lines", "newline_ratio"), lines.lines),
    }
)
"""The family that each measure belongs to, taken in one walk over the text."""
