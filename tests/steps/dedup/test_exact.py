"""dedup.exact: what is the same text, which row stays, and what is told of the others."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import NotThere, RecipeError
from tilth.record import Batch, as_ids, ids_of_values
from tilth.steps.dedup._keep import Best, Prefer
from tilth.steps.dedup.exact import Exact

TEXTS = st.lists(st.sampled_from(["a", " a", "a ", "A", "a.", "b", "", " ", "e\u0301", "é"]) | st.none(), max_size=30)


def kept(texts, **settings):
    return Exact.model_validate(settings)({"text": texts})["text"]


def batch(**columns):
    rows = len(next(iter(columns.values())))
    return Batch(pa.table({"id": pa.array(ids_of_values(range(rows)), pa.binary(16)), **columns}))


def decided(step, **columns):
    return step.decide(step.sketch(batch(**columns)))


@pytest.mark.parametrize(
    ("ignore", "texts", "stay"),
    [
        (["whitespace"], ["a b", " a\n\tb ", "a\u00a0b", "A b", "ab"], ["a b", "A b", "ab"]),
        (["whitespace"], ["e\u0301", "é"], ["e\u0301"]),
        ([], ["a b", "a  b", "a b", "e\u0301", "é"], ["a b", "a  b", "e\u0301"]),
        (["whitespace", "case"], ["A b", "a B", "É", "e\u0301", "ÅNGSTRÖM", "ångström"], ["A b", "É", "ÅNGSTRÖM"]),
        (["whitespace", "punctuation"], ["a, b!", "a b", "“a” – b", "a1 b"], ["a, b!", "a1 b"]),
        (["whitespace", "case", "punctuation"], ["Don't.", "dont", "DON’T !"], ["Don't."]),
    ],
)
def test_which_differences_count(ignore, texts, stay):
    assert kept(texts, ignore=ignore) == stay


def test_empty_texts_are_the_same_and_nulls_are_never():
    assert kept(["", None, " ", None, "a"]) == ["", None, None, "a"]
    assert decided(Exact(), text=["", None, " ", None]).facts == {"groups": 1, "largest_group": 2, "not_judged": 2}


@pytest.mark.parametrize(
    ("keep", "stays"),
    [
        ("first", 0),
        ("longest", 1),
        ({"best": "score"}, 2),
        ({"prefer": {"source": ["wiki", "web"]}}, 3),
        ({"prefer": {"source": ["none of them"]}}, 0),
        ({"prefer": {"year": [2021]}}, 1),
    ],
)
def test_which_row_stays(keep, stays):
    rows = {
        "text": ["a b", " a   b ", "a b ", "a b"],
        "score": [1, None, 3, 3],
        "source": [None, "web", "blog", "wiki"],
        "year": [2020, 2021, 2021, 2020],
    }
    step = Exact.model_validate({"keep": keep})
    outcome = decided(step, **rows)
    assert np.flatnonzero(outcome.part == 0).tolist() == [stays]
    assert step(rows)["text"] == [rows["text"][stays]]


def test_equal_claims_go_to_the_first_in_the_source():
    assert np.flatnonzero(decided(Exact(keep=Best(best="score")), text=["a", "a", "a"], score=[1.0, 2.0, 2.0]).part == 0).tolist() == [1]
    assert np.flatnonzero(decided(Exact(keep="longest"), text=["a", "a"]).part == 0).tolist() == [0]


def test_every_dropped_row_names_its_partner():
    outcome = decided(Exact(), text=["a", "b", "a", "b ", "c", "a"])
    ids = ids_of_values(range(6))
    assert outcome.part.tolist() == [0, 0, -1, -1, 0, -1]
    assert [bytes(outcome.partner[row]) for row in (2, 3, 5)] == [ids[0], ids[1], ids[0]]
    assert (outcome.parts, outcome.rule) == (("",), "same_text")
    assert outcome.value[outcome.part < 0].tolist() == outcome.limit[outcome.part < 0].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(outcome.value[outcome.part == 0]).all()
    assert outcome.facts == {"groups": 2, "largest_group": 3, "not_judged": 0}


def test_several_fields_must_all_be_the_same():
    rows = {"title": ["x", "x", "y", None, None, "", None], "text": ["a", "a ", "a", "a", "a", "a", None]}
    assert decided(Exact(fields=("title", "text")), **rows).part.tolist() == [0, -1, 0, 0, -1, 0, 0]
    assert Exact(fields=("title", "text"), keep=Best(best="title")).reads() == ("title", "text")
    assert Exact(keep=Prefer(prefer={"source": ("a",)})).reads() == ("text", "source")


def test_nothing_to_decide():
    outcome = decided(Exact(keep="longest"), text=pa.array([], pa.large_string()))
    assert len(outcome.part) == 0
    assert outcome.facts["largest_group"] == 0
    assert decided(Exact(), text=pa.array([None, None], pa.large_string())).part.tolist() == [0, 0]


@given(TEXTS, st.sampled_from(["first", "longest"]), st.integers(1, 7))
def test_agrees_with_the_plain_way_however_the_rows_are_cut(texts, keep, rows):
    step = Exact(keep=keep)
    whole = batch(text=pa.array(texts, pa.large_string()))
    pieces = [step.sketch(Batch(whole.table.slice(start, rows))) for start in range(0, len(texts), rows)] or [step.sketch(whole)]
    outcome = step.decide(pa.concat_tables(pieces))
    groups = {}
    for row, text in enumerate(texts):
        groups.setdefault(row if text is None else " ".join(text.replace("e\u0301", "é").split()), []).append(row)
    winners = {row: max(group, key=lambda one: (keep == "longest" and len(texts[one] or ""), -one)) for group in groups.values() for row in group}
    ids = as_ids(whole["id"])
    for row, winner in winners.items():
        assert (outcome.part[row] == 0) == (row == winner)
        assert row == winner or outcome.partner[row] == ids[winner]


def test_keeps_the_kind_of_table():
    assert Exact()(pd.DataFrame({"text": ["a", "a", "b"], "n": [1, 2, 3]})).to_dict("list") == {"text": ["a", "b"], "n": [1, 3]}


def test_what_cannot_be_is_refused():
    with pytest.raises(NotThere, match="no column `score`"):
        Exact(keep=Best(best="score"))({"text": ["a"]})
    with pytest.raises(RecipeError, match=r"needs numbers, and `word` holds"):
        Exact(keep=Best(best="word"))({"text": ["a"], "word": ["x"]})
    for wrong in ({"keep": "last"}, {"keep": {"prefer": {}}}, {"ignore": ["accents"]}, {"fields": []}):
        with pytest.raises(ValidationError):
            Exact.model_validate(wrong)


def test_identity_holds_every_setting():
    assert Exact(keep=Best(best="score")).identity() == {
        "step": "dedup.exact",
        "revision": 1,
        "fields": ["text"],
        "ignore": ["whitespace"],
        "keep": {"best": "score"},
    }
    assert Exact().deciding() == {}
