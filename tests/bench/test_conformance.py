"""Dialects beside their tools: how values are compared, why they differ, and what the page says of it."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.conformance import near
from bench.conformance.causes import (
    BLANK,
    EMPTY,
    FAILS,
    LISTED,
    PARTED,
    TIED,
    UNEXPLAINED,
    UNSPACED,
    of_curator,
    of_data_juicer,
    of_others,
    share_of_runs,
    shares_of_tied,
)
from bench.conformance.comparing import breaks, compare, ours, reasons
from bench.conformance.page import PAGE, newest, page
from tilth.text import curator

DOCUMENTS = [("a:0", "the cat and the dog " * 15), ("a:1", "two words"), ("a:2", "")]


def told(values):
    return [{"gopher": {"values": {**row}, "reason": ""}} for row in values]


def test_a_value_beyond_a_limit_breaks_the_rule_and_one_at_it_does_not():
    assert [breaks("dolma", "gopher", "words", value) for value in (49, 50, 100_000, 100_001, None)] == [True, False, False, True, False]


def test_the_same_values_agree_and_another_one_is_told_with_its_document_and_cause():
    mine = {"gopher": {"words": ours("dolma", DOCUMENTS)["gopher"]["words"]}}
    assert mine["gopher"]["words"] == [75, 2, 0]
    (same,) = compare("dolma", DOCUMENTS, mine, told([{"words": 75.0}, {"words": 2}, {"words": 0}]), lambda *_: "")
    assert (same.same_value, same.same_verdict, same.differences, same.dropped) == (3, 3, [], 2)
    (other,) = compare("dolma", DOCUMENTS, mine, told([{"words": 40}, {"words": 3}, {"words": 0}]), lambda *_: "why")
    assert (other.same_value, other.same_verdict) == (1, 2)
    assert [(one.document, one.ours, one.theirs, one.cause, one.other_verdict) for one in other.differences] == [
        ("a:0", 75, 40, "why", True),
        ("a:1", 2, 3, "why", False),
    ]


def test_the_first_rule_that_is_broken_is_the_reason():
    mine = ours("dolma", DOCUMENTS)
    assert reasons("dolma", mine, "gopher") == ["", "words", "words"]


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), min_size=3, max_size=12).map(" ".join))
def test_our_share_of_the_top_run_is_one_of_those_that_curator_may_find(text):
    value = curator.gopher_repetition(pa.array([text], pa.large_string()))["top_2_gram"][0].as_py()
    assert value in shares_of_tied(text, 2)


def test_a_tie_is_the_cause_only_where_both_values_are_of_tied_runs():
    text = "aa bb c d aa bb c d"
    tied = sorted(shares_of_tied(text, 2))
    assert len(tied) > 1
    assert of_curator("top_2_gram", text, tied[0], tied[-1], {"errors": {}}) == TIED
    assert of_curator("top_2_gram", text, tied[0], 0.9, {"errors": {}}) == UNEXPLAINED
    assert of_curator("duplicate_5_grams", text, tied[0], tied[-1], {"errors": {}}) == UNEXPLAINED


def test_a_tool_that_fails_is_the_cause():
    assert of_curator("symbol_words", "\n", None, None, {"errors": {"symbol_words": "ZeroDivisionError"}}) == FAILS
    assert of_others("words", "\n", 0, None, {"failed": "ZeroDivisionError"}) == FAILS
    assert of_others("words", "a", 0, 1, {"failed": ""}) == UNEXPLAINED
    assert of_others("words", "", 0, None, {"failed": ""}) == EMPTY


def test_another_definition_is_the_cause_only_where_ours_has_our_value():
    text = "²the² cat\u00a0" * 12
    assert of_data_juicer("special_share", text, 4 / 10, 0.3, {}) == LISTED
    assert of_data_juicer("special_share", text, 0.2, 0.3, {}) == UNEXPLAINED
    ours = share_of_runs(text)
    assert ours == 1 and ours == measured("data-juicer", text)["word_repetition"]
    assert of_data_juicer("word_repetition", text, ours, 0.5, {}) == PARTED
    assert of_data_juicer("word_repetition", text, 0.9, 0.5, {}) == UNEXPLAINED
    assert of_data_juicer("word_repetition", "中文" * 9, measured("data-juicer", "中文" * 9)["word_repetition"], 0, {}) == UNSPACED
    assert of_data_juicer("alphanumeric_share", "", None, 0, {}) == BLANK


def measured(tool, text):
    return {rule: values[0] for rules in ours(tool, [("a:0", text)]).values() for rule, values in rules.items()}


def test_a_row_that_one_side_alone_drops_has_its_cause():
    words = [f"w{number}" for number in range(100)]
    page, cut, chain = (" ".join(words[first : first + 80]) for first in (0, 8, 16))
    assert near.neighbours([page, cut, chain], {0, 1, 2}, near.shingled) == {0: {1}, 1: {0, 2}, 2: {1}}
    texts = [page, cut, chain, "two words", "of nothing that is in any of the others", page + " .", page + " .", page]
    sides = near.Sides(texts, {1: 0, 5: 0, 7: 0}, frozenset({1, 5, 6}))
    told = near.told(sides, [f"a:{row}" for row in range(len(texts))])
    assert {one["document"]: (one["dropped"], one["cause"]) for one in told["differences"]} == {
        "a:0": ("there", near.OTHER),
        "a:1": ("here", near.OTHER_HERE),
        "a:2": ("there", near.CHAIN),
        "a:3": ("there", near.SHORT),
        "a:4": ("there", near.UNLIKE),
        "a:5": ("here", near.OTHER_HERE),
    }
    assert (told["dropped_here"], told["dropped_there"], told["dropped_by_both"], sum(told["causes"].values())) == (3, 5, 1, 6)


def test_text_dedup_has_a_word_between_any_two_signs():
    assert near.their_words("A, b") == ["a", "", "b"] and near.their_shingles("a b c d") == set()
    assert near.similarity(near.their_shingles("a b c d e"), near.their_shingles("A b c d e")) == 1


def test_the_page_in_docs_is_what_the_newest_results_say():
    assert PAGE.read_text("utf-8") == page(newest()), "docs/conformance.md is behind its results: run `python -m bench.conformance.page`."
