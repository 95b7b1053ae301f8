"""What is told while work goes on: a live line on a terminal, a plain line now and then elsewhere."""

import io
import os
import pty
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tilth.execute import progress
from tilth.execute.progress import Progress, duration


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    return Terminal()


def lines(stream: io.StringIO) -> list[str]:
    """What was seen on a terminal, one after another."""
    return [line.rstrip("\n") for line in stream.getvalue().split("\r\x1b[2K")[1:]]


def test_quiet_tells_nothing(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal, quiet=True)
    told.phase("read", 2)
    clock.now += 60
    told.done(5, 5)
    told.tell({"step": 1, "of": 2})
    told.say("a line")
    told.close()
    assert terminal.getvalue() == ""


def test_a_terminal_shows_a_phase_as_soon_as_it_begins(clock: Clock, terminal: Terminal) -> None:
    Progress(terminal).phase("read docs", 3)
    assert lines(terminal) == ["read docs  0/3"]


def test_a_live_line_moves_at_most_ten_times_a_second_and_shows_the_end(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.phase("read", 100)
    for _ in range(100):
        clock.now += 0.01
        told.done(10, 1_000_000)
    told.close()
    seen = lines(terminal)
    assert 8 <= len(seen) <= 13
    assert seen[-1] == "read  100/100  1,000 rows/s  100.0 MB/s"
    assert terminal.getvalue().endswith("\n") and "\n" not in terminal.getvalue()[:-1]


def test_the_time_left_is_what_the_done_share_took_scaled(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.phase("read", 4)
    clock.now += 1
    told.done()
    assert not lines(terminal)[-1].endswith("left"), "after a second nobody knows"
    clock.now += 4
    told.done()
    assert lines(terminal)[-1] == "read  2/4  5.0 s left"


def test_a_line_is_never_longer_than_the_terminal(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.phase("a phase of a long name " * 5, 2)
    assert max(map(len, lines(terminal))) == 59


def test_a_line_that_stays_stands_on_its_own(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.phase("read", 2)
    told.say("It waits.")
    told.done()
    told.close()
    assert terminal.getvalue() == "\r\x1b[2Kread  0/2\nIt waits.\n\r\x1b[2Kread  1/2\n"


def test_elsewhere_a_line_comes_now_and_then_and_short_phases_are_not_told(clock: Clock) -> None:
    stream = io.StringIO()
    told = Progress(stream)
    told.phase("survey", 2)
    clock.now += 0.3
    told.done()
    told.done()
    told.phase("read", 3)
    clock.now += 4
    told.done(400, 0)
    clock.now += 4
    told.done(400, 0)
    clock.now += 0.5
    told.done(50, 0)
    told.close()
    assert stream.getvalue().splitlines() == ["read  2/3  100 rows/s  4.0 s left", "read  3/3  100 rows/s"]
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_without_movements_is_no_terminal(clock: Clock, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    told = Progress(terminal)
    told.phase("read", 2)
    clock.now += 9
    told.done()
    assert terminal.getvalue() == "read  1/2  9.0 s left\n"


def test_training_tells_its_steps_and_a_few_numbers(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.phase("train mind", 0)
    clock.now += 10
    told.tell({"step": 10, "of": 40, "loss": 4.23456, "tokens_a_second": 1200, "note": "warming up"})
    assert lines(terminal)[-1].startswith("train mind  10/40  loss 4.235  tokens a second 1200  note w")


def test_a_real_terminal_gets_one_line_that_moves() -> None:
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as stream:
        told = Progress(stream)
        told.phase("read", 1)
        told.done(3, 3)
        told.close()
        seen = ""
        while "\n" not in seen:  # a terminal hands over what it has, which may be a part
            seen += os.read(reader, 1000).decode()
    os.close(reader)
    if os.environ.get("TERM") != "dumb":
        assert seen.startswith("\r\x1b[2Kread  0/1\r\x1b[2Kread  1/1") and seen.count("\n") == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (0.44, "0.4 s"), (12.4, "12 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (90_000, "25 h 0 min")],
)
def test_seconds_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@given(st.floats(0, 1e6))
@example(59.7)
@example(3599.6)
def test_seconds_in_words_are_never_sixty_of_anything_and_about_right(seconds: float) -> None:
    words = duration(seconds)
    parts = {unit: float(number) for number, unit in re.findall(r"([\d.]+) (h|min|s)", words)}
    assert all(parts.get(unit, 0) < 60 for unit in ("min", "s")), words
    assert sum(number * {"h": 3600, "min": 60, "s": 1}[unit] for unit, number in parts.items()) == pytest.approx(
        seconds, abs=60 if "h" in words else 1
    )
