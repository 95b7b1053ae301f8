"""Invented values: of the kind, and of a range that nobody has."""

from __future__ import annotations

import hashlib
import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.surrogates import DISTINCT, same, surrogate

DRAWN = st.binary(min_size=32, max_size=32)


@given(DRAWN)
def test_a_card_has_a_true_check_digit_and_no_issuer(drawn: bytes) -> None:
    card = surrogate("card", "4111 1111 1111 1111", drawn)
    assert card is not None and re.fullmatch(r"9999\d{12}", card)
    digits = [int(digit) for digit in reversed(card)]
    assert sum(digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)) % 10 == 0


@given(DRAWN)
def test_an_account_is_right_modulo_97_and_of_no_country(drawn: bytes) -> None:
    account = surrogate("iban", "DE89370400440532013000", drawn)
    assert account is not None and account.startswith("XX")
    turned = account[4:] + account[:4]
    assert int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


@given(DRAWN)
def test_addresses_are_those_of_documentation_or_never_given_out(drawn: bytes) -> None:
    four, six = (ipaddress.ip_address(str(surrogate("ip", found, drawn))) for found in ("8.8.8.8", "2a00::1"))
    assert four in ipaddress.ip_network("240.0.0.0/4") and four.is_reserved and four != ipaddress.ip_address("255.255.255.255")
    assert six in ipaddress.ip_network("2001:db8::/32")


@given(DRAWN)
def test_a_social_security_number_is_none_that_was_ever_given_out(drawn: bytes) -> None:
    assert re.fullmatch(r"000-\d{2}-\d{4}", str(surrogate("ssn", "123-45-6789", drawn)))


@given(DRAWN)
def test_a_telephone_number_is_one_of_those_kept_for_fiction(drawn: bytes) -> None:
    assert re.fullmatch(r"[2-9]\d\d-555-01\d\d ext\. [1-9]\d{3}", str(surrogate("phone", "+1 212 555 1234", drawn)))


@given(DRAWN)
def test_a_date_of_birth_keeps_its_form(drawn: bytes) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(surrogate("date_of_birth", "1980-02-03", drawn)))
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", str(surrogate("date_of_birth", "02/03/1980", drawn)))
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]+ \d{4}", str(surrogate("date_of_birth", "3 Feb 1980", drawn)))


@given(DRAWN)
def test_a_hardware_address_is_none_that_a_maker_gives_out(drawn: bytes) -> None:
    told = str(surrogate("mac", "3c:22:fb:01:02:03", drawn))
    assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", told) and int(told[:2], 16) & 0b11 == 0b10  # locally administered, of one device


@given(DRAWN)
def test_an_address_of_a_page_keeps_its_scheme_and_credentials_their_form(drawn: bytes) -> None:
    pages = ("http://corp.com/a?b", "ftp://corp.com", "www.corp.com/x")
    assert [str(surrogate("url", page, drawn))[:-12] for page in pages] == ["http://example.com/", "ftp://example.com/", "www.example.com/"]
    assert re.fullmatch(r"user-[0-9a-f]{6}:[0-9a-f]{6}", str(surrogate("url_credentials", "ann:secret", drawn)))
    assert re.fullmatch(r"ftp://user-[0-9a-f]{6}:[0-9a-f]{6}@example\.com", str(surrogate("url_credentials", "ftp://ann:secret@corp.com", drawn)))


@given(DRAWN)
def test_a_person_has_as_many_names_as_before_and_no_title(drawn: bytes) -> None:
    both, one = (str(surrogate("person", found, drawn)) for found in ("Dr. Ada  Byron", "Prof. Byron"))
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", both) and both.split()[1] == one


def test_different_persons_seldom_get_one_name() -> None:
    """Of 20,000 values about 20,000² / 2N pairs fall together: of full names 5, of extensions 0.3, of the others fewer."""
    drawn = [hashlib.sha256(str(number).encode()).digest() for number in range(20_000)]
    found = {kind: {surrogate(kind, "a b" if kind == "person" else "x", one) for one in drawn} for kind in ("person", "phone", "ip", "mac", "url")}
    assert DISTINCT["person"] > 30_000_000 and 36_000 < DISTINCT["family"] < 40_000
    for kind, values in found.items():
        expected = len(drawn) ** 2 / (2 * DISTINCT[kind])
        assert len(drawn) - len(values) <= expected + 5 * expected**0.5 + 3, kind


def test_every_syllable_can_be_drawn() -> None:
    drawn = [hashlib.sha256(str(number).encode()).digest() for number in range(3_000)]
    whole = {str(surrogate("person", "a b", one)).split()[0] for one in drawn}
    assert len({name[:2] for name in whole}) > 25 and len(whole) > 900


def test_nothing_is_invented_for_secrets() -> None:
    assert surrogate("aws_access_key", "AKIA", bytes(32)) is None


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("phone", "0171 555", "0171-555"),
        ("card", "4111 1111", "41111111"),
        ("email", "A@B.co", "a@b.CO"),
        ("iban", "DE89 3704", "de893704"),
        ("person", "Dr. Ada  Byron", "ada byron"),
    ],
)
def test_ways_of_writing_one_value_are_the_same(kind: str, one: str, other: str) -> None:
    assert same(kind, one) == same(kind, other)
