"""Groups of a fixed shape: each text once, none wider than the model, filled up with texts and not with nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.model.padding import filled, groups, positions


class Config:
    """A configuration of Transformers, as far as it is asked."""

    def __init__(self, model_type, places):
        self.model_type, self.places, self.pad_token_id = model_type, places, 1

    def to_dict(self):
        return {"max_position_embeddings": self.places}


@given(st.lists(st.integers(0, 100), max_size=60), st.integers(1, 600))
def test_every_text_is_in_one_group_whose_shape_depends_on_its_length_alone(lengths, at_once):
    told = list(groups(lengths, at_once, 100))
    assert sorted(number for numbers, _, _ in told for number in numbers) == list(range(len(lengths)))
    for numbers, size, width in told:
        assert 1 <= len(numbers) <= size and all(lengths[number] <= width <= 100 for number in numbers)
        assert {(size, width)} == {(size, width) for _, size, width in groups([lengths[numbers[0]]], at_once, 100)}


def test_a_group_is_filled_up_with_its_own_texts_and_an_empty_text_has_one_place():
    ids, there = filled([[5, 6], []], 3, 4, 9)
    assert ids.tolist() == [[5, 6, 9, 9], [9, 9, 9, 9], [5, 6, 9, 9]]
    assert there.sum(axis=1).tolist() == [2, 1, 2] and there.dtype == np.int64


@pytest.mark.parametrize(("kind", "places", "most"), [("bert", 512, 512), ("roberta", 514, 512), ("xlm-roberta", 514, 512), ("t5", None, 1 << 30)])
def test_the_places_that_are_not_for_tokens_do_not_count(kind, places, most):
    assert positions(Config(kind, places)) == most
