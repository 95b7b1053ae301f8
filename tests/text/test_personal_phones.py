"""What telephone numbers are; every number here is kept for examples by those who give numbers out, or given out by nobody."""

import pytest

from tilth.text.personal_phones import REGIONS, known_regions, phones


def found(text, number, **how):
    """Whether the number within the text is taken, and exactly it."""
    data = text.encode()
    start = data.index(number.encode())
    return phones(data, start, start + len(number.encode()), **how) == [(start, start + len(number.encode()))]


@pytest.mark.parametrize(
    "number",
    [
        "+1 212 555 0100",
        "+1-212-555-0100",
        "(212) 555-0100",
        "212-555-0100",
        "212.555.0100",
        "1-800-555-0199",
        "+44 20 7946 0018",
        "+44 (0)20 7946 0018",
        "020 7946 0018",
        "01632 960123",
        "+49 30 23125 000",
        "+33 1 99 00 12 34",
        "01 99 00 12 34",
        "01.99.00.12.34",
        "0041 44 668 18 00",
        "+86 10 6552 9988",
        "(11) 91234-5678",
        "+4930901820",
    ],
)
def test_a_telephone_number_is_found_without_a_word(number):
    assert found(f"You find us: {number}.", number)


@pytest.mark.parametrize("number", ["467 3395", "9472 7916", "13812345678", "60-56-85-91", "2125550100"])
def test_others_are_found_where_a_word_says_so(number):
    assert found(f"Please call {number} today", number) and found(f"{number} (mobile)", number)
    assert not found(f"There were {number} of them", number)


def test_words_for_any_number_are_believed_only_where_no_word_speaks_of_telephones():
    assert found("phone no. 467 3395", "467 3395") and found("To order: 1-800-555-0199", "1-800-555-0199")
    assert not found("id 01632 960123", "01632 960123")


def test_an_extension_belongs_to_the_number():
    assert phones(b"+1-212-555-0100x769", 0, 15) == [(0, 19)] and phones(b"212-555-0100 ext. 12 or", 0, 12) == [(0, 20)]


@pytest.mark.parametrize(
    ("before", "number"),
    [
        ("on ", "2014-05-12"),
        ("on ", "12.05.2014"),
        ("on ", "05/12/2014"),
        ("call in ", "2014-2015"),
        ("call ISBN ", "978-3-16-148410-0"),
        ("cost $", "1 000 000 000"),
        ("Telephones: 6,", "200 (2006"),
        ("Model Number: ", "212-555-0100"),
        ("doi.org/10.1016/j.cell.", "2017.10.049"),
        ("style.css?", "1713760205"),
        ("about ", "0.123456789"),
        ("x = ", "1234567890123"),
        ("order #", "212-555-0100"),
        ("call ", "1 2 3 4 5 6 7 8"),
        ("+0", "00000000"),
    ],
)
def test_dates_prices_and_numbers_of_things_are_no_telephones(before, number):
    assert not found(before + number, number)


def test_a_price_or_a_word_may_not_follow():
    assert phones(b"call 12345678%", 5, 13) == [] and phones(b"call 12345678abc", 5, 13) == []


def test_two_american_numbers_with_a_space_between_are_both_found():
    assert phones(b"212-555-0100 212-555-0101", 0, 25) == [(0, 12), (13, 25)]


def test_without_a_word_a_number_must_be_of_a_region_that_is_asked_for():
    assert found("at 020 7946 0018 now", "020 7946 0018", regions=("GB",)) and not found("at 020 7946 0018 now", "020 7946 0018", regions=("US",))
    assert found("at 212-555-0100 now", "212-555-0100", regions=("CA",)) is False
    assert found("at 212-555-0100 now", "212-555-0100", regions=("US",)) and not found("at 212-555-0100 now", "212-555-0100", regions=("DE",))


def test_a_number_that_no_country_gives_out_needs_a_word():
    assert not found("lot 211-234-5678 of 9", "211-234-5678") and found("call 211-234-5678", "211-234-5678")


def test_a_number_with_the_code_of_a_country_must_be_as_long_as_those_of_that_country():
    assert (
        not found("at +1 212 555", "+1 212 555")
        and not found("at +999 2125 5501", "+999 2125 5501")
        and found("at +99 1 212 5501 00", "+99") is False
    )


@pytest.mark.parametrize(
    ("before", "number"),
    [
        ("Compatible part numbers: ", "330-1829"),
        ("oxygen sensor ", "234-4012 x 3"),
        ("phone models ", "2021 2022 2023"),
        ("mobile band ", "140-148/430-450"),
        ("375-920YL", "+375-93026"),
        ("Decimal('", "+35236450.6"),
        ("seen at ", "2014-05-12 10"),
    ],
)
def test_numbers_of_products_and_measures_are_no_telephones(before, number):
    assert not found(before + number, number)


def test_every_usual_region_is_known():
    assert set(REGIONS) <= known_regions() and "XX" not in known_regions()
