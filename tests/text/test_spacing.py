"""One space between words, one break between lines: the kernel beside the same said with patterns."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.text.normalise import LINE_END, ODD_LINE_ENDS, SPACE
from tilth.text.spacing import prepare, single_spaced

SPACY = st.text(alphabet=st.sampled_from(" \t\n\r\x0b\x85\u00a0\u1680\u2003\u200b\u2028\u202f\u3000\u3042éab")) | st.text()


@pytest.fixture(autouse=True, scope="module")
def _compiled():
    prepare()


def python(pattern):
    """A pattern of RE2 as Python writes it."""
    return re.sub(r"\\x\{(\w+)\}", lambda code: rf"\U{int(code[1], 16):08x}", pattern)


def twin(text, blank_lines, keep_indentation):
    """The same, line by line."""
    space = python(SPACE)
    lines = [re.sub(f"[{space}]+$", "", line) for line in re.split(python(ODD_LINE_ENDS) + "|\n", text)]
    if keep_indentation:
        lines = [re.sub(f"(?<=[^{space}])[{space}]+", " ", line) for line in lines]
    else:
        lines = [re.sub(f"[{space}]+", " ", line).strip(" ") for line in lines]
    joined = "\n".join(lines).strip("\n")
    return re.sub(rf"\n{{{blank_lines + 2},}}", "\n" * (blank_lines + 1), joined)


@given(st.lists(SPACY | st.none(), max_size=6), st.integers(0, 3), st.booleans())
def test_the_kernel_writes_what_its_plain_twin_writes(values, blank_lines, keep_indentation):
    found = single_spaced(pa.array(values, pa.large_string()), blank_lines, keep_indentation=keep_indentation)
    assert found.to_pylist() == [None if value is None else twin(value, blank_lines, keep_indentation) for value in values]


@given(SPACY, st.integers(1, 5))
def test_a_slice_of_a_column_is_read_where_it_begins(text, start):
    column = pa.array(["x  y"] * start + [text], pa.large_string())
    assert single_spaced(column.slice(start), 1, keep_indentation=False).to_pylist() == [twin(text, 1, False)]


def test_a_column_in_which_nothing_changes_is_given_back_itself():
    column = pa.array(["a b\nc", None, ""], pa.large_string())
    assert single_spaced(column, 1, keep_indentation=False) is column


def test_the_spaces_and_line_ends_are_those_of_the_patterns():
    space, end = re.compile(f"[{python(SPACE)}]"), re.compile(f"[{python(LINE_END)}]")
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    found = single_spaced(pa.array([f"a{one}b" for one in every], pa.large_string()), 1, keep_indentation=False).to_pylist()
    wanted = ["a b" if space.match(one) else "a\nb" if end.match(one) else f"a{one}b" for one in every]
    assert found == wanted
