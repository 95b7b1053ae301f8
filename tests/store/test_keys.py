"""Keys: one value has one key, two values have two, and what cannot be named is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.store.keys import encode, key_of

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def typed(value: object) -> object:
    """The value with its types told, so that Python's `1 == True == 1.0` does not blur the comparison."""
    if isinstance(value, dict):
        return ("dict", frozenset((name, typed(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return ("list", tuple(typed(inner) for inner in value))
    return (type(value).__name__, value + 0.0 if isinstance(value, float) else value)


@given(plain, plain)
def test_two_values_have_one_key_only_if_they_are_the_same(one: object, other: object) -> None:
    assert (encode(one) == encode(other)) == (typed(one) == typed(other))


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_of_a_mapping_does_not_matter(mapping: dict[str, int]) -> None:
    assert key_of(mapping) == key_of(dict(reversed(mapping.items())))


@pytest.mark.parametrize("value", [{1, 2}, object(), len, float("nan"), {1: "a"}, b"a".decode, 1j])
def test_what_cannot_be_named_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="A key cannot hold"):
        key_of({"setting": [value]})


def test_a_key_is_the_same_in_another_process() -> None:
    asked = {"b": [1, 2.5, None, True], "a": {"text": "æ", "bytes": b"\0"}}
    code = f"from tilth.store.keys import key_of; print(key_of({asked!r}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert told.stdout.strip() == key_of(asked)
