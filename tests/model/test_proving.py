"""Rows go through their way once: read, made examples, made to fit; and are seen as they were learned."""

from dataclasses import dataclass

import numpy as np
import pytest

from tests.tuned import work
from tilth.errors import DataRefused
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model import reading
from tilth.model.examples import Example
from tilth.model.load import Tokenizer
from tilth.model.masks import Unproved
from tilth.model.proving import found, sees, sees_packed
from tilth.model.truncation import Limit
from tilth.model.tuning import Room

ROWS = [{"text": text} for text in ("the cat", "z" * 20, "a hen", "x")]


@dataclass
class Letters:
    """A way by which a text is its tokens, all of them learned; an `x` cannot be proved."""

    tokenizer: Tokenizer
    together: int = 1
    extra: tuple[str, ...] = ("letters",)
    seen: int = 0

    def items(self, row):
        return [row.text]

    def examples(self, items):
        for row, text in items:
            self.seen += 1
            ids = np.array([1, *next(iter(self.tokenizer.encode([text])))], np.int32)
            made = Example(row, ids, np.arange(len(ids)) > 0, ((1, len(ids)),), {"letters": float(len(text))})
            yield Unproved(row, "decoded", "it is an x") if text == "x" else made

    def contexts(self, item):
        return [item]

    def changed(self, item, texts):
        return texts[0]

    def told(self):
        return {"seen": self.seen}

    def said(self, example):
        return f"{example.extra['letters']:.0f} letters"


@pytest.fixture
def place(tmp_path):
    def make(rows):
        here = work(tmp_path, {"rows": rows}, {})
        room = Room(Tokenizer(tiny_tokenizer(tmp_path / "words")), 16, tmp_path / "scratch", here)
        return here.datasets["rows"], reading.layout_of(here.datasets["rows"], None), room

    return make


def test_rows_are_made_examples_once_and_again_only_for_another_identity(place):
    data, layout, room = place(ROWS[::2])
    way = Letters(room.tokenizer)
    first = found(data, layout, way, room, Limit(16), {})
    assert (first.facts["rows"], first.facts["seen"], way.seen) == (2, 2, 2)
    assert first.fitting.extra["letters"].tolist() == [7, 5]
    again = found(data, layout, way, room, Limit(16), {})
    assert again.facts == first.facts and way.seen == 2
    found(data, layout, way, room, Limit(16), {"template": "another"})
    assert way.seen == 4


def test_rows_that_are_too_long_are_dropped_and_told(place):
    data, layout, room = place(ROWS[:3])
    made = found(data, layout, Letters(room.tokenizer), room, Limit(12, "drop"), {})
    assert (len(made.whole), len(made.fitting), made.facts["rows"]) == (3, 2, 2)
    assert made.facts["truncation"]["done"]["dropped_rows"] == [2]


def test_a_row_that_is_not_proved_stops_all_and_is_named(place):
    data, layout, room = place(ROWS)
    with pytest.raises(DataRefused, match=r"Of 4 rows, 1 cannot be learned from with proof \(decoded 1\). it is an x: row 4 \("):
        found(data, layout, Letters(room.tokenizer), room, Limit(99), {})


def test_examples_are_seen_from_a_number_on_by_what_is_searched(place):
    data, layout, room = place(ROWS[:3] * 200)
    way = Letters(room.tokenizer)
    windows = sees(data, layout, way, Limit(12, "drop"), room.tokenizer, 2, "HEN")
    first = next(windows)
    assert (first.number, first.rows[0].number, first.trained_text) == (2, 3, "a hen")
    assert way.seen == 256
    assert len(list(windows)) == 199


def test_packed_examples_are_seen_in_their_lines_each_filled_up_to_the_length(place):
    data, layout, room = place(ROWS[:3])
    way = Letters(room.tokenizer)
    lines = list(sees_packed(data, layout, way, Limit(16, "drop"), room.tokenizer, 1, ""))
    plain = list(sees(data, layout, way, Limit(16, "drop"), room.tokenizer, 1, ""))
    assert [row.number for line in lines for row in line.rows] == [1, 3] and [one.told for one in plain] == [("7 letters",), ("5 letters",)]
    assert sorted(said for line in lines for said in line.told) == ["5 letters", "7 letters"]
    for line in lines:
        kinds = [token.kind for token in line.tokens]
        assert len(kinds) == 16 and kinds == sorted(kinds, key="filling".__eq__), "filling stands at the end"
        begun = [token.starts for token in line.tokens if token.starts is not None]
        assert begun == [row.number for row in line.rows]
    assert "".join(one.trained_text for one in lines) == "".join(one.trained_text for one in plain)
    assert [line.number for line in sees_packed(data, layout, way, Limit(16, "drop"), room.tokenizer, 2, "")] == [line.number for line in lines[1:]]
    assert not list(sees_packed(data, layout, way, Limit(16, "drop"), room.tokenizer, 1, "no such text"))
