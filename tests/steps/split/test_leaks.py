"""Leaks: rows of one part that a later part has too."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.errors import DataRefused
from tilth.pairs import NOTHING, Compared
from tilth.record import Batch, Outcome, ids_of_values, read_id
from tilth.steps.split._leaks import RULES, Limits, crossing, found, linked, near_by, same, settled
from tilth.steps.split._passages import NONE, Passages, Shared, sampled

PARTS = ("train", "validation", "test")


def pairs(*told):
    later, sooner, alike = zip(*told, strict=True) if told else ((), (), ())
    return Compared(np.array(later, np.int64), np.array(sooner, np.int64), np.array(alike, np.float64))


def sketches(contents):
    digests = [str(content).encode().ljust(16, b" ") for content in contents]
    return pa.table({"id": pa.array(ids_of_values(range(len(contents))), pa.binary(16)), "content": pa.array(digests, pa.binary(16))})


def leaks(part, contents, compared=NOTHING, dropping=False, passages=NONE):
    table = sketches(contents)
    told = found(np.array(part, np.int16), linked(same(table["content"], compared), compared, passages), table["id"], dropping=dropping)
    return {int(row): (int(partner), float(alike)) for row, partner, alike in zip(told.rows, told.partners, told.similarity, strict=True)}


def test_an_equal_row_of_a_later_part_is_a_leak():
    assert leaks([0, 0, 2, 1], ["a", "b", "a", "b"]) == {0: (2, 1.0), 1: (3, 1.0)}


def test_rows_of_one_part_leak_nothing():
    assert leaks([0, 0, 2, 2], ["a", "a", "b", "b"]) == {}
    assert leaks([0, -1, -1, 2], ["a", "a", "b", "b"]) == {}


def test_the_most_similar_row_is_the_partner_and_of_equally_similar_ones_that_of_the_test():
    assert leaks([0, 1, 2], "abc", pairs((1, 0, 0.9), (2, 0, 0.8))) == {0: (1, 0.9)}
    assert leaks([0, 1, 2], "abc", pairs((1, 0, 0.9), (2, 0, 0.9))) == {0: (2, 0.9)}


def test_what_an_equal_row_resembles_every_equal_row_resembles():
    # in large buckets not every pair is compared
    assert leaks([0, 0, 2], ["a", "a", "b"], pairs((2, 0, 0.85))) == {0: (2, 0.85), 1: (2, 0.85)}
    assert leaks([0, 0, 2], ["a", "a!", "b"], pairs((1, 0, 1.0), (2, 1, 0.85))) == {0: (2, 0.85), 1: (2, 0.85)}


def test_a_row_that_resembles_a_dropped_row_only_stays():
    told = pairs((1, 0, 0.9), (2, 1, 0.9))
    assert leaks([0, 1, 2], "abc", told) == {0: (1, 0.9), 1: (2, 0.9)}
    assert leaks([0, 1, 2], "abc", told, dropping=True) == {1: (2, 0.9)}


def holding(*told):
    holders, held, shares = zip(*told, strict=True) if told else ((), (), ())
    return Shared(np.array(holders, np.int64), np.array(held, np.int64), np.array(shares, np.float64))


def test_a_row_leaks_that_holds_most_of_a_row_of_a_later_part_and_not_the_other_way_round():
    assert leaks([0, 2], "ab", passages=holding((0, 1, 0.7))) == {0: (1, 0.7)}
    assert leaks([0, 2], "ab", passages=holding((1, 0, 0.7))) == {}
    assert leaks([0, 0, 2, 2], "aabb", passages=holding((0, 2, 0.7))) == dict.fromkeys((0, 1), (3, 0.7)), (
        "so does every row equal to it; 3 has the least id"
    )


def test_a_row_that_is_nearly_the_same_goes_before_one_that_is_held():
    assert leaks([0, 1, 2], "abc", pairs((1, 0, 0.8)), passages=holding((0, 2, 1.0)))[0] == (1, 0.8)


CASES = st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 5)), min_size=1, max_size=14)
LINKS = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13), st.sampled_from([0.8, 0.9])), max_size=10)


@settings(deadline=None)
@given(CASES, LINKS, st.randoms())
def test_after_dropping_no_part_holds_what_a_later_one_has_whatever_the_order(rows, links, chance):
    part, contents = zip(*rows, strict=True)
    links = [(max(one, other), min(one, other), alike) for one, other, alike in links if one != other and max(one, other) < len(rows)]
    told = leaks(part, contents, pairs(*links), dropping=True)
    left = [-1 if row in told else one for row, one in enumerate(part)]
    assert leaks(left, contents, pairs(*links)) == {}
    assert all(part[row] < left[partner] for row, (partner, _) in told.items()), "the partner stays, in a later part"
    order = list(range(len(rows)))
    chance.shuffle(order)
    place = {row: number for number, row in enumerate(order)}
    table = sketches(contents).take(pa.array(order))
    moved = pairs(*((place[one], place[other], alike) for one, other, alike in links))
    again = found(np.array(part, np.int16)[order], linked(same(table["content"], moved), moved), table["id"], dropping=True)
    assert {order[row] for row in again.rows} == set(told)
    assert {order[row]: order[partner] for row, partner in zip(again.rows, again.partners, strict=True)} == {
        one: two for one, (two, _) in told.items()
    }


def outcome(part):
    return Outcome(PARTS, np.array(part, np.int16), ("not_drawn", *RULES), facts={"rows": {}})


def test_a_split_that_leaks_is_refused_with_pairs_and_ways_out():
    rows = [0] * 12 + [2] * 12
    with pytest.raises(DataRefused) as raised:
        settled(outcome(rows), sketches([*range(12), *range(12)]), NOTHING, Limits(0.8, Passages()), "refuse")
    assert raised.value.exit_code == 3
    assert (
        "12 rows have their like" in raised.value.found and "train → test 12." in raised.value.found and "The 10 most similar" in raised.value.found
    )
    shown = [word for word in raised.value.found.replace(";", " ").split() if len(word) == 26 and word.isalnum()]
    assert len(shown) == 20 and {read_id(one) for one in shown} <= set(ids_of_values(range(24)))
    assert "`leaks: drop`" in raised.value.remedy and "`leaks: keep`" in raised.value.remedy


def test_leaks_are_dropped_with_rule_similarity_and_partner():
    told = settled(outcome([0, 0, 2, -1]), sketches("abcd"), pairs((2, 0, 0.9)), Limits(0.8, None), "drop")
    assert told.part.tolist() == [-1, 0, 2, -1]
    assert [told.rules[which] for which in told.which.tolist()] == ["leak", "not_drawn", "not_drawn", "not_drawn"]
    assert told.value[0] == 0.9 and told.limit[0] == 0.8 and np.isnan(told.value[3])
    assert told.partner[0].tobytes() == ids_of_values([2])[0] and told.partner[3].tobytes() == bytes(16)
    assert told.facts["rows"] == {"train": 1, "validation": 0, "test": 1} and told.facts["leaks"]["rows"] == {"train → test": 1}


def test_a_row_that_holds_another_is_dropped_by_a_rule_of_its_own():
    words = [" ".join(f"w{number}" for number in range(first, first + 40)) for first in (0, 100, 200)]
    texts = pa.array([f"{words[0]} {words[1]} {words[2]}", words[2], words[0]], pa.large_string())
    table = sketches("abc")
    told = sampled(Batch(table.append_column("text", texts)), ("text",), Passages())
    rows, limits = table.append_column("passages", told["passages"]), Limits(0.8, Passages(share=0.6))
    dropped = settled(outcome([0, 0, 2]), rows, NOTHING, limits, "drop")
    assert dropped.part.tolist() == [-1, 0, 2] and dropped.rules[dropped.which[0]] == "passage"
    assert dropped.value[0] == 1 and dropped.limit[0] == 0.6 and dropped.partner[0].tobytes() == ids_of_values([2])[0]
    assert dropped.facts["leaks"]["by_passages"] == 1 and dropped.facts["leaks"]["pairs_shown"][0][-1] == "passage"
    with pytest.raises(DataRefused, match=r"1 row has its like .* or at least 60% of a row of it in long passages: train → test 1\..* holds 100% of"):
        settled(outcome([0, 0, 2]), rows, NOTHING, limits, "refuse")


def test_leaks_that_are_kept_are_told():
    told = settled(outcome([0, 1, 2]), sketches("aaa"), NOTHING, Limits(None, None), "keep")
    assert told.part.tolist() == [0, 1, 2] and told.partner is None
    assert told.facts["leaks"]["rows"] == {"train → test": 1, "validation → test": 1} and len(told.facts["leaks"]["pairs_shown"]) == 2


def test_without_leaks_every_policy_gives_the_same():
    for policy in ("refuse", "drop", "keep"):
        told = settled(outcome([0, 1, 2]), sketches("abc"), NOTHING, Limits(0.8, None), policy)
        assert told.part.tolist() == [0, 1, 2] and told.facts["leaks"]["rows"] == {}


def test_pairs_across_parts_are_counted():
    compared = replace(pairs((1, 0, 0.9), (2, 0, 0.9), (3, 0, 0.9)), facts={"skipped": 4})
    part = np.array([0, 0, 2, -1], np.int16)
    assert crossing(part, compared, NONE) == {"pairs": 3, "across_parts": 1, "skipped": 4}
    assert crossing(part, compared, holding((1, 0, 0.9), (2, 0, 0.6))) == {"pairs": 3, "across_parts": 1, "held": 1, "skipped": 4}


def test_only_equal_rows_are_looked_for_where_nothing_is_near():
    assert near_by(None, ("text",)) is None
    told = near_by(0.7, ("title", "text"))
    assert told is not None and told.at_least == 0.7 and told.reads() == ("title", "text")
