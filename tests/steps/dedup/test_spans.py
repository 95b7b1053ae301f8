"""Spans of units: in order, without overlaps, each with the row that keeps what stands there."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.record import as_ids, ids_of_values
from tilth.steps.dedup._spans import listed, spans
from tilth.text.units import units

PIECES = st.lists(st.sampled_from(["One two. ", "Three.", "\n", "\n\n", " ", "Four five. Six.\n"]), max_size=12).map("".join)


def sketched(columns, unit):
    found = [units(pa.array(texts, pa.large_string()), unit, (), 1) for texts in columns]
    table = {}
    for number, one in enumerate(found):
        table |= {f"numbers_{number:02}": one.numbers, f"places_{number:02}": one.places, f"bytes_{number:02}": one.sizes}
    return pa.table(table)


def test_the_units_of_several_columns_are_listed_row_by_row():
    every = listed(sketched([["a\nb", "c"], ["d", ""]], "line"), 2)
    assert every.texts.tolist() == [0, 0, 1, 2] and every.sizes.tolist() == [3, 1, 1, 0]
    assert every.rows(np.array([0, 2, 3])).tolist() == [0, 0, 1] and every.bytes(np.array([0, 3])).tolist() == [1, 1]


@settings(deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=4), st.sampled_from(["line", "paragraph", "sentence"]), st.data())
def test_what_goes_is_the_units_and_white_space_and_no_more(texts, unit, data):
    every = listed(sketched([texts], unit), 1)
    gone = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(every.texts), max_size=len(every.texts))))
    partner = np.array([data.draw(st.integers(0, 2)) for _ in gone], np.int64)
    found = spans(every, gone, partner)
    assert (np.diff(found.texts) >= 0).all() and (found.starts < found.stops).all()
    for row, text in enumerate(texts):
        mine = found.texts == row
        assert (found.starts[mine][1:] >= found.stops[mine][:-1]).all()
        left = "".join(text[begin:stop] for begin, stop in zip([0, *found.stops[mine]], [*found.starts[mine], len(text)], strict=True))
        stay = [one for one in np.flatnonzero(every.texts == row) if one not in gone]
        where = [(int(every.places[one] >> np.uint64(32)) & 0x7FFFFFFF, int(every.places[one] & np.uint64(0xFFFFFFFF))) for one in stay]
        assert left.split() == " ".join(text[begin:stop] for begin, stop in where).split()
        if (every.texts == row).any() and not stay:
            assert left == ""
        if not text.endswith("\n") and stay:
            assert not left.endswith("\n"), "no empty line is left at the end"


def test_neighbours_that_other_rows_keep_are_spans_by_themselves():
    every = listed(sketched([["a\nb\nc\nd"]], "line"), 1)
    found = spans(every, np.array([0, 1, 2]), np.array([5, 5, 6]))
    assert (found.starts.tolist(), found.stops.tolist(), found.partners.tolist(), found.emptied) == ([0, 4], [4, 6], [5, 6], 0)


def test_the_table_names_columns_and_partners():
    ids = as_ids(pa.array(ids_of_values(range(2)), pa.binary(16)))
    every = listed(sketched([["a", "a"], ["b", "b"]], "line"), 2)
    told = spans(every, np.array([2, 3]), np.array([0, -1])).table(["text", "title"], ids).to_pylist()
    assert [(one["row"], one["column"], one["partner"]) for one in told] == [(1, "text", bytes(ids[0])), (1, "title", None)]
    nothing = spans(every, np.array([], np.int64), np.array([], np.int64))
    assert nothing.table(["text", "title"], ids).num_rows == 0
