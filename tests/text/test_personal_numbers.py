"""What numbers are, by their own rules; every number here is a documented example or made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.text.personal_numbers import account, cards, luhn, social_security


def found(rule, text, number):
    """Whether the rule takes the number within the text, and exactly it."""
    data = text.encode()
    start = data.index(number.encode())
    span = rule(data, start, start + len(number.encode()))
    return span in ((start, start + len(number.encode())), [(start, start + len(number.encode()))])


@given(st.binary(min_size=1, max_size=30).map(lambda data: bytes(48 + byte % 10 for byte in data)))
def test_one_last_digit_of_ten_is_the_check_digit_and_no_other(digits):
    assert sum(luhn(digits + bytes([48 + last])) for last in range(10)) == 1


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "3782 822463 10005",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "6759649826438453",
        "6205500000000000004",
        "2200000000000004",
    ],
)
def test_a_card_of_a_known_issuer_with_its_check_digit_is_found(number):
    assert found(cards, f"Paid with {number}, thanks.", number)


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111112",
        "1234567812345670",
        "0000000000000000",
        "9999999999999995",
        "411111111111111",
        "4222222222222",
        "4111 1111-1111 1111",
        "41111111111111111111",
    ],
)
def test_what_breaks_a_rule_of_cards_is_none(number):
    assert not found(cards, f"It says {number} here.", number)


def test_a_number_of_an_older_range_is_a_card_where_words_say_so():
    assert found(cards, "my visa card 4222222222222 is lost", "4222222222222")


def test_a_row_of_models_is_no_card():
    models = "5400 5401 5490 5491"
    assert not found(cards, f"Dell 7791 {models} AIO", models) and not found(cards, f"Dell {models} 5500", models)


@pytest.mark.parametrize(
    "number",
    ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "fr1420041010050500013m02606", "NO9386011117947"],
)
def test_an_account_of_the_right_length_and_remainder_is_found(number):
    data = f"to {number}.".encode()
    assert account(data, 3, 3) == (3, 3 + len(number))


@pytest.mark.parametrize(
    "number", ["DE89370400440532013001", "DE8937040044053201300", "DE893704004405320130000", "DE89 37 04 00 44 05 32 01 30 00", "DE89"]
)
def test_an_account_of_another_length_or_remainder_is_none(number):
    assert account(f"to {number}".encode(), 3, 3) is None


@pytest.mark.parametrize("number", ["536-90-4399", "001-01-0001", "772-12-3456", "899-99-9999"])
def test_a_social_security_number_is_found(number):
    assert found(social_security, f"Hers is {number}.", number)


@pytest.mark.parametrize(
    "number", ["000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "078-05-1120", "536 90 4399", "536904399", "536-90 4399"]
)
def test_what_was_never_given_out_or_nobody_calls_so_is_none(number):
    assert not found(social_security, f"Hers is {number}.", number)


def test_words_make_a_social_security_number_of_other_digits_and_unmake_one():
    assert found(social_security, "SSN: 536904399", "536904399") and found(social_security, "social security no. 536 90 4399", "536 90 4399")
    assert not found(social_security, "Part Number: 304-05-5202", "304-05-5202") and not found(
        social_security, "text me at 870-55-7550", "870-55-7550"
    )
