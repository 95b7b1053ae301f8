"""Likely personal data found by rule: where it stands, and never what it is.

A kernel marks the few places that are worth a look (`tilth.text.personal_places`), and Python's rules look there and nowhere
else: `tilth.text.personal_addresses`, `tilth.text.personal_numbers`, `tilth.text.personal_people`. What the rules cannot find:
names of people beside which no title, salutation, closing or label stands, addresses of houses, digits that are not ASCII's, and
telephone numbers in which no sign, no form and no word tells them from other numbers.

Of findings that overlap the one stays whose kind comes first in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import pyarrow as pa

from tilth.text import findings, personal_places, secrets
from tilth.text.findings import Finding, Rule, Rules
from tilth.text.personal_addresses import Span, email, ipv4, ipv6, link, login, mac, spelt
from tilth.text.personal_numbers import account, cards, social_security
from tilth.text.personal_people import birth, people
from tilth.text.personal_phones import REGIONS, phones
from tilth.text.personal_places import ACCOUNT, ADDRESS, BIRTH, HEXES, LINK, LOGIN, NAME, NUMBER, SECRET, SPELT, VALUE

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "url": "addresses of pages",
        "secret": "keys, tokens and private keys",
        "url_credentials": "a user's name and password in a URL",
        "email": "e-mail addresses",
        "iban": "numbers of bank accounts (IBAN)",
        "card": "numbers of payment cards",
        "ip": "IP addresses",
        "mac": "MAC addresses",
        "ssn": "US social security numbers",
        "date_of_birth": "dates of birth",
        "phone": "telephone numbers",
        "person": "names of people",
    }
)
"""Every kind and what it is, in the order in which one wins over another."""

COUNTED = ("secret", "url_credentials", "email", "iban", "card", "ip", "mac", "ssn", "phone")
"""What `count` looks for: what nearly always is of one person, or is a secret."""


def find(column: pa.Array, kinds: Sequence[str] = tuple(KINDS), regions: Sequence[str] = REGIONS) -> pa.Table:
    """Where each finding stands, as `tilth.text.findings.found` tells it. `regions`: where telephone numbers without the code of a
    country may be of, as ISO 3166 has them."""
    return findings.found(column, rules_for(kinds, regions), ordered(kinds))


def count(column: pa.Array) -> dict[str, tuple[int, int]]:
    """How many rows have a finding of each kind of `COUNTED`, and how many findings there are; never a value."""
    return findings.counted(column, rules_for(COUNTED), COUNTED)


def prepare() -> None:
    """Compile what `find` needs, before workers start."""
    personal_places.prepare()
    findings.prepare()


def ordered(kinds: Sequence[str]) -> tuple[str, ...]:
    """The kinds in the order of `KINDS`."""
    return tuple(kind for kind in KINDS if kind in kinds)


def rules_for(kinds: Sequence[str], regions: Sequence[str] = REGIONS) -> Rules:
    """The rules that find these kinds, for each reason."""
    telephones = partial(phones, regions=tuple(regions))
    every: dict[str, dict[int, tuple[Rule, ...]]] = {
        "url": {reason: (partial(_one, "url", link),) for reason in (LINK, LOGIN)},
        "secret": {reason: (partial(_secret, reason),) for reason in (SECRET, VALUE, LINK)},
        "url_credentials": {LOGIN: (partial(_one, "url_credentials", login),)},
        "email": {ADDRESS: (partial(_one, "email", email),), SPELT: (partial(_one, "email", spelt),)},
        "iban": {ACCOUNT: (partial(_one, "iban", account),)},
        "card": {NUMBER: (partial(_many, "card", cards),)},
        "ip": {NUMBER: (partial(_many, "ip", ipv4),), HEXES: (partial(_one, "ip", ipv6),)},
        "mac": {HEXES: (partial(_one, "mac", mac),)},
        "ssn": {NUMBER: (partial(_one, "ssn", social_security),)},
        "date_of_birth": {BIRTH: (partial(_one, "date_of_birth", birth),)},
        "phone": {NUMBER: (partial(_many, "phone", telephones),)},
        "person": {NAME: (partial(_many, "person", people),)},
    }
    asked: dict[int, tuple[Rule, ...]] = {}
    for kind in ordered(kinds):
        for reason, rules in every[kind].items():
            asked[reason] = (*asked.get(reason, ()), *rules)
    return asked


def _one(kind: str, rule: Callable[[bytes, int, int], Span | None], text: bytes, start: int, stop: int) -> Iterator[Finding]:
    if span := rule(text, start, stop):
        yield kind, *span


def _many(kind: str, rule: Callable[[bytes, int, int], list[Span]], text: bytes, start: int, stop: int) -> Iterator[Finding]:
    return ((kind, *span) for span in rule(text, start, stop))


def _secret(reason: int, text: bytes, start: int, stop: int) -> Iterator[Finding]:
    return (("secret", begin, end) for rule in secrets.RULES[reason] for _, begin, end in rule(text, start, stop))
