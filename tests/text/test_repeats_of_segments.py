"""Lines and paragraphs that come again, beside plain Python."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.peers import again, copies, size
from tilth.text import pieces
from tilth.text.repeats_of_segments import segments

LINES = st.lists(st.sampled_from(["", "a", "ab", "é", "a ", "中"]), min_size=1, max_size=8)


@settings(deadline=None)
@given(st.lists(LINES, max_size=4))
def test_each_way_of_counting_copies_is_that_of_plain_python(rows):
    column = pa.array(["\n".join(lines) for lines in rows], pa.large_string())
    told = segments(pieces.described(pieces.cut(pieces.wholes(column))))
    assert told.number.tolist() == list(map(len, rows))
    assert told.characters.tolist() == list(map(size, rows))
    assert told.again.tolist() == [len(again(lines)) for lines in rows]
    assert told.again_characters.tolist() == [size(again(lines)) for lines in rows]
    assert told.copies.tolist() == [len(copies(lines)) for lines in rows]
    assert told.copied.tolist() == [size(copies(lines)) for lines in rows]


def test_the_same_line_in_two_rows_is_no_copy():
    column = pa.array(["a\nb", "a\nb"], pa.large_string())
    assert segments(pieces.described(pieces.cut(pieces.wholes(column)))).copies.tolist() == [0, 0]
