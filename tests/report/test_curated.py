"""What steps tell beside their counts reaches the page, whatever it is."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.report.curated import Gathered, Hidden, gathered, hidden, others
from tilth.report.facts import Facts
from tilth.report.page import html
from tilth.report.telling import is_digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=12,
)


def page(facts: dict[str, Any], stage: dict[str, Any]) -> str:
    """The chapter of a step that tells this."""
    path = [one | stage if one["step"] == "docs.dedup.exact" else one for one in facts["path"]]
    return words(html(msgspec.convert({**facts, "path": path}, Facts)), "docs.dedup.exact", "article")


def words(drawn: str, place: str, kind: str) -> str:
    """The words of an article or a section of the page."""
    inner = drawn[drawn.index(f'id="{place}"') :]
    plain = unescape(re.sub(r"<[^>]*>", " ", inner[inner.index(">") + 1 : inner.index(f"</{kind}>")]))
    return re.sub(r" ([.,:])", r"\1", " ".join(plain.replace("\u202f", " ").split()))


@given(st.dictionaries(st.sampled_from([*Gathered.__struct_fields__, "another"]), JSON))
def test_a_step_may_tell_anything_under_any_name(facts: dict[str, Any]) -> None:
    known, rest = gathered(facts), others(facts)
    told = {name for name in facts if name in Gathered.__struct_fields__ and getattr(known, name) == msgspec.convert(facts[name], Any)}
    for name, value in facts.items():
        if name not in told and value not in (None, [], {}, "") and not isinstance(value, dict | list | tuple):
            assert any(name.replace("_", " ") == shown for shown, _ in rest) or getattr(known, name, None) is not None


def test_what_has_no_form_of_its_own_is_told_in_words() -> None:
    told = dict(
        others({"units_cut": 1234, "bytes_cut": 5_000_000, "bytes_cut_at": [[2, 10], [3, 4]], "left": {"web": {"rows": 3}, "books": {"rows": 4}}})
    )
    assert told["units cut"].replace("\u202f", " ") == "1 234"
    assert told["bytes cut at"] == "2: 10; 3: 4"
    assert told["left, web"] == "rows 3" and told["left, books"] == "rows 4"
    assert others({"groups": 3, "dropped_at": [[0.5, 2]], "hidden": {"spans": {}}}) == []


def test_a_fact_of_the_same_name_that_means_something_else_is_told_among_the_others() -> None:
    assert gathered({"groups": ["a", "b"]}).groups is None
    assert others({"groups": ["a", "b"]}) == [("groups", "a; b")]


def test_what_was_hidden_is_told_by_kind_and_what_was_missed_with_its_interval(facts: dict[str, Any]) -> None:
    told = {"spans": {"email": 12, "phone": 3}, "rows": {"email": 9, "phone": 3}, "missed": {"person": 4}}
    told |= {"drawn": 400, "drawn_lacking": 8, "marked": 12, "marked_lacking": 2}
    said = page(facts, {"shape": "Redaction", "facts": {"hidden": told}})
    assert "email 12 9" in said and "phone 3 3" in said
    assert "Of 400 texts drawn by lot and looked at a second time, 8 held something" in said
    assert "2.0 % (95 % interval 1.0 % to 3.9 %)" in said and "person 4" in said
    assert "free of" not in said


def test_where_nobody_looked_twice_the_page_says_that_nothing_is_known(facts: dict[str, Any]) -> None:
    said = page(facts, {"shape": "Redaction", "facts": {"hidden": {"spans": {"email": 1}, "rows": {"email": 1}}}})
    assert "not known what was missed" in said


def test_the_share_that_is_left_has_an_interval() -> None:
    told = hidden({"hidden": {"drawn": 100, "drawn_lacking": 0}})
    assert isinstance(told, Hidden) and told.left == pytest.approx((0, 0, 0.037), abs=1e-3)
    assert hidden({"groups": 1}) is None


def test_groups_that_are_kept_too_seldom_stand_on_the_first_screen_and_at_their_step(facts: dict[str, Any]) -> None:
    drawn = html(msgspec.convert(facts, Facts))
    first, step = words(drawn, "result", "section"), words(drawn, "docs.filter.length", "article")
    assert "below four fifths" in first and "by language: de 18.8 %, en 87.8 %" in first
    assert "1 group below four fifths" in step and "0.21 below 0.8" in step
    assert "four fifths" not in html(msgspec.convert({**facts, "representation": []}, Facts))


def test_copies_are_counted_and_widen_the_stream(facts: dict[str, Any]) -> None:
    said = page(facts, {"copied": 500})
    assert "500 copies added" in said


def test_what_an_evaluation_set_has_is_not_compared_letter_by_letter(facts: dict[str, Any]) -> None:
    row = {
        "id": "a" * 26,
        "rule": "question",
        "value": 0.9,
        "limit": 0.5,
        "found": "exam: bytes of text 10–90",
        "text": "a long page",
        "origin": "a:1",
    }
    item = {**row, "partner": {"id": "b" * 26, "text": "question: how many?"}}
    examples = {"docs.dedup.exact": {"dropped": [item], "clusters": [{"kept": item["partner"], "members": [row], "size": 2}]}}
    said = page({**facts, "examples": examples}, {"name": "dedup.against", "facts": {}})
    assert "what it has" in said and "question: how many?" in said and "exam: bytes of text 10–90" in said
    assert "say the same" not in said and "kept instead" not in said


def test_a_digest_is_no_word() -> None:
    assert is_digest("08d2bc6249d763daf7d19429732871a3") and not is_digest("by row") and not is_digest("deadbeef")
