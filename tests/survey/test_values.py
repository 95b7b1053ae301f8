"""What a text may spell."""

import numpy as np
import pyarrow as pa
import pytest

from tilth.survey.values import ends_of_dates, held, looks, spelled


def texts(*values: str) -> pa.Array:
    return pa.array(values, pa.large_string())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("12", "number"),
        ("-1,234.50", "number"),
        ("$9.99", "number"),
        ("45%", "number"),
        ("1e-5", "number"),
        ("2024-02-29", "date"),
        ("2024-02-29T10:00:00Z", "date"),
        ("3/4/2021", "date"),
        ("May 15, 2009", "date"),
        ("https://a.org/b?c=d", "url"),
        ('{"a": 1}', "json"),
        ("<p>One</p>", "html"),
    ],
)
def test_a_text_reads_as_what_it_spells(text: str, kind: str) -> None:
    assert looks(texts(text))[kind].tolist() == [True]


@pytest.mark.parametrize("text", ["twelve", "1.2.3", "$", "-", "", "a 12", "12 a", "see https://a.org", "x < y"])
def test_words_read_as_nothing_of_that(text: str) -> None:
    assert not any(mask.any() for mask in looks(texts(text)).values())


def test_spelled_numbers_are_read_without_commas_and_currencies() -> None:
    assert spelled(texts("1,234.5", "$9.99", "-3", "45%", "1e3")).tolist() == [1234.5, 9.99, -3.0, 45.0, 1000.0]
    assert np.isnan(spelled(texts("about 5", ""))).all()


def test_decimal_commas_are_read_and_three_digits_after_a_comma_are_thousands() -> None:
    assert spelled(texts("1.299,00 €", "83,84 €", "EUR 5,5", "-0,25", "1,299")).tolist() == [1299.0, 83.84, 5.5, -0.25, 1299.0]
    assert looks(texts("1.299,00 €"))["number"].all() and not looks(texts("1.2,3,4", "83,84 Stück"))["number"].any()


def test_only_numbers_without_signs_are_plain() -> None:
    found = looks(texts("12", "-1.5e3", " 7.0 ", "$9.99", "1,234", "83,84 €"))
    assert found["plain_number"].tolist() == [True, True, True, False, False, False] and found["number"].all()


def test_cells_that_hold_nothing_are_told_apart() -> None:
    told, filled = held(texts("word", "", "  ", "\u00a0", "N/A", "none", "-", "None of these", " " * 100))
    assert told == {"value": 2, "empty": 1, "blank": 3, "placeholder": 3}
    assert filled.to_pylist() == [True, False, False, False, False, False, False, True, False]


def test_ends_are_told_only_of_dates_that_begin_with_the_year() -> None:
    assert ends_of_dates(texts("2024-01-02", "2023-12-31", "May 15, 2009")) == (("2023-12-31", "2024-01-02"), 2)
    assert ends_of_dates(texts("May 15, 2009", "May 16, 2009")) == (None, 0)
