"""A run on a real terminal: what stands on it while it works, when it is done, and when it is stopped."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest

from tests.outside import PAUSE, install
from tests.projects import Project

RECIPE = """
name: live
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - clean.slow
    - dedup.exact
models:
  count: {train.slow: {data: docs}}
machine: {workers: 1, shard_bytes: 400}
"""
KNOWN = re.compile(r"\x1b\[[\d;]*[mKJA]")
"""The movements that there may be: colours, erase, up."""


class Terminal:
    """A command on a terminal of its own, and what stands there."""

    def __init__(self, project: Project, acme: Path, *words: str, columns: int = 80, pause: float = 0.05, **environment: str) -> None:
        self.reader, writer = pty.openpty()
        self.screen, self.raw, self.tall = pyte.Screen(columns, 24), "", 0
        self.stream = pyte.Stream(self.screen)
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.mode = termios.tcgetattr(writer)
        self.writer = writer
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("TILTH_", "NO_COLOR"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tilth.cli.main", *words],
            cwd=project.folder,
            env={**ours, "PYTHONPATH": str(acme), PAUSE: str(pause), "TERM": "xterm", **environment},
            stdin=writer,
            stdout=writer,
            stderr=writer,
            start_new_session=True,
        )

    def read(self, until: Callable[[], bool], patience: float = 60) -> bool:
        """Take in what is written until something is so; False where it never was."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if until():
                return True
            ready = select.select([self.reader], [], [], 0.05)[0]
            if ready:
                text = os.read(self.reader, 1 << 16).decode(errors="replace")
                self.raw += text
                self.stream.feed(text)
            elif self.process.poll() is not None:
                return until()
        return False

    @property
    def seen(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def ended(self) -> int:
        """Read to the end; how the process ended."""
        assert self.read(lambda: self.process.poll() is not None)
        self.read(lambda: False, 0.3)
        return int(self.process.wait())

    def check(self) -> None:
        """Nothing strange was written, and the terminal is as it was found."""
        assert "\x1b" not in KNOWN.sub("", self.raw)
        assert not self.screen.cursor.hidden and self.screen.cursor.attrs == pyte.screens.Cursor(0, 0).attrs
        assert termios.tcgetattr(self.writer) == self.mode
        for end in (self.reader, self.writer):
            os.close(end)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("acme"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write_recipe(RECIPE)
    for file in range(6):
        made.write(f"{file}.jsonl", [{"text": f"file {file} says row {row}"} for row in range(20)])
    return made


@pytest.mark.parametrize(("columns", "environment"), [(80, {}), (40, {}), (80, {"NO_COLOR": "1"})])
def test_it_moves_while_it_works_and_leaves_what_a_person_reads(project: Project, acme: Path, columns: int, environment: dict[str, str]) -> None:
    live = Terminal(project, acme, "run", "recipe.yaml", columns=columns, pause=0.1, **environment)
    assert live.read(lambda: any(re.search(r"  read  .*[1-9]\d*/\d+  \d+%", line) for line in live.seen)), live.raw
    assert any(line.startswith(("live  ▸ docs", "▸ docs")) and line.endswith("1 of 2") for line in live.seen)
    assert any("so far" in line for line in live.seen)
    assert max(map(len, live.seen)) < columns
    assert live.read(lambda: any("▸ count" in line for line in live.seen)), live.raw
    assert live.ended() == 0
    seen = "\n".join(live.seen)
    assert "live/1" in seen and "so far" not in seen and "▸" not in seen and "━" not in seen
    assert re.search(r"docs read  \d+/\d+  120 rows  [\d.]+ s  [\d,]+ rows/s", seen.replace("\n", ""))
    assert ("\x1b[32m" in live.raw) == (not environment)
    live.check()


def test_ctrl_c_leaves_the_terminal_in_order(project: Project, acme: Path) -> None:
    live = Terminal(project, acme, "run", "recipe.yaml", pause=0.3)
    assert live.read(lambda: any("  read  " in line for line in live.seen)), live.raw
    os.killpg(live.process.pid, signal.SIGINT)
    assert live.ended() == 130
    seen = "\n".join(live.seen)
    assert "Interrupted. What was committed stays" in seen.replace("\n", " ") and "so far" not in seen and "━" not in seen and "─" not in seen
    live.check()


def test_a_window_that_changes_its_size_is_drawn_anew(project: Project, acme: Path) -> None:
    live = Terminal(project, acme, "run", "recipe.yaml", pause=0.2)
    assert live.read(lambda: any("  read  " in line for line in live.seen)), live.raw
    fcntl.ioctl(live.writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 44, 0, 0))
    live.screen.resize(24, 44)
    before = len(live.raw)
    assert live.read(lambda: live.raw[before:].count("so far") >= 3), live.raw
    drawn = KNOWN.sub("", live.raw[before:].rpartition("so far")[0].rpartition("\r")[2])
    assert max(map(len, drawn.splitlines())) < 44
    assert live.ended() == 0
    assert not any("so far" in line for line in live.seen)
    live.check()


@pytest.mark.parametrize(("word", "told"), [("--json", 1), ("--quiet", 0)])
def test_waiting_for_the_store_is_said_once_unless_quiet(project: Project, acme: Path, word: str, told: int) -> None:
    with project.store.held():
        live = Terminal(project, acme, "run", "recipe.yaml", word, pause=0.0)
        waits = live.read(lambda: "waiting until it is done" in live.raw, 20 if told else 2)
        assert waits == bool(told)
    assert live.ended() == 0
    assert live.raw.count("waiting until it is done") == told and "so far" not in live.raw
    if told:
        assert json.loads(live.raw.splitlines()[-1])["run"].endswith("runs/live/1")
    live.check()


def test_a_terminal_that_cannot_move_gets_plain_lines(project: Project, acme: Path) -> None:
    live = Terminal(project, acme, "run", "recipe.yaml", TERM="dumb")
    assert live.ended() == 0
    assert "\x1b" not in live.raw and "live/1" in live.raw and "so far" not in live.raw
    live.check()
