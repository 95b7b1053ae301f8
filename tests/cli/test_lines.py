"""Words on a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.cli import lines

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@given(st.text())
def test_no_text_can_move_the_cursor(text: str) -> None:
    assert not UNSEEN.search(lines.one_line(text)) and "\n" not in lines.one_line(text)
    assert not UNSEEN.search(lines.block(text))
    assert not UNSEEN.search(lines.beside(("one", text), ("other", text)))


def test_a_long_text_is_cut() -> None:
    assert lines.one_line("x" * 100, 10) == "x" * 10 + "…"


def test_columns_line_up_whatever_the_width_of_letters() -> None:
    rows = [("日本", "1", "a"), ("abc", "100", "b")]
    assert lines.aligned(rows, right=(1,)).split("\n") == ["日本    1  a", "abc   100  b"]


@pytest.mark.parametrize(("value", "said"), [(None, "–"), (3.0, "3"), (1234567, "1,234,567"), (0.12345, "0.1235"), (float("nan"), "nan")])
def test_numbers_are_short(value: float | None, said: str) -> None:
    assert lines.number(value) == said


@pytest.mark.parametrize(("count", "said"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (123_456_789, "123 MB"), (5e12, "5.0 TB")])
def test_bytes_have_a_unit(count: float, said: str) -> None:
    assert lines.size(count) == said


def test_bars_show_what_is_small_and_leave_out_what_is_nothing() -> None:
    assert lines.bars([0, 1, 500, 1000]) == " ▁▄█"


def test_there_is_no_colour_without_a_terminal_and_none_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines.paint("red", "red") == "red"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert lines.paint("red", "red") == "\x1b[31mred\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert lines.paint("red", "red") == "red"
