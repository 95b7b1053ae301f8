"""The places worth a look, beside the same found by plain Python."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import ANY_TEXT
from tilth.text.buffers import valued_spans
from tilth.text.personal_places import (
    ACCOUNT,
    ACCOUNT_LENGTHS,
    ADDRESS,
    BIRTH,
    BIRTH_HINTS,
    HEXES,
    LINK,
    LOGIN,
    MOST_PLACES,
    NAME,
    NAME_HINTS,
    NUMBER,
    REASONS,
    SECRET,
    SECRET_STARTS,
    SPELT,
    VALUE,
    VALUE_NAMES,
    places,
)

PIECES = [
    "@",
    "a",
    "bob",
    ".",
    "example",
    "://",
    ":",
    "::",
    "//",
    "-",
    "-----BEGIN",
    "--",
    " ",
    "(",
    ")",
    "+",
    "/",
    "1",
    "23",
    "4567",
    "0",
    "DE89",
    "gb42",
    "fe80",
]
PIECES += [
    "00-1A-2B-3C-4D-5E",
    "00:1a:2b:3c:4d:5e",
    "sk-",
    "ghp_",
    "eyJ",
    "\xa0",
    "é",
    "中",
    "\n",
    "'",
    "%",
    "_",
    "2001:db8",
    "aa",
    "f",
    "g",
    "AK",
    "\0",
    "=",
    "AA",
    "Mr",
    "dear",
    "Professor",
    "professional",
    "born",
    "DOB",
    "n\xe9",
    "b",
    "at",
    "AT",
    "[",
    "password",
    "api_key",
    '"',
    "www.",
    "WWW",
]
TEXTS = ANY_TEXT | st.lists(st.sampled_from(PIECES), max_size=16).map("".join)
WORD = re.compile(rb"[A-Za-z0-9]*")
NUMBERS = re.compile(rb"\d(?:(?:[ .\-/]\(?|\(|\)[ .\-/]?|\xc2\xa0)?\d)*")
HEXED = re.compile(rb"[0-9A-Fa-f:]{0,64}")
DASHED = re.compile(rb"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}(?![A-Za-z0-9])")
BEFORE_AT = re.compile(rb"[A-Za-z0-9\x80-\xff._%+\-'~&]{1,65}\Z")


def marked(*texts):
    data, offsets = valued_spans(pa.array(texts, pa.large_string()))
    return [tuple(line) for some in places(data, offsets) for line in some.tolist()]


def is_word(text, at):
    return 0 <= at < len(text) and text[at : at + 1].isalnum() and text[at] < 128


def hexes(text, at):
    """The address of hexadecimal digits at a digit, colon or dash, None where there is none."""
    start = at - 2 if text[at : at + 1] == b"-" else at
    while (
        text[at : at + 1] == b":"
        and start > 0
        and at - start < 32
        and text[start - 1 : start] in [bytes([one]) for one in b"0123456789abcdefABCDEF:"]
    ):
        start -= 1
    if start < 0 or is_word(text, start - 1):
        return None
    run = HEXED.match(text, start)[0] if text[at : at + 1] != b"-" else b""
    if b"::" in run or run.count(b":") >= 5:
        return None if is_word(text, start + len(run)) else (start, start + len(run))
    dashed = text[at : at + 1] != b":" and text[start - 1 : start] != b"-" and DASHED.match(text, start)
    return dashed.span() if dashed else None


def login(text, at):
    part = re.match(rb"[^ \t\r\n\x0b\x0c/?#\"'<>\\]{0,256}", text[at + 3 :])[0]
    logs_in = b":" in part and b"@" in part[part.index(b":") :]
    return (LOGIN, at, at + 3 + len(part)) if logs_in else (LINK, at, at + 3)


def number(text, at):
    found = NUMBERS.match(text, at)
    digits, dots = len(re.findall(rb"\d", found[0])), len(re.findall(rb"(?<=\d)\.", found[0]))
    start = at - len(re.search(rb"[+(]{0,2}\Z", text[:at])[0])
    return (NUMBER, start, found.end()) if digits >= 7 or dots >= 3 else None


def word(text, at):
    if at + 3 >= len(text):
        return None
    country, whole = text[at : at + 2].decode("latin-1"), WORD.match(text, at)
    if (country in ACCOUNT_LENGTHS or country.upper() in ACCOUNT_LENGTHS and country.islower()) and re.match(rb"\d\d", text[at + 2 : at + 4]):
        return (ACCOUNT, at, at)
    if text[at : at + 3].decode("latin-1") in {start[:3] for start in SECRET_STARTS}:
        return (SECRET, at, at)
    if re.match(rb"(?:ww|WW)[wW]\.", text[at : at + 4]):
        return (LINK, at, at)
    if whole[0].lower() == b"at":
        opened = at > 0 and text[at - 1 : at] in (b"(", b"[", b"{", b"<")
        return (SPELT, at, whole.end()) if opened or whole[0] == b"AT" else None
    written = whole[0].lower()[:8].decode("latin-1")
    if len(written) == 1 and text[at + 1 : at + 2] not in (b".", b"\xc3"):
        return None
    for reason, words in ((NAME, NAME_HINTS), (BIRTH, BIRTH_HINTS)):
        if written in {word[:8] for word in words}:
            return (reason, at, whole.end())
    return None


def sign(text, at):
    """What a colon or an equals sign is worth."""
    if re.match(rb"\d:AA", text[max(0, at - 1) : at + 3]):
        return (SECRET, at, at)
    name = re.search(rb"[ \"'`\]]{0,3}\Z", text[:at])
    last = text[max(0, name.start() - 3) : name.start()].lower().decode("latin-1")
    return (VALUE, name.start(), at) if last in VALUE_NAMES and not text[at : at + 3] == b":AA" else None


def look(text, at):
    """The place at this byte, if any, and where to go on."""
    letter = text[at : at + 1]
    if letter == b"@":
        name = BEFORE_AT.search(text[max(0, at - 65) : at]) if re.match(rb"[A-Za-z0-9\x80-\xff]", text[at + 1 : at + 2]) else None
        return (ADDRESS, at - len(name[0]), at) if name else None, at + 1
    if letter == b":" and text[at : at + 3] == b"://":
        return login(text, at), at + 3
    if letter.isdigit() or letter in (b":", b"-"):
        if found := hexes(text, at):
            return (HEXES, *found), found[1]
    if letter in (b":", b"="):
        return sign(text, at), at + 1
    if letter.isdigit():
        return number(text, at), WORD.match(text, NUMBERS.match(text, at).end()).end()
    if letter == b"-":
        end = re.compile(rb"-*").match(text, at).end()
        return (SECRET, end - 5, end) if end >= 5 and text[end - 5 : end] == b"-----" and text[end : end + 2] == b"BE" else None, end
    return (word(text, at), WORD.match(text, at).end()) if is_word(text, at) else (None, at + 1)


def twin(text):
    found, at = [], 0
    while at < len(text):
        place, at = look(text, at)
        found += [place] if place else []
    return found


@settings(deadline=None, max_examples=500)
@given(st.lists(TEXTS, max_size=5))
@example(
    [
        "a@b",
        "@",
        "a@",
        "@b",
        "x://a:b@c",
        "://:@",
        "1.2.3.4",
        "+(12) 345-6789",
        "1234567",
        "123456",
        "DE89",
        "DE8",
        "::1",
        "a::1",
        "----BE",
        "-----BE",
    ]
)
@example(
    [
        "bob@x.com " * 3,
        "00-11-22-33-44-55",
        "a00-11-22-33-44-55",
        "-00-11-22-33-44-55",
        "00-11-22-33-44-556",
        "fe80::1%eth0",
        "1:2:3:4:5:6:7:8",
        ":" * 90,
    ]
)
def test_the_places_are_those_of_plain_python(texts):
    assert marked(*texts) == [(row, *place) for row, text in enumerate(texts) for place in twin(text.encode())]


def test_every_reason_is_found():
    text = "bob@example.com ftp://u:p@example.com +1 212 555 0100 DE89370400440532013000 fe80::1 -----BEGIN ghp_x "
    text += "www.example.org password=x bob (at) example Dear Bob, born in"
    assert {line[1] for line in marked(text)} == set(range(REASONS))


def test_plain_prose_has_no_places():
    assert marked("It was in 1984, at 10:30; he paid $3.50 (or 4) - no more. See 2001-05, e.g. std::vector and a-b-c.", None, "") == []


def test_more_places_than_fit_at_once_are_all_told():
    many = 3 * MOST_PLACES // 2
    assert marked("a@b " * many, "c@d") == [(0, ADDRESS, 4 * at, 4 * at + 1) for at in range(many)] + [(1, ADDRESS, 0, 1)]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=24), max_size=4))
def test_any_bytes_may_be_walked_over(rows):
    data = np.frombuffer(b"".join(rows), np.uint8)
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    for some in places(data, offsets):
        for row, _, start, stop in some.tolist():
            assert 0 <= start <= stop <= len(rows[row])


@pytest.mark.parametrize("sign", ["1", ":", "-", "@", "a@", "1 ", "1.", "f:", "://", "://:", "(", "::g", "1-"])
def test_a_long_row_of_one_sign_is_walked_in_linear_time(sign):
    assert len(marked(sign * 1_000_000)) <= 1_000_000
