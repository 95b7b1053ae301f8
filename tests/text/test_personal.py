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
from tilth.text.findings import settled
from tilth.text.personal import COUNTED, KINDS, count, find, ordered, rules_for
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
    "date_of_birth": "12 May 1974",
    "person": "Ada O'Neill",
    "url": "https://example.org/a(b)?c=d",
}
BEFORE = {"date_of_birth": "born on ", "person": "Dr. "}
PIECES = [
    *SAMPLES.values(),
    *BEFORE.values(),
    "Dear Ada,",
    "www.",
    " (at) ",
    " dot com",
    " ",
    ", ",
    "é",
    "中",
    "😀",
    "call ",
    "x",
    "\0",
    "\n",
    ".",
    "1",
]
TEXTS = ANY_TEXT | st.lists(st.sampled_from(PIECES), max_size=10).map("".join)


ALL_BUT_URLS = tuple(kind for kind in KINDS if kind != "url")


def told(*texts, kinds=ALL_BUT_URLS):
    return [(row["row"], row["kind"], row["start"], row["stop"]) for row in find(pa.array(texts, pa.large_string()), kinds).to_pylist()]


@settings(deadline=None)
@given(st.lists(TEXTS | st.none(), max_size=5))
def test_what_is_found_is_what_the_rules_find_at_the_places_of_plain_python(texts):
    expected = []
    for row, text in enumerate(text or "" for text in texts):
        data = text.encode()
        for kind, start, stop in settled(data, twin(data), rules_for(tuple(KINDS)), tuple(KINDS)):
            expected.append((row, kind, len(data[:start].decode()), len(data[:stop].decode()), start, stop))
    found = find(pa.array(texts, pa.large_string()))
    assert [tuple(row[name] for name in ("row", "kind", "start", "stop", "start_byte", "stop_byte")) for row in found.to_pylist()] == expected


@settings(deadline=None)
@given(st.lists(TEXTS | st.none(), max_size=5))
def test_counts_are_those_of_the_findings(texts):
    rows = defaultdict(list)
    for row, kind, _, _ in told(*texts, kinds=COUNTED):
        rows[kind].append(row)
    assert count(pa.array(texts, pa.large_string())) == {kind: (len(set(rows[kind])), len(rows[kind])) for kind in COUNTED}


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=5), st.permutations(list(KINDS)), st.integers(1, len(KINDS)))
def test_nothing_overlaps_and_the_order_in_which_kinds_are_asked_for_is_nothing(texts, kinds, some):
    asked = kinds[:some]
    found = told(*texts, kinds=asked)
    assert found == told(*texts, kinds=sorted(asked)) and {kind for _, kind, _, _ in found} <= set(asked)
    for (row, _, _, stop), (other, _, start, _) in zip(found, found[1:], strict=False):
        assert row < other or (row == other and stop <= start)


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.data())
def test_what_is_found_in_a_text_depends_on_no_other_text(texts, data):
    order = data.draw(st.permutations(range(len(texts))))
    alone = [[one[1:] for one in told(text)] for text in texts]
    together = told(*(texts[place] for place in order))
    assert [[one[1:] for one in together if one[0] == row] for row in range(len(order))] == [alone[place] for place in order]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_behind_characters_of_any_width(kind):
    sample = SAMPLES[kind]
    text = f"é中😀 {BEFORE.get(kind, '')}{sample} end"
    ((_, found, start, stop),) = told(text, kinds=ordered(KINDS) if kind == "url" else ALL_BUT_URLS)
    assert found == kind and text[start:stop] == ("bob:secret1" if kind == "url_credentials" else sample)


def test_of_findings_that_overlap_one_stays():
    assert [kind for _, kind, _, _ in told("https://bob:p1@example.com/ and https://u:a@b.example@example.com")] == ["url_credentials"] * 2


def test_an_address_of_a_page_wins_over_what_is_in_it():
    text = "https://bob:p1@192.0.2.17/?mail=bob@example.com"
    assert told(text, kinds=tuple(KINDS)) == [(0, "url", 0, len(text))]
    assert [kind for _, kind, _, _ in told(text)] == ["url_credentials", "ip", "email"]


NOBODYS = [
    "version 1.2.3.4, and 1.2.3.4.5, and Chrome/99.0.4844.51",
    "ISBN 978-3-16-148410-0, ISSN 2049-3630, doi:10.1000/182.2021.1234567",
    "order #1234567890, invoice no. 2021-000-1234, SKU 123-456-7890",
    "on 2014-05-12, 12.05.2014, 05/12/14 and 2014-05-12 10:11:12.123456",
    "#ff00aa, #00112233, 0xdeadbeef, rgb(255, 255, 255)",
    "1700000000 and 1700000000123 are timestamps",
    "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 5. O-O Be7 1-0",
    "x = 3.14159265358979 + 2.71828 * 10^-23; 1/3 = 0.3333333333",
    "part 375-920YL-93026, models 5400 5402 5490 5491, size 10 x 20 x 30",
    "Psalm 119:105, chapter 1.2.3.4, 12:34:56, 1:2:3, std::vector<int>",
    "10.5281/zenodo.1234567 and arXiv:2112.11446v2",
    "lat 52.5200066, lon 13.4049540; 41 24 12.2 N",
    "$1,234,567.89 and 1 234 567 EUR, 12345678 %",
    "@user, me@home, icon@2x.png, git@example.com:a/b.git",
    "Hello World! Dear Sir or Madam, I am born free. Best regards to all of them.",
    "The professor said that the doctor, a miss, and my dear were there; in the name of love.",
    "NATO, 4 April 1949. The birth rate rose on 3 May 2001.",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8, uuid 123e4567-e89b-12d3-a456-426614174000",
]


@pytest.mark.parametrize("text", NOBODYS, ids=lambda text: text[:24])
def test_what_is_of_nobody_is_let_be(text):
    assert told(text) == []


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
    assert not found.keys() - FLOORS.keys() - {"person", "date_of_birth"}


BOOKS = sorted((DATA / "books").glob("*.gz"))


@pytest.mark.skipif(not BOOKS, reason="../shared/data is not here")
def test_no_novel_of_its_time_has_any():
    assert told(*(gzip.open(file, "rt").read() for file in BOOKS), kinds=COUNTED) == []
