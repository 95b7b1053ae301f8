"""How many rows of each class are wanted."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import NothingLeft, RecipeError
from tilth.steps.balance._targets import check_possible, targets

NAMES, SIZES = ["a", "b", "c"], [10, 200, 790]


@pytest.mark.parametrize(
    ("how", "to", "wanted"),
    [
        ("undersample", None, [10, 10, 10]),
        ("undersample", 50, [10, 50, 50]),
        ("undersample", {"c": 100}, [10, 200, 100]),
        ("undersample", {"c": 0.5}, [10, 200, 210]),
        ("undersample", {"a": 0.1, "b": 0.2, "c": 0.7}, [10, 20, 70]),
        ("oversample", None, [790, 790, 790]),
        ("oversample", 300, [300, 300, 790]),
        ("oversample", {"a": 100}, [100, 200, 790]),
        ("oversample", {"a": 0.1}, [110, 200, 790]),
        ("weights", None, [790, 790, 790]),
        ("weights", {"a": 0.5}, [500, 101, 399]),
    ],
)
def test_the_target_is_what_was_asked(how, to, wanted):
    assert targets(how, to, NAMES, SIZES) == wanted


@given(st.lists(st.integers(1, 60), min_size=2, max_size=5), st.data())
def test_shares_hold_and_nothing_is_invented_or_lost(sizes, data):
    parts = [data.draw(st.integers(1, 9)) for _ in sizes]
    shares = {str(number): part / 100 for number, part in enumerate(parts[:-1])}
    names = [str(number) for number in range(len(sizes))]
    more = targets("oversample", shares, names, sizes)
    assert all(got >= size for got, size in zip(more, sizes, strict=True))
    assert all(abs(more[int(name)] - Fraction(repr(share)) * sum(more)) < 1 for name, share in shares.items())
    try:
        fewer = targets("undersample", shares, names, sizes)
    except NothingLeft:
        return
    assert all(got <= size for got, size in zip(fewer, sizes, strict=True))
    assert all(abs(fewer[int(name)] - Fraction(repr(share)) * sum(fewer)) < 1 for name, share in shares.items())


def test_a_class_of_which_there_is_no_row_is_refused_and_the_others_are_named():
    with pytest.raises(NothingLeft, match=r"class `d`\. Classes, and their rows: c \(790\), b \(200\), a \(10\)") as raised:
        targets("oversample", {"d": 100}, NAMES, SIZES)
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(("to", "said"), [({"a": 0.5, "b": 0.5}, "add up to 1, and c has none"), ({"a": 0.1, "b": 0.2, "c": 0.3}, "no other class")])
def test_shares_that_cannot_make_up_the_whole_are_refused(to, said):
    with pytest.raises(RecipeError, match=said):
        targets("undersample", to, NAMES, SIZES)


@pytest.mark.parametrize(
    ("how", "to", "said"),
    [
        ("undersample", "largest", "Say `smallest`"),
        ("oversample", "smallest", "Say `largest`"),
        ("weights", {"a": 5, "b": 0.5}, "both numbers of rows and shares"),
        ("undersample", {"a": 0.6, "b": 0.5}, "add up to 1.1"),
    ],
)
def test_what_cannot_be_is_refused_before_any_row_is_read(how, to, said):
    with pytest.raises(ValueError, match=said):
        check_possible(how, to)


def test_without_classes_there_are_no_targets():
    assert targets("undersample", None, [], []) == targets("oversample", 5, [], []) == []


def test_a_class_that_is_not_there_is_answered_with_the_nearest_and_the_largest():
    names = [f"class {number}" for number in range(40)] + ["Electronics"]
    with pytest.raises(NothingLeft) as error:
        targets("undersample", {"Electronic": 5}, names, [*range(1, 41), 7])
    assert error.value.accepted.startswith("Classes, and their rows: Electronics (7), class 39 (40), class 38 (39)")
    assert error.value.accepted.endswith(" and 21 more.")
