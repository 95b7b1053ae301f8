"""Dialects beside their tools: how values are compared, why they differ, and what the page says of it."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.conformance.causes import EMPTY, FAILS, TIED, UNEXPLAINED, of_curator, of_others, shares_of_tied
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


def test_the_page_in_docs_is_what_the_newest_results_say():
    assert PAGE.read_text("utf-8") == page(newest()), "docs/conformance.md is behind its results: run `python -m bench.conformance.page`."
