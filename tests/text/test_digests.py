"""Digests of texts."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.text.digests import digests, prepare

MASK = (1 << 64) - 1


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    prepare()


def twin(text: str) -> int:
    one = 0xCBF29CE484222325
    for byte in text.encode():
        one = (one ^ byte) * 0x100000001B3 & MASK
    for factor in (0xFF51AFD7ED558CCD, 0x9E3779B97F4A7C15):
        one = (one ^ one >> 32) * factor & MASK
    return one ^ one >> 32


@given(st.lists(st.one_of(st.none(), st.text(max_size=9)), max_size=9))
def test_every_text_has_the_digest_of_its_bytes(values: list[str | None]) -> None:
    assert digests(pa.array(values, pa.large_string())).tolist() == [twin(value or "") for value in values]


def test_a_slice_has_the_digests_of_its_own_texts() -> None:
    column = pa.array(["a", "bb", "ccc"], pa.large_string())
    assert digests(column.slice(1)).tolist() == [twin("bb"), twin("ccc")]
