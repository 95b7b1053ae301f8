"""By which rule a row has an item, which item is told, and where it stands."""

import numpy as np
import pyarrow as pa

from tilth.steps.dedup._contaminated import Common, Found, best, found, not_findable, places
from tilth.text.passages import passages
from tilth.text.scan import scan


def lines(question, answer=0.0, **more):
    """One line of row 0 and item 0."""
    told = {"asks": True, "answers": True, "behind": False, "whole": False, **more}
    masks = {name: np.array([value]) for name, value in told.items()}
    return Found(1, np.array([0]), np.array([question]), np.array([answer]), np.array([20]), pairs=np.empty((0, 2), np.int64), **masks)


def rule(share, **more):
    question = more.pop("question", 0.0)
    return int(lines(question, **more).rule(share)[0])


def test_half_of_the_share_is_enough_where_the_answer_is_found():
    assert [rule(0.5, question=one, behind=True) for one in (0.24, 0.25, 1.0)] == [-1, 0, 0]
    assert [rule(0.5, question=0.3, answer=one) for one in (0.2, 0.25, 0.5)] == [-1, 0, 0]


def test_alone_question_and_answer_need_the_whole_share_and_enough_words():
    assert [rule(0.5, question=one) for one in (0.49, 0.5)] == [-1, 1] and rule(0.5, question=1.0, asks=False) == -1
    assert [rule(0.5, answer=one) for one in (0.49, 0.5)] == [-1, 2] and rule(0.5, answer=1.0, answers=False) == -1


def test_all_of_both_counts_however_common_it_is():
    told = lines(0.0, whole=True)
    assert told.rule(1.0).tolist() == [0] and told.value(told.rule(1.0)).tolist() == [1.0]


LONG = [f"{name} one {name} two {name} three {name} four {name} five {name}" for name in ("red", "blue")]


def searched(items, texts, common=10):
    index = passages(pa.array(items, pa.large_string()), 2 * np.arange(len(items)), len(items), 8)
    hits = scan(pa.array(texts, pa.large_string()), index.sought())
    guard = Common.of(index, hits, common)
    return index, hits, guard, found(index, hits, guard)


def test_the_item_of_the_largest_share_is_told_and_of_equal_ones_the_first():
    _, _, _, told = searched([LONG[0] + " and more words that this one does not have", LONG[0], LONG[0] + "!"], [LONG[0]])
    assert told.item[best(told, told.rule(0.3))].tolist() == [1]


def test_places_are_in_order_and_of_the_chosen_lines_alone():
    _, hits, _, told = searched(LONG, [f"{LONG[1]}. Between them stand some other words that nobody asks for, and a few more. {LONG[0]}"])
    field = np.zeros(len(hits), np.int64)
    ((row, some),) = places(told, np.arange(2), hits, field, 8)
    assert row == 0 and [text[0] for text in some] == [0, 0] and some[0][1] == 0 and some[1][1] > some[0][2]
    ((_, one),) = places(told, np.flatnonzero(told.item == 1), hits, field, 8)
    assert one == [some[0]]


def test_what_cannot_be_found_is_told():
    _, _, guard, _ = searched(["too short", *LONG, f"{LONG[1]} x"], [LONG[0]] * 3, common=2)
    index, _, guard, _ = searched(["too short", *LONG], [LONG[0]] * 3, common=2)
    short, hidden = not_findable(index, guard)
    assert short.tolist() == [True, False, False] and hidden.tolist() == [False, True, False]
