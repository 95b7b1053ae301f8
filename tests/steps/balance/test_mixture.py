"""balance.mixture: totals dealt out among datasets, counted exactly, small ones repeated."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.counting import token_counts
from tilth.record import Batch, ids_of_values
from tilth.steps.balance.mixture import Mixture

WEIGHTS = {"web": 0.7, "books": 0.3}


def batch(sets):
    """Rows of datasets; each row of a different number of words."""
    names = [name for name, rows in sets.items() for _ in range(rows)]
    texts = [f"row {number}" + " word" * (number % 5) for number in range(len(names))]
    ids = pa.array(ids_of_values(range(len(names))), pa.binary(16))
    return Batch(pa.table({"id": ids, "text": pa.array(texts, pa.large_string()), "dataset": pa.array(names, pa.large_string())}))


SOME = batch({"web": 300, "books": 50, "notes": 7})


def decided(step, rows=SOME):
    return step.decide(step.sketch(rows))


def copies(outcome):
    """How often each row is there afterwards."""
    return np.where(outcome.part < 0, 0, outcome.copies)


def test_rows_are_exact_and_small_datasets_are_repeated():
    outcome = decided(Mixture(weights=WEIGHTS, rows=400))
    web, books = outcome.facts["mixture"]
    assert (web["rows"], web["rows_drawn"], web["epochs"]) == (280, 280, pytest.approx(280 / 300))
    assert (books["rows"], books["rows_drawn"], books["rows_with_copies"], books["epochs"]) == (120, 50, 120, 2.4)
    assert sorted(Counter(copies(outcome)[300:350].tolist()).items()) == [(2, 30), (3, 20)]
    assert outcome.facts["got"] == outcome.facts["asked"] == 400


def test_rows_of_datasets_without_a_weight_are_dropped_by_a_rule_of_their_own():
    outcome = decided(Mixture(weights=WEIGHTS, rows=400))
    assert outcome.rules == ("not_drawn", "no_weight")
    assert (outcome.part[350:] == -1).all() and (outcome.which[350:] == 1).all()
    assert (outcome.which[:350] == 0).all() and outcome.facts["without_weight"] == 7


@pytest.mark.parametrize("unit", ["words", "characters"])
def test_a_share_is_exceeded_by_less_than_a_row(unit):
    outcome = decided(Mixture(weights=WEIGHTS, **{unit: 900}))
    sizes = [len(text.split() if unit == "words" else text) for text in SOME["text"].to_pylist()]
    for number, told in enumerate(outcome.facts["mixture"]):
        mine = slice(0, 300) if number == 0 else slice(300, 350)
        got = int((copies(outcome)[mine] * np.array(sizes)[mine]).sum())
        assert told[unit] == got and told[f"{unit}_asked"] == (630, 270)[number]
        assert 0 <= got - told[f"{unit}_asked"] < max(sizes)
        assert told[f"{unit}_there"] == sum(sizes[mine])


def test_tokens_are_counted_by_the_tokenizer_that_is_named(tmp_path):
    folder = tiny_tokenizer(tmp_path / "tiny")
    step = Mixture(weights=WEIGHTS, tokens=2000, tokenizer="tiny").given(tmp_path / "given", models={"tiny": folder})
    outcome = decided(step)
    sizes = np.array(token_counts(folder, SOME["text"].to_pylist()))
    assert outcome.facts["got"] == int((copies(outcome) * sizes).sum())
    assert 2000 <= outcome.facts["got"] < 2000 + 2 * sizes.max()
    assert outcome.facts["tokenizer"] == "tiny"


def test_without_its_tokenizer_it_says_how_to_give_it():
    with pytest.raises(AskedWrong, match="`tiny` is not at hand.*given"):
        Mixture(weights=WEIGHTS, tokens=10, tokenizer="tiny").sketch(SOME)


def test_more_epochs_than_allowed_are_refused_with_what_would_do():
    with pytest.raises(DataRefused, match="300 rows of `books`, which has 50: 6 epochs.*At most 4 epochs: with these weights 666 rows") as raised:
        decided(Mixture(weights=WEIGHTS, rows=1000))
    assert raised.value.exit_code == 3
    assert decided(Mixture(weights=WEIGHTS, rows=666)).facts["got"] == 666
    assert decided(Mixture(weights=WEIGHTS, rows=1000, at_most_epochs=6)).facts["got"] == 1000


def test_a_dataset_with_nothing_to_give_is_refused():
    with pytest.raises(NothingLeft, match="no rows of `book` to mix"):
        decided(Mixture(weights={"web": 1, "book": 1}, rows=10))
    empty = Batch(SOME.table.set_column(1, "text", pa.array([""] * len(SOME), pa.large_string())))
    with pytest.raises(NothingLeft, match="no characters of `web`"):
        decided(Mixture(weights=WEIGHTS, characters=10), empty)


def test_words_are_not_guessed_where_they_cannot_be_counted():
    chinese = Batch(SOME.table.slice(0, 2).set_column(1, "text", pa.array(["这是一个没有空格的句子", "words"], pa.large_string())))
    with pytest.raises(DataRefused, match="1 rows are in scripts without spaces.*characters"):
        decided(Mixture(weights={"web": 1}, words=1), chinese)
    assert decided(Mixture(weights={"web": 1}, characters=16), chinese).facts["got"] == 16


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 80), st.sampled_from(["rows", "words", "characters"]), st.randoms())
def test_books_balance_and_neither_order_nor_cut_matters(web, books, total, unit, chance):
    step, rows = Mixture(weights=WEIGHTS, at_most_epochs=100, **{unit: total}), batch({"web": web, "books": books})
    outcome = decided(step, rows)
    assert len(outcome.part) == web + books and (outcome.copies >= 1).all()
    assert outcome.facts["got"] >= total and (unit != "rows" or outcome.facts["got"] == total)
    order = list(range(web + books))
    chance.shuffle(order)
    moved = decided(step, Batch(rows.table.take(pa.array(order))))
    assert copies(moved).tolist() == copies(outcome)[order].tolist()
    pieces = pa.concat_tables([step.sketch(Batch(rows.table.slice(first, 7))) for first in range(0, len(rows), 7)])
    assert copies(step.decide(pieces)).tolist() == copies(outcome).tolist()


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 30))
def test_a_greater_total_keeps_every_row_of_a_smaller_one(total, more):
    few, many = (copies(decided(Mixture(weights=WEIGHTS, words=one))) for one in (total, total + more))
    assert (many >= few).all()


def test_alone_on_a_table_it_gives_the_mixture_by_any_column():
    table = pa.table({"text": [f"{number}" for number in range(20)], "kind": ["a"] * 15 + ["b"] * 5})
    mixed = Mixture(weights={"a": 1, "b": 1}, rows=20, by="kind")(table)
    assert Counter(mixed["kind"].to_pylist()) == {"a": 10, "b": 10}


def test_totals_and_weights_only_decide():
    step = Mixture(weights=WEIGHTS, rows=10)
    assert set(step.deciding()) == {"weights", "tokens", "words", "characters", "rows", "at_most_epochs"}
    assert step.reads() == ("dataset", "text")


@pytest.mark.parametrize(
    "wrong", [{}, {"rows": 1, "words": 1}, {"tokens": 5}, {"rows": 0}, {"rows": 1, "weights": {"a": 0}}, {"rows": 1, "at_most_epochs": 0.5}]
)
def test_what_cannot_be_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ValidationError):
        Mixture(**{"weights": WEIGHTS, **wrong})


def test_rows_that_are_of_no_dataset_fall_and_the_others_are_mixed() -> None:
    rows = {"text": ["one", "two", "three", "four"], "kind": ["a", None, "a", "b"]}
    assert sorted(Mixture(weights={"a": 1}, by="kind", rows=2)(rows)["text"]) == ["one", "three"]
