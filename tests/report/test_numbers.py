"""Numbers as people write them. The narrow no-break space is shown as `_` here."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.report import numbers


def _(text: str) -> str:
    return text.replace(numbers.NARROW, "_")


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (999, "999"), (4096, "4_096"), (12345678, "12_345_678"), (-1200, "−1_200"), (None, "–")])
def test_counts_have_thin_thousands(value: int | None, text: str) -> None:
    assert _(numbers.count(value)) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0 rows"), (1, "1 row"), (12431, "12_431 rows")])
def test_one_thing_is_no_plural(value: int, text: str) -> None:
    assert _(numbers.counted(value, "row")) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (41.237, "41.2"),
        (0.02346, "0.0235"),
        (80.0, "80"),
        (0.3, "0.3"),
        (12345.6, "12_346"),
        (1.234e-7, "1.2_×_10⁻⁷"),
        (0, "0"),
        (-2.5, "−2.5"),
        (999.96, "1000"),
    ]
    + [(math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "nan"), (None, "–"), (6.1e13, "61_000_000_000_000"), (2.5e18, "2.5_×_10¹⁸")],
)
def test_measured_numbers_have_few_digits(value: float | None, text: str) -> None:
    assert _(numbers.number(value)) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 10, "0_%"), (10, 10, "100_%"), (1, 10, "10.0_%"), (1, 10**6, "< 0.01_%"), (10**6 - 1, 10**6, "> 99.99_%"), (3, 1000, "0.30_%"), (1, 0, "–")],
)
def test_a_share_is_nothing_or_all_only_when_it_is(part: int, whole: int, text: str) -> None:
    assert _(numbers.share(part, whole)) == text


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_true_part_is_never_written_as_nothing_or_all(part: int, rest: int) -> None:
    assert _(numbers.share(part, part + rest)) not in ("0_%", "0.00_%", "100_%", "100.00_%")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0_B"), (999, "999_B"), (1000, "1.0_kB"), (12_345_678, "12.3_MB"), (999_960, "1.0_MB"), (8.2e9, "8.2_GB"), (None, "–")]
)
def test_sizes_have_units(value: float | None, text: str) -> None:
    assert _(numbers.size(value)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0421, "0.042_s"), (1.84, "1.8_s"), (9.96, "10_s"), (59.6, "1_min"), (200, "3_min 20_s"), (3599.9, "1_h"), (7500, "2_h 5_min"), (None, "–")],
)
def test_durations_read_like_speech(seconds: float | None, text: str) -> None:
    assert _(numbers.duration(seconds)) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2026-11-21T03:12:44+00:00", "21 November 2026, 03:12 UTC"),
        ("2026-01-02T03:04:05Z", "2 January 2026, 03:04 UTC"),
        ("2026-01-02T03:04:05+01:00", "2 January 2026, 03:04 UTC+0100"),
        ("2026-01-02T03:04:05", "2 January 2026, 03:04"),
        ("yesterday", "yesterday"),
    ],
)
def test_moments_are_dates(written: str, text: str) -> None:
    assert numbers.moment(written) == text


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("rows", 21000, "21_000"),
        ("seconds", 90, "1_min 30_s"),
        ("memory_bytes", 1.1e9, "1.1_GB"),
        ("flops", 6.1e13, "61.0_T"),
        ("parameters", 3346752, "3.3_M"),
    ],
)
def test_an_estimate_is_written_by_its_kind(kind: str, value: float, text: str) -> None:
    assert _(numbers.quantity(value, kind)) == text
