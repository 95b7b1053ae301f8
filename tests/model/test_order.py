"""The order of a training: every item once an epoch, known from numbers, shared by processes without overlap."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tilth.model.order import Batches, Order

SIZES = st.lists(st.integers(1, 50), min_size=1, max_size=30).map(lambda sizes: np.array(sizes, np.int64))


@given(SIZES, st.integers(0, 2**40), st.integers(0, 90))
def test_each_epoch_sees_every_item_once_and_counts_its_tokens(sizes, seed, stop):
    number = len(sizes)
    order = Order(sizes, 3 * number, seed)
    for epoch in range(3):
        assert sorted(order.number(item) for item in range(epoch * number, (epoch + 1) * number)) == list(range(number))
    stop = min(stop, 3 * number)
    assert order.tokens_before(stop) == sum(int(sizes[order.number(item)]) for item in range(stop))


def test_an_order_is_drawn_from_the_seed():
    sizes = np.full(40, 4)
    drawn = {seed: [Order(sizes, 200, seed).number(item) for item in range(200)] for seed in (1, 2)}
    assert drawn[1] == [Order(sizes, 999, 1).number(item) for item in range(200)]
    assert drawn[1] != drawn[2]
    assert drawn[1][:40] != drawn[1][40:80]


@given(SIZES, st.sampled_from([(1, 1), (2, 1), (4, 1), (1, 2), (2, 2), (1, 4)]), st.integers(1, 5))
def test_the_processes_share_each_batch_and_no_item_is_left_out(sizes, shared, steps):
    (micro, processes), batch = shared, 4
    order = Order(sizes, steps * batch, 7)
    shares = [list(Batches(order, batch, micro, process, processes)) for process in range(processes)]
    assert {len(share) for share in shares} == {len(Batches(order, batch, micro, 0, processes))}
    for step in range(steps):
        pieces = slice(step * batch // (micro * processes), (step + 1) * batch // (micro * processes))
        seen = [number for share in shares for numbers in share[pieces] for number in numbers]
        assert sorted(seen) == sorted(order.number(item) for item in range(step * batch, (step + 1) * batch))


def test_the_longest_of_a_batch_share_a_micro_batch():
    order = Order(np.array([1, 9, 2, 8]), 4, 7)
    assert [sorted(order.sizes[numbers]) for numbers in Batches(order, 4, 2)] == [[8, 9], [1, 2]]
