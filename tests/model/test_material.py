"""Batches of tensors: filled up at the right, pairs next to each other, sizes that count no filling."""

import numpy as np
import pytest

from tilth.model.examples import Example, write
from tilth.model.material import Packs, Rows


@pytest.fixture
def found(tmp_path):
    rows = [([5, 6, 7], [0, 1, 1], 1.0), ([8, 9], [0, 1], 2.0), ([3, 4, 5, 6], [1, 0, 0, 1], 3.0), ([2, 3], [0, 0], 4.0)]
    made = [Example(k, np.array(ids, np.int32), np.array(flags, bool), extra={"worth": worth}) for k, (ids, flags, worth) in enumerate(rows)]
    return write(tmp_path, made, {}, ["worth"])


def test_rows_are_filled_up_at_the_right_and_filling_is_not_learned(found):
    material = Rows(found, 1)
    batch = material.batch([1, 0])
    assert batch["input_ids"].tolist() == [[8, 9, 1], [5, 6, 7]]
    assert batch["labels"].tolist() == [[9, -100, -100], [6, 7, -100]]
    assert batch["worth"].tolist() == [2.0, 1.0]
    assert set(batch) == {"input_ids", "labels", "worth"}
    assert material.sizes.tolist() == [3, 2, 4, 2]


def test_pairs_stay_together(found):
    material = Rows(found, 1, together=2)
    assert len(material) == 2
    assert material.sizes.tolist() == [5, 6]
    assert material.batch([1])["input_ids"].tolist() == [[3, 4, 5, 6], [2, 3, 1, 1]]


def test_packed_rows_begin_anew_and_are_numbered(found):
    batch = Packs(found, [[0, 1], [2]], 1).batch([0, 1])
    assert batch["input_ids"].tolist() == [[5, 6, 7, 8, 9], [3, 4, 5, 6, 1]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 1], [0, 1, 2, 3, 0]]
    assert batch["sequence"].tolist() == [[0, 0, 0, 1, 1], [2, 2, 2, 2, -1]]
    assert batch["labels"].tolist() == [[6, 7, -100, 9, -100], [-100, -100, 6, -100, -100]]
    assert batch["worth"].tolist() == [1.0, 2.0, 3.0]
    assert Packs(found, [[0, 1], [2]], 1).sizes.tolist() == [5, 4]
