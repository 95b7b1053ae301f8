"""Likely personal data: what is found, beside the same rules at every place, and how often they are right on labelled texts."""

import gzip
import json
from collections import defaultdict

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.test_personal_places import twin
from tests.text.twins import ANY_TEXT, DATA
from tilth.text.personal import KINDS, count, find, findings
from tilth.text.personal_numbers import luhn

SAMPLES = {
    "secret": "ghp_" + "a1B2" * 9,
    "url_credentials": "https://bob:secret1@example.com",
    "email": "bob@example.com",
    "iban": "DE89 3704 0044 0532 0130 00",
    "card": "4111 1111 1111 1111",
    "ip": "192.0.2.17",
    "mac": "00:00:5e:00:53:01",
    "ssn": "536-90-4399",
    "phone": "+1 212 555 0100",
}
PIECES = [*SAMPLES.values(), " ", ", ", "é", "中", "😀", "call ", "x", "\0", "\n", ".", "1"]
TEXTS = ANY_TEXT | st.lists(st.sampled_from(PIECES), max_size=10).map("".join)


def told(*texts):
    return [(row["row"], row["kind"], row["start"], row["stop"]) for row in find(pa.array(texts, pa.large_string())).to_pylist()]


@settings(deadline=None)
@given(st.lists(TEXTS | st.none(), max_size=5))
def test_what_is_found_is_what_the_rules_find_at_the_places_of_plain_python(texts):
    expected = []
    for row, text in enumerate(text or "" for text in texts):
        data = text.encode()
        for kind, start, stop in findings(data, twin(data)):
            expected.append((row, kind, len(data[:start].decode()), len(data[:stop].decode()), start, stop))
    found = find(pa.array(texts, pa.large_string()))
    assert [tuple(row[name] for name in ("row", "kind", "start", "stop", "start_byte", "stop_byte")) for row in found.to_pylist()] == expected


@settings(deadline=None)
@given(st.lists(TEXTS | st.none(), max_size=5))
def test_counts_are_those_of_the_findings(texts):
    rows = defaultdict(list)
    for row, kind, _, _ in told(*texts):
        rows[kind].append(row)
    assert count(pa.array(texts, pa.large_string())) == {kind: (len(set(rows[kind])), len(rows[kind])) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_behind_characters_of_any_width(kind):
    sample = SAMPLES[kind]
    ((_, found, start, stop),) = told(f"é中😀 {sample} end")
    assert found == kind and f"é中😀 {sample} end"[start:stop] == ("bob:secret1" if kind == "url_credentials" else sample)


def test_of_findings_that_overlap_one_stays():
    assert [kind for _, kind, _, _ in told("https://bob:p1@example.com/ and https://u:a@b.example@example.com")] == ["url_credentials"] * 2


def test_missing_and_empty_texts_have_nothing():
    assert told(None, "", "\0", " ") == [] and set(count(pa.array([None], pa.large_string())).values()) == {(0, 0)}
    assert find(pa.array([], pa.large_string())).schema.names == ["row", "kind", "start", "stop", "start_byte", "stop_byte"]


def test_a_slice_of_a_column_is_read_as_a_column():
    column = pa.array(["bob@example.com", None, "é bob@example.com"], pa.large_string()).slice(1)
    assert find(column).to_pylist() == [{"row": 1, "kind": "email", "start": 2, "stop": 17, "start_byte": 3, "stop_byte": 18}]


def test_a_text_of_megabytes_is_read_through():
    assert told("word " * 2_000_000 + "bob@example.com") == [(0, "email", 10_000_000, 10_000_015)]


LABELLED = DATA / "pii/synthetic_1500.jsonl.gz"
LABELS = {"CREDIT_CARD": "card", "PHONE_NUMBER": "phone", "US_SSN": "ssn", "EMAIL_ADDRESS": "email", "IBAN_CODE": "iban", "IP_ADDRESS": "ip"}
FLOORS = {"email": (1.0, 1.0), "card": (1.0, 0.99), "iban": (1.0, 1.0), "ip": (1.0, 1.0), "ssn": (1.0, 1.0), "phone": (0.98, 0.95)}
"""Precision and recall, at least. All findings of these texts are labelled; the words that tell telephones were chosen with their
help, so of those the figures say little of other texts."""


@pytest.mark.skipif(not LABELLED.exists(), reason="../shared/data is not here")
def test_on_labelled_texts_the_rules_are_right():
    rows = [json.loads(line) for line in gzip.open(LABELLED, "rt")]
    true, found = defaultdict(set), defaultdict(set)
    for number, row in enumerate(rows):
        for span in row["spans"]:
            kind = LABELS.get(span["entity_type"])
            if kind and (kind != "card" or luhn(span["entity_value"].encode())):
                true[kind].add((number, span["start_position"], span["end_position"]))
    for number, kind, start, stop in told(*(row["full_text"] for row in rows)):
        found[kind].add((number, start, stop))
    for kind, (precision, recall) in FLOORS.items():
        right = len(true[kind] & found[kind])
        assert right >= precision * len(found[kind]) and right >= recall * len(true[kind]), kind
    assert not found.keys() - FLOORS.keys()


BOOKS = sorted((DATA / "books").glob("*.gz"))


@pytest.mark.skipif(not BOOKS, reason="../shared/data is not here")
def test_no_novel_of_its_time_has_any():
    assert told(*(gzip.open(file, "rt").read() for file in BOOKS)) == []
