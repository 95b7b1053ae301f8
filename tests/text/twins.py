"""Texts for the tests of kernels, and what their plain-Python twins share."""

import unicodedata
from pathlib import Path

from hypothesis import strategies as st

from tilth.text.characters import ENDING, QUOTE, UNENDED, UNSPACED, classes

DATA = Path(__file__).parents[2] / "../shared/data"

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
"""All of Unicode; Arrow's strings cannot hold half a surrogate pair."""

TOKENS = ["the", "That,", "a", "bb", "#", "-", "•", ".", "..", "...", "…", "\0", "é", "e\u0301", "😀", "中", "ไทย", "한국어", "1"]
SPACES = [" ", " ", "  ", "\t", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\x0b", "\x1c", "\x1f", "\x85", "\u2028", "\u3000", ""]
FEW_TOKENS = st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from(SPACES)).map("".join), max_size=40).map("".join)
"""Texts of few tokens, in which words, runs of words and lines come again."""

RUNS = st.lists(st.sampled_from("abcd"), max_size=12)
REPEATED = st.builds(lambda run, times, rest: " ".join(run * times) + rest, RUNS, st.integers(1, 4), FEW_TOKENS)
"""Texts that say the same run of words several times."""

TEXTS = ANY_TEXT | FEW_TOKENS | REPEATED


def unspaced(text):
    """Whether most letters are of scripts without spaces; what those are is told in test_characters.py."""
    return _most_letters(text, UNSPACED)


def unended(text):
    """Whether most letters are of scripts without a mark for the end of a sentence."""
    return _most_letters(text, UNENDED)


def _most_letters(text, kind):
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(bool(classes()[ord(letter)] & kind) for letter in letters) > len(letters)


MARKS = "".join(map(chr, (classes() & ENDING).nonzero()[0]))
"""What ends a sentence."""

QUOTES = "".join(map(chr, (classes() & QUOTE).nonzero()[0]))
BRACKETS = ")]）】"


def share(part, of):
    """A ratio, None where there is nothing to divide by."""
    return part / of if of else None


class Folding(dict):
    """For `str.translate`: what a character counts as within a word; a space where it stands between words."""

    def __missing__(self, code):
        character = chr(code)
        self[code] = character.lower()[0] if unicodedata.category(character)[0] in "LMN" else " "
        return self[code]


FOLDING = Folding()


def shingled(text):
    """The shingles of a text as tuples of words or of characters, as the docstring of `tilth.text.shingles` says it."""
    words, length = [word for word in text.translate(FOLDING).split(" ") if word], 5
    if unspaced(text):
        words, length = list("".join(words)), 8
    return {tuple(words[place : place + length]) for place in range(max(1, len(words) - length + 1))} if words else set()
