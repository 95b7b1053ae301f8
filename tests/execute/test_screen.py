"""Lines that are drawn over and over at the bottom of a terminal, and those that stay above them; seen with a terminal's eyes."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios

import pyte
import pytest

from tilth.execute.screen import Screen

IN_A_SHELL = """
import fcntl, os, sys, termios
from tilth.execute.screen import Screen
shown = os.fdopen(int(sys.argv[1]), "w")
fcntl.ioctl(shown, termios.TIOCSCTTY, 0)
before = Screen(shown)
before.show(["in the foreground"])
before.clear()
if os.fork() == 0:
    os.setpgid(0, 0)
    after = Screen(shown)
    after.show(["in the background"])
    after.say("a line that stays")
    os._exit(0)
os.wait()
"""


class Terminal(io.StringIO):
    """A terminal of so many columns and lines; `seen` is what stands on it."""

    def __init__(self, columns: int = 40, height: int = 8) -> None:
        super().__init__()
        self.screen = pyte.Screen(columns, height)
        self.screen.set_mode(pyte.modes.LNM)  # the driver's part: a line end goes to the first column
        self.stream = pyte.Stream(self.screen)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        taken = super().write(text)
        self.stream.feed(text)
        return taken

    @property
    def seen(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_lines_are_drawn_in_the_place_of_the_last_ones(terminal: Terminal) -> None:
    screen = Screen(terminal)
    screen.say("a line that stays")
    screen.show(["one, long", "two, long", "three"])
    screen.show(["1", "2"])
    assert terminal.seen == ["a line that stays", "1", "2"]
    screen.say("another")
    screen.show(["3"])
    assert terminal.seen == ["a line that stays", "another", "3"]
    screen.clear()
    assert terminal.seen == ["a line that stays", "another"]
    assert (terminal.screen.cursor.y, terminal.screen.cursor.x) == (2, 0)


def test_at_the_bottom_of_the_screen_what_stays_scrolls_up(terminal: Terminal) -> None:
    screen = Screen(terminal)
    for number in range(20):
        screen.show([f"live {number}", "more", "and more"])
        screen.say(f"line {number}")
    screen.show(["live", "more", "and more"])
    assert terminal.seen == ["line 15", "line 16", "line 17", "line 18", "line 19", "live", "more", "and more"]


def test_the_cursor_is_never_hidden_and_waits_where_a_prompt_may_stand(terminal: Terminal) -> None:
    Screen(terminal).show(["one", "two", "three"])
    assert (terminal.screen.cursor.y, terminal.screen.cursor.x, terminal.screen.cursor.hidden) == (0, 0, False)


def test_a_window_that_became_narrower_leaves_nothing_behind(terminal: Terminal) -> None:
    screen = Screen(terminal)
    screen.say("stays")
    screen.show(["x" * 39, "y" * 39])
    # A terminal that wraps shows each of the two lines on two: what is below the cursor is moved, the cursor is not.
    terminal.screen.resize(8, 20)
    terminal.stream.feed("\x1b7\x1b[2;1H" + "x" * 20 + "\r\n" + "x" * 19 + "\r\n" + "y" * 20 + "\r\n" + "y" * 19 + "\x1b8")
    screen.show(["z"])
    assert terminal.seen == ["stays", "z"]


def test_what_others_write_in_between_stays_and_lines_go_below_it(terminal: Terminal) -> None:
    screen = Screen(terminal)
    screen.show(["live", "more"])
    terminal.write("a warning of a library\n")
    screen.show(["live", "more"])
    assert terminal.seen == ["a warning of a library", "live", "more"]


def test_a_stream_that_is_closed_takes_nothing_more_and_breaks_nothing(terminal: Terminal) -> None:
    screen = Screen(terminal)
    screen.show(["one"])
    terminal.close()
    screen.show(["two"])
    screen.say("three")
    screen.clear()
    assert terminal.seen == ["one"]


def test_a_terminal_that_hung_up_breaks_nothing() -> None:
    reader, writer = pty.openpty()
    stream = os.fdopen(writer, "w")
    screen = Screen(stream)
    os.close(reader)
    screen.say("nobody hears it")
    screen.say("nor this")
    with pytest.raises(OSError, match="Input/output error"):  # so this is what it took in silence
        stream.close()


def test_no_stream_at_all_is_no_terminal() -> None:
    screen = Screen(None)
    screen.say("nowhere")
    assert not screen.moves


@pytest.mark.parametrize(
    ("term", "no_color", "moves", "coloured"), [("xterm", "", True, True), ("xterm", "1", True, False), ("dumb", "", False, False)]
)
def test_what_the_environment_says_is_obeyed(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, term: str, no_color: str, moves: bool, coloured: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("NO_COLOR", no_color)
    screen = Screen(terminal)
    assert (screen.moves, screen.coloured) == (moves, coloured)


def test_the_size_is_that_of_its_own_terminal_or_else_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "71")
    monkeypatch.setenv("LINES", "19")
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as stream:
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 17, 43, 0, 0))
        assert Screen(stream).size() == (43, 17)
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
        assert Screen(stream).size() == (71, 19)
    os.close(reader)


def test_a_job_in_the_background_does_not_draw_over_the_shell() -> None:
    reader, writer = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", IN_A_SHELL, str(writer)], pass_fds=[writer], start_new_session=True, env={**os.environ, "TERM": "xterm"}
    )
    assert done.returncode == 0
    seen = os.read(reader, 1 << 16).decode()
    assert "in the foreground" in seen and "in the background" not in seen and "a line that stays" in seen
    for end in (reader, writer):
        os.close(end)
