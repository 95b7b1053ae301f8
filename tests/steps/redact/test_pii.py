"""redact.pii: personal data goes, the text around it stays; and what other tools get wrong."""

import re
from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.text.test_personal import NOBODYS, PIECES
from tilth.record import SPANS
from tilth.steps.redact.pii import Entity, Pii
from tilth.text.personal import KINDS


def redacted(*texts, **settings):
    return Pii(**settings)({"text": list(texts)})["text"]


TEXT = "Dear Ada, call +1 212 555 0100 or write to bob@example.com (192.0.2.17). See https://example.org/a. DOB: 12 May 1974"


def test_everything_but_addresses_of_pages_is_hidden_unless_something_else_is_said():
    assert redacted(TEXT) == ["Dear [PERSON], call [PHONE] or write to [EMAIL] ([IP]). See https://example.org/a. DOB: [DATE_OF_BIRTH]"]
    assert redacted(TEXT, entities=("url", "email")) == [
        "Dear Ada, call +1 212 555 0100 or write to [EMAIL] (192.0.2.17). See [URL]. DOB: 12 May 1974"
    ]


def test_the_entities_are_the_kinds_that_are_found_secrets_apart():
    assert set(get_args(Entity)) == KINDS.keys() - {"secret"} and set(Pii().entities) == KINDS.keys() - {"secret", "url"}
    assert list(get_args(Entity)) == [kind for kind in KINDS if kind != "secret"]


def test_the_docstring_tells_how_each_entity_is_decided():
    assert all(f"- `{entity}`: " in (Pii.__doc__ or "") for entity in get_args(Entity))


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.none(), max_size=5))
def test_the_spans_are_in_order_and_do_not_overlap_and_a_null_has_none(texts):
    found = Pii(entities=get_args(Entity)).spans(pa.array(texts, pa.large_string()))
    assert found.schema == SPANS
    rows = found.to_pylist()
    for row in rows:
        data = (texts[row["row"]] or "").encode()
        assert 0 <= row["start_byte"] < row["stop_byte"] <= len(data) and data[row["start_byte"] : row["stop_byte"]].decode()
    assert rows == sorted(rows, key=lambda row: (row["row"], row["start_byte"]))
    for one, other in zip(rows, rows[1:], strict=False):
        assert one["row"] < other["row"] or one["stop_byte"] <= other["start_byte"]


@settings(deadline=None)
@given(st.permutations(range(4)), st.sampled_from(["tag", "mask", "hash", "surrogate"]))
def test_what_stands_for_something_does_not_depend_on_the_order_of_the_rows(order, manner):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TILTH_REDACTION_KEY", "a key of enough characters")
        texts = [TEXT, "x@example.org", "Mr. Ashdown, bob@example.com", "none"]
        apart = [redacted(text, with_=manner)[0] for text in texts]
        assert redacted(*(texts[place] for place in order), with_=manner) == [apart[place] for place in order]


def test_an_address_within_a_longer_number_stays():
    assert redacted("release 1.2.3.4.5 of 10.20.30.40.50") == ["release 1.2.3.4.5 of 10.20.30.40.50"]


def test_an_address_with_leading_zeros_is_none_and_the_next_one_is_found():
    assert redacted("dns 08.8.8.8 or 8.8.8.8") == ["dns 08.8.8.8 or [IP]"]


def test_an_address_of_a_page_is_found_at_the_beginning_and_behind_any_sign():
    assert redacted("www.example.org (www.example.org) “https://example.org/a”", entities=("url",)) == ["[URL] ([URL]) “[URL]”"]


@pytest.mark.parametrize("text", NOBODYS)
def test_versions_books_orders_dates_colours_moves_and_the_like_stay(text):
    assert redacted(text) == [text]


def test_any_field_is_redacted_also_within_json():
    table = pa.table({"title": ["for bob@example.com"], "text": ["bob@example.com"]})
    assert Pii(fields=("title",))(table).to_pylist() == [{"title": "for [EMAIL]", "text": "bob@example.com"}]


def test_regions_are_those_of_the_numbering_plan():
    assert redacted("at 020 7946 0018", regions=("GB",)) == ["at [PHONE]"] and redacted("at 020 7946 0018", regions=("US",)) == ["at 020 7946 0018"]
    with pytest.raises(ValidationError, match=re.escape("Not known as countries with telephone numbers: UK, XX.")):
        Pii(regions=("UK", "GB", "XX"))


def test_nothing_asked_for_is_refused():
    with pytest.raises(ValidationError):
        Pii(entities=())
