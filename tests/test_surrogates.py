"""Invented values: of the kind, and of a range that nobody has."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.surrogates import same, surrogate

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
def test_addresses_are_those_of_documentation(drawn: bytes) -> None:
    four, six = (ipaddress.ip_address(str(surrogate("ip", found, drawn))) for found in ("8.8.8.8", "2a00::1"))
    assert any(four in ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
    assert six in ipaddress.ip_network("2001:db8::/32")


@given(DRAWN)
def test_a_social_security_number_is_none_that_was_ever_given_out(drawn: bytes) -> None:
    assert re.fullmatch(r"000-\d{2}-\d{4}", str(surrogate("ssn", "123-45-6789", drawn)))


@given(DRAWN)
def test_a_telephone_number_is_one_of_those_kept_for_fiction(drawn: bytes) -> None:
    assert re.fullmatch(r"[2-9]\d\d-555-01\d\d", str(surrogate("phone", "+1 212 555 1234", drawn)))


@given(DRAWN)
def test_a_date_of_birth_keeps_its_form(drawn: bytes) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(surrogate("date_of_birth", "1980-02-03", drawn)))
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", str(surrogate("date_of_birth", "02/03/1980", drawn)))
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]+ \d{4}", str(surrogate("date_of_birth", "3 Feb 1980", drawn)))


def test_nothing_is_invented_for_secrets() -> None:
    assert surrogate("aws_access_key", "AKIA", bytes(32)) is None


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [("phone", "0171 555", "0171-555"), ("card", "4111 1111", "41111111"), ("email", "A@B.co", "a@b.CO"), ("iban", "DE89 3704", "de893704")],
)
def test_ways_of_writing_one_value_are_the_same(kind: str, one: str, other: str) -> None:
    assert same(kind, one) == same(kind, other)
