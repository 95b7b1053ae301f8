"""Dialects: the rules of Gopher, C4 and FineWeb as the code of other tools reads them, each a named preset.

The same rule differs from tool to tool in what a word or a line is, which copies count, by what is divided and at which limit
a row falls; `tilth.text.datatrove`, `dclm`, `curator` and `dolma` tell it of theirs. Here are the rules of each in its
own order with its own limits, both included: where a tool drops what is greater or less than its limit, or keeps what is
not, that is the same, since each measure here is the number that the tool compares. `tilth` has what `tilth.text.rules` says.

A dialect judges every text, also in scripts without spaces, as its tool does.

- dclm's C4 counts sentences by NLTK's punkt, whose model no package holds; so it is no part of its dialect.
- Dolma's limits are those of its recipe for CCCC, which allows 30 % of characters in duplicate lines. That recipe names its limits for
  the most frequent runs otherwise than the tagger names the measures, so that they drop nothing there; here they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pyarrow as pa

from tilth.text import curator, datatrove, dclm, dolma, pieces, runs, tokens
from tilth.text.rules import USUAL, Limits

Family = Callable[[pa.Array], Mapping[str, pa.Array]]
Rules = Mapping[str, Limits]

_TOP: Rules = {"top_2_gram": (None, 0.2), "top_3_gram": (None, 0.18), "top_4_gram": (None, 0.16)}
_DUPLICATE: Rules = {f"duplicate_{n}_grams": (None, share) for n, share in zip(range(5, 11), (0.15, 0.14, 0.13, 0.12, 0.11, 0.1), strict=True)}
_LENGTHS: Rules = {"words": (50, 100_000), "mean_word_length": (3, 10)}

_DCLM: Mapping[str, Rules] = {
    "gopher": {
        **_LENGTHS,
        "symbol_ratio": (None, 0.1),
        "bullet_lines": (None, 0.9),
        "ellipsis_lines": (None, 0.3),
        "non_alphabetic_words": (None, 0.2),
        "stop_words": (2, None),
    },
    "gopher_repetition": {
        "duplicate_lines": (None, 0.3),
        "duplicate_paragraphs": (None, 0.3),
        "duplicate_line_characters": (None, 0.2),
        "duplicate_paragraph_characters": (None, 0.2),
        **_TOP,
        **_DUPLICATE,
    },
}

_CURATOR: Mapping[str, Rules] = {
    "gopher": {
        "symbol_words": (None, 0.1),
        "words": (50, 100_000),
        "alphabetic_words": (0.8, None),
        "stop_words": (2, None),
        "mean_word_length": (3, 10),
        "ellipsis_lines": (None, 0.3),
        "bullet_lines": (None, 0.9),
    },
    "gopher_repetition": {
        "unique_lines": (0.7, None),
        "unique_paragraphs": (0.7, None),
        "unique_line_characters": (0.8, None),
        "unique_paragraph_characters": (0.8, None),
        **_TOP,
        **_DUPLICATE,
    },
    "c4": {"boilerplate": (None, 0.4), "unended_lines": (None, 0.85), "longest_word": (None, 1000)},
}

_DOLMA: Mapping[str, Rules] = {
    "gopher": {
        "words": (50, 100_000),
        "median_word_length": (3, 10),
        "symbol_words": (None, 0.1),
        "alphabetic_words": (0.8, None),
        "stop_words": (2, None),
        "bullet_lines": (None, 0.9),
        "ellipsis_lines": (None, 0.3),
    },
    "gopher_repetition": {"duplicate_lines": (None, 0.3), "duplicate_line_characters": (None, 0.3), **_TOP, **_DUPLICATE},
    "c4": {"curly_brackets": (None, 0), "lorem_ipsum": (None, 0), "javascript": (None, 0)},
}

DIALECTS: Mapping[str, Mapping[str, Rules]] = MappingProxyType(
    {"tilth": USUAL, "datatrove": USUAL, "dclm": _DCLM, "curator": _CURATOR, "dolma": _DOLMA}
)
"""For each dialect its sets of rules: their measures in the order in which they are tried, with their limits, both included.
datatrove has the sets, names, order and limits of `tilth`, and other measures."""

_FAMILIES: Mapping[str, Mapping[str, Family]] = MappingProxyType(
    {
        "datatrove": {"gopher": datatrove.of_words, "gopher_repetition": datatrove.of_words, "c4": datatrove.c4, "fineweb": datatrove.of_words},
        "dclm": {"gopher": dclm.gopher, "gopher_repetition": dclm.gopher_repetition},
        "curator": {"gopher": curator.gopher, "gopher_repetition": curator.gopher_repetition, "c4": curator.c4},
        "dolma": {"gopher": dolma.gopher, "gopher_repetition": dolma.gopher_repetition, "c4": dolma.c4},
    }
)


def family(dialect: str, rules: str) -> Family:
    """The function that takes the measures of a set of rules, of any dialect but `tilth`."""
    return _FAMILIES[dialect][rules]


def key(dialect: str, rules: str) -> str:
    """What the measures of a set of rules depend on beside the text: the dialect, and the version of the package that finds its words.
    Raises Missing where the package is not there."""
    if dialect == "datatrove":
        return f"datatrove, {tokens.spacy_version()}"
    if dialect == "dclm" and rules == "gopher_repetition":
        return f"dclm, {tokens.uniseg_version()}"
    return dialect


def prepare() -> None:
    """Compile what the dialects need, before workers start."""
    pieces.prepare()
    runs.prepare()
