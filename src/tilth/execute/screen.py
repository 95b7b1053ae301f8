"""A few lines at the bottom of a terminal, drawn over and over in their place; lines that stay go above them.

The cursor always waits at the beginning of the first of these lines. So what is below it can be erased
whatever the terminal did to it meanwhile (a narrower window wraps lines), a process that is killed leaves
the prompt there, and nothing has to be put back: the cursor is never hidden, no mode is changed.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Sequence
from typing import TextIO

ERASE_LINE, ERASE_BELOW, UP = "\x1b[K", "\x1b[J", "\x1b[{}A"
"""ECMA-48: EL, ED and CUU."""


class Screen:
    """A stream that may be a terminal. One that is closed while it is written to takes nothing more; the work goes on."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or io.StringIO()  # None when the shell closed it
        self.moves = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self.coloured = self.moves and not os.environ.get("NO_COLOR")
        self._drawn = self._gone = False

    def size(self) -> tuple[int, int]:
        """Columns and lines of the terminal; where it does not know them, what the environment says."""
        try:
            told = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            told = os.terminal_size((0, 0))
        said = shutil.get_terminal_size()
        return (told.columns or said.columns, told.lines or said.lines)

    def listened_to(self) -> bool:
        """Whether lines may move now: not for a job in the background, which shares the terminal with others."""
        try:
            return os.tcgetpgrp(self._stream.fileno()) == os.getpgrp()
        except (OSError, ValueError):
            return True

    def show(self, lines: Sequence[str]) -> None:
        """Draw these lines in the place of the last ones, in one piece."""
        if lines and self.listened_to():
            up = UP.format(len(lines) - 1) if len(lines) > 1 else ""
            self._write("\r" + "\n".join(line + ERASE_LINE for line in lines) + ERASE_BELOW + up + "\r")
            self._drawn = True

    def say(self, line: str) -> None:
        """A line that stays."""
        self.clear()
        self._write(line + "\n")

    def clear(self) -> None:
        """Take the lines away."""
        if self._drawn:
            self._write("\r" + ERASE_BELOW)
            self._drawn = False

    def _write(self, text: str) -> None:
        if self._gone:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal was closed (EIO), the reader of a pipe went, the stream was closed
            self._gone = True
