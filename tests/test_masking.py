"""What stands in the place of hidden spans: nothing else moves, and nothing of them is left."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth import masking
from tilth.errors import BooksDoNotBalance, Missing
from tilth.masking import Manner
from tilth.record import SPANS, TEXT

MANNERS: tuple[Manner, ...] = ("tag", "mask", "surrogate", "hash")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(masking.KEY, "a key that nobody knows")


def spans(*told: tuple[int, str, int, int]) -> pa.Table:
    return pa.table({name: [one[place] for one in told] for place, name in enumerate(SPANS.names)}, schema=SPANS)


@given(st.text(max_size=20), st.text(min_size=1, max_size=20), st.text(max_size=20), st.sampled_from(MANNERS))
def test_only_the_span_is_replaced(before: str, hidden: str, after: str, manner: Manner) -> None:
    start = len(before.encode())
    found = spans((1, "email", start, start + len(hidden.encode())))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(masking.KEY, "a key that nobody knows")
        put = masking.put(pa.array(["x", before + hidden + after, None], TEXT), found, manner).to_pylist()
    assert put[0] == "x" and put[2] is None
    assert put[1].startswith(before) and put[1].endswith(after)
    if manner == "tag":
        assert put[1] == f"{before}[EMAIL]{after}"
    if manner == "mask":
        assert len(put[1]) == len(before + hidden + after)


@pytest.mark.parametrize("manner", ["surrogate", "hash"])
def test_the_same_value_is_the_same_wherever_it_stands_and_however_it_is_written(manner: Manner) -> None:
    texts = pa.array(["call 0171 555 12 13", "or 0171-5551213 now", "but 0171 555 12 14"], TEXT)
    one, other, another = masking.put(texts, spans((0, "phone", 5, 19), (1, "phone", 3, 15), (2, "phone", 4, 18)), manner).to_pylist()
    assert one[5:] == other[3:-4] != another[4:]


def test_another_key_gives_other_values_and_another_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, found = pa.array(["a@b.co"], TEXT), spans((0, "email", 0, 6))
    put, mark = masking.put(texts, found, "hash"), masking.key_mark()
    monkeypatch.setenv(masking.KEY, "another key that nobody knows")
    assert masking.put(texts, found, "hash") != put and masking.key_mark() != mark


@pytest.mark.parametrize("key", ["", "short"])
def test_without_a_good_key_nothing_is_invented(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(masking.KEY, key)
    with pytest.raises(Missing) as refused:
        masking.put(pa.array(["a@b.co"], TEXT), spans((0, "email", 0, 6)), "surrogate")
    assert masking.KEY in str(refused.value)


def test_a_tag_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(masking.KEY)
    assert masking.put(pa.array(["a@b.co"], TEXT), spans((0, "email", 0, 6)), "tag").to_pylist() == ["[EMAIL]"]


def test_spans_that_overlap_are_hidden_as_one_of_the_kind_of_the_first() -> None:
    put = masking.put(pa.array(["0123456789"], TEXT), spans((0, "b", 2, 4), (0, "a", 0, 5), (0, "c", 4, 6), (0, "d", 0, 2), (0, "e", 7, 8)), "tag")
    assert put.to_pylist() == ["[A]6[E]89"]


@pytest.mark.parametrize("odd", [(0, "a", 0, 4), (0, "a", -1, 1), (0, "a", 1, 2), (0, "a", 0, 0), (1, "a", 0, 1), (-1, "a", 0, 1), (0, None, 0, 2)])
def test_a_span_that_is_no_part_of_a_text_is_a_mistake(odd: tuple[int, str, int, int]) -> None:
    with pytest.raises(BooksDoNotBalance):
        masking.put(pa.array(["üb"], TEXT), spans(odd), "tag")


def test_spans_in_a_slice_of_texts_are_those_of_the_slice() -> None:
    texts = pa.array(["üü", "bü", None, "cd"], TEXT).slice(1)
    assert masking.put(texts, spans((0, "a", 0, 1), (2, "b", 1, 2)), "tag").to_pylist() == ["[A]ü", None, "c[B]"]
