"""What a cut would lose, counted as one would by hand."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from tilth.model.beyond import AT_ONCE, beyond
from tilth.model.examples import Example, write


@st.composite
def rows(draw):
    """Examples with their answers, each of which is learned but for what stands between."""
    turns = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5)), max_size=3))
    learned, answers = [], []
    for context, answer in turns:
        begin = len(learned) + context
        learned += [False] * context + [True] * answer
        answers += [(begin, begin + answer)] if answer else []
    return Example(0, np.zeros(len(learned), np.int32), np.array(learned, np.bool_), tuple(answers))


@given(st.lists(st.tuples(rows(), rows()), min_size=1, max_size=5), st.sampled_from([1, 2]))
def test_every_length_tells_what_a_cut_there_would_lose(tmp_path_factory, pairs, together):
    written = write(tmp_path_factory.mktemp("examples"), [one for pair in pairs for one in pair], {})
    told = beyond(written, together)
    found = list(written)
    units = [found[place : place + together] for place in range(0, len(found), together)]
    assert (told.rows, told.tokens, told.learned) == (len(units), sum(len(one.ids) for one in found), sum(int(one.learned.sum()) for one in found))
    assert told.terminators == sum(len(one.answers) for one in found) and told.longest == max(len(one.ids) for one in found)
    for length in range(told.longest + 3):
        cut = told.cut(length)
        assert cut.rows == sum(any(len(one.ids) > length for one in unit) for unit in units)
        assert cut.tokens == sum(max(0, len(one.ids) - length) for one in found)
        assert cut.learned == sum(int(one.learned[length:].sum()) for one in found)
        assert cut.terminators == sum(stop > length for one in found for _, stop in one.answers)
        emptied = [any(one.learned.any() and not one.learned[:length].any() for one in unit) for unit in units]
        losing = [any(one.learned[length:].any() for one in unit) for unit in units]
        assert (cut.emptied, cut.shortened) == (sum(emptied), sum(losing) - sum(emptied))


def test_more_tokens_than_a_piece_holds_are_counted_once(tmp_path):
    size = AT_ONCE // 3
    learned = np.zeros(size, np.bool_)
    learned[[5, size - 1]] = True
    told = beyond(write(tmp_path, [Example(row, np.zeros(size, np.int32), learned) for row in range(7)], {}))
    assert (told.learned, told.cut(5).learned, told.cut(5).emptied) == (14, 14, 7)
    assert (told.cut(6).learned, told.cut(6).emptied, told.cut(6).shortened, told.cut(size).learned) == (7, 0, 7, 0)


def test_of_no_examples_nothing_is_lost(tmp_path):
    told = beyond(write(tmp_path, [], {}))
    assert (told.rows, told.longest, told.cut(5).rows, told.cut(5).learned) == (0, 0, 0, 0)
