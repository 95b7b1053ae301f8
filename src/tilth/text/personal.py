"""Likely personal data, and secrets, found by rule: where they stand, and never what they are.

A kernel marks the few places that are worth a look (`tilth.text.personal_places`), and Python's rules look there and nowhere
else (`tilth.text.personal_addresses`, `tilth.text.personal_numbers`). What the rules cannot find: names of people, addresses of
houses, what is spelt out ("bob at example dot com"), digits that are not ASCII's, and telephone numbers in which no sign and no word
tells them from other numbers.

Of findings that overlap the one stays whose kind comes first in `KINDS`.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.text import personal_places
from tilth.text.buffers import valued_spans
from tilth.text.kernel import Bytes, Counts, Offsets, kernel
from tilth.text.personal_addresses import email, ipv4, ipv6, login, mac, secret
from tilth.text.personal_numbers import account, cards, phones, social_security
from tilth.text.personal_places import ACCOUNT, ADDRESS, HEXES, LOGIN, NUMBER, SECRET, places

Finding = tuple[str, int, int]
"""A kind, and where it begins and ends in the bytes of its text."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "secret": "keys, tokens and private keys",
        "url_credentials": "a user's name and password in a URL",
        "email": "e-mail addresses",
        "iban": "numbers of bank accounts (IBAN)",
        "card": "numbers of payment cards",
        "ip": "IP addresses",
        "mac": "MAC addresses",
        "ssn": "US social security numbers",
        "phone": "telephone numbers",
    }
)
"""Every kind and what it is."""

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def find(column: pa.Array) -> pa.Table:
    """Where each finding stands: `row` (int64), `kind` (dictionary of string), `start` and `stop` in code points, `start_byte` and
    `stop_byte` in bytes of UTF-8 (all int64; a stop is behind the last). By row, then by start. No two findings overlap; a null has none."""
    data, offsets = valued_spans(column)
    found = [(row, *one) for row, findings in _by_row(data, offsets) for one in findings]
    spans = np.array([(row, start, stop, 0, 0) for row, _, start, stop in found], np.int64).reshape(-1, 5)
    _count_characters(data, offsets, spans)
    kinds = pa.array([_RANK[kind] for _, kind, _, _ in found], pa.int8())
    row, start_byte, stop_byte, start, stop = map(pa.array, spans.T)
    named = pa.DictionaryArray.from_arrays(kinds, pa.array(list(KINDS)))
    return pa.table({"row": row, "kind": named, "start": start, "stop": stop, "start_byte": start_byte, "stop_byte": stop_byte})


def count(column: pa.Array) -> dict[str, tuple[int, int]]:
    """How many rows have a finding of each kind, and how many findings there are; every kind of `KINDS`, never a value."""
    counts = dict.fromkeys(KINDS, (0, 0))
    for _, findings in _by_row(*valued_spans(column)):
        for kind in {kind for kind, _, _ in findings}:
            rows, times = counts[kind]
            counts[kind] = (rows + 1, times + sum(kind == one for one, _, _ in findings))
    return counts


def prepare() -> None:
    """Compile what `find` needs, before workers start."""
    personal_places.prepare()
    _count_characters.compile()


def findings(text: bytes, marked: Iterable[tuple[int, int, int]]) -> list[Finding]:
    """What the rules find in a text at the places marked in it (the reason, begin and end), by where it begins."""
    kept: list[tuple[int, int, str]] = []  # in order, so that only neighbours can overlap
    found = {one for place in marked for one in _judge(text, *place)}
    for kind, start, stop in sorted(found, key=lambda one: (_RANK[one[0]], one[1], -one[2])):
        place = bisect(kept, (start,))
        if (place == 0 or kept[place - 1][1] <= start) and (place == len(kept) or stop <= kept[place][0]):
            kept.insert(place, (start, stop, kind))
    return [(kind, start, stop) for start, stop, kind in kept]


def _by_row(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> Iterator[tuple[int, list[Finding]]]:
    """The rows that have findings, in order."""
    marked = (tuple(place) for some in places(data, offsets) for place in some.tolist())
    for row, group in groupby(marked, key=lambda place: place[0]):
        found = findings(data[offsets[row] : offsets[row + 1]].tobytes(), (place[1:] for place in group))
        if found:
            yield row, found


def _judge(text: bytes, reason: int, start: int, stop: int) -> Iterator[Finding]:
    """What the rules find at one place."""
    for kind, rule in _ONE[reason]:
        if span := rule(text, start, stop):
            yield kind, *span
    if reason == NUMBER:
        for kind, more in _MANY:
            yield from ((kind, *span) for span in more(text, start, stop))


_ONE = {
    ADDRESS: (("email", email),),
    LOGIN: (("url_credentials", login),),
    NUMBER: (("ssn", social_security),),
    ACCOUNT: (("iban", account),),
    HEXES: (("ip", ipv6), ("mac", mac)),
    SECRET: (("secret", secret),),
}
_MANY = (("card", cards), ("ip", ipv4), ("phone", phones))


@kernel
def _count_characters(data: Bytes, offsets: Offsets, spans: Counts) -> None:
    """Write beside each begin and end in bytes (columns 1 and 2) the same in code points (3 and 4). The spans are in order."""
    row, at, characters = -1, 0, 0
    for line in range(len(spans)):
        if spans[line, 0] != row:
            row, at, characters = spans[line, 0], 0, 0
        begin = offsets[row]
        for end in (1, 2):
            while at < spans[line, end]:
                characters += data[begin + at] & 0xC0 != 0x80
                at += 1
            spans[line, end + 2] = characters
