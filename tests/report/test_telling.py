"""Facts as words and short tables."""

from __future__ import annotations

import pytest

from tilth.report.facts import Measured, Model, Part, Score
from tilth.report.figures import Series
from tilth.report.telling import entered, gloss, group, keys, pairs, pieces, range_of, rows_of, sides, spaced, thinned_rows, told, words


def test_names_are_written_as_people_write_them() -> None:
    assert words("bits_per_byte") == "bits per byte" and spaced(" a\n\t") == "·a⏎⇥"
    assert gloss("perplexity").startswith("lower is better") and gloss("f1") == ""


def test_scores_of_a_metric_stand_together() -> None:
    scores = [Score("x", metric="f1"), Score("x", metric="mae"), Score("y", metric="f1")]
    assert [(metric, [score.name for score in found]) for metric, found in group(scores)] == [("f1", ["x", "y"]), ("mae", ["x"])]


def test_the_facts_of_a_model_are_words_without_those_that_have_their_own_place() -> None:
    facts = {
        "memory_bytes": 12_300_000,
        "reproducible": True,
        "curve": [1],
        "top_tokens": [["a", 1]],
        "resumed_from": None,
        "damaged": [],
        "kind": "llama",
    }
    assert told(Model(facts=facts)) == [("memory bytes", "12.3\u202fMB"), ("reproducible", "yes"), ("kind", "llama")]


@pytest.mark.parametrize(("value", "found"), [([" a", "b"], ["·a", "b"]), (["a", 1], []), ({"a": 1}, []), (None, [])])
def test_pieces_are_texts_with_their_spaces_seen(value: object, found: list[str]) -> None:
    assert pieces(value) == found


@pytest.mark.parametrize(("value", "found"), [([[" a", 3], ["b", 1]], [(" a", 3), ("b", 1)]), ([["a"], ["a", "b"], 3], []), ("a", []), (None, [])])
def test_tokens_of_older_facts_are_pairs_and_what_is_none_is_passed_over(value: object, found: list[tuple[str, int]]) -> None:
    assert pairs(value) == found


def test_a_range_of_numbers_is_told_in_words_and_anything_else_as_it_is() -> None:
    assert range_of({"numbers": 9, "one_token": 4, "tokens": {"1": 4, "2": 5}}) == "4 of 9 are one token; 5 take 2"
    assert range_of({"a": 1}) == '{"a":1}'


def test_two_lines_are_named_and_one_is_not() -> None:
    both = Measured("s", kept_at={"at_least": [(1.0, 2)], "at_most": [(3.0, 4)]})
    assert sides(both) == [("first", "at least"), ("second", "at most")] and sides(Measured("s", kept_at={"at_least": [(1.0, 2)]})) == []
    lines = [Series("training", "first", []), Series("validation", "second", [])]
    assert keys(lines) == [("first", "training"), ("second", "validation")] and keys(lines[:1]) == []


def test_shares_are_taken_from_labels_and_parts() -> None:
    assert entered(Measured("s", labels={"en": (5, 4), "de": (2, 0)})) == {"en": 5, "de": 2}
    assert rows_of({"train": Part(rows=9)}) == {"train": 9}


def test_a_long_table_is_thinned_evenly_with_both_ends() -> None:
    assert thinned_rows(range(1000), 5) == [0, 250, 500, 749, 999] and thinned_rows([1, 2], 5) == [1, 2]
