"""Texts for the tests of kernels, and what their plain-Python twins share."""

from pathlib import Path

from hypothesis import strategies as st

from tilth.text.characters import UNSPACED, classes

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
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(bool(classes()[ord(letter)] & UNSPACED) for letter in letters) > len(letters)


def share(part, of):
    """A ratio, None where there is nothing to divide by."""
    return part / of if of else None
