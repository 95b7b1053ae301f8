"""The memory of a process and of all below it, where the system tells it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tilth.execute import memory
from tilth.execute.memory import tree_memory

TOLD = (memory.PROC / "self/statm").exists()
linux = pytest.mark.skipif(not TOLD, reason="this system has no /proc")

HOLD = "import sys; held = bytearray(60_000_000); held[::4096] = b'x' * len(held[::4096]); print('ready', flush=True); sys.stdin.read()"
NEST = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {HOLD!r}]); child.wait()"


@linux
def test_what_a_grandchild_holds_is_counted_and_gone_when_it_ends() -> None:
    before = tree_memory()
    assert before is not None
    with subprocess.Popen([sys.executable, "-c", NEST], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdin is not None and child.stdout.readline() == b"ready\n"
        during = tree_memory()
        assert during is not None and during - before > 55e6
        child.stdin.close()
    after = tree_memory()
    assert after is not None and after - before < 30e6


@linux
def test_of_one_process_it_is_what_psutil_says_of_pages_that_are_its_own() -> None:
    told = psutil.Process().memory_info()
    mine = tree_memory()
    children = sum(one.memory_info().rss for one in psutil.Process().children(recursive=True))
    assert mine is not None and abs(mine - (told.rss - told.shared)) <= children + 20e6


@linux
def test_a_process_that_is_gone_holds_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert not tree_memory(child.pid)


def test_where_nobody_tells_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "PROC", tmp_path)
    assert tree_memory() is None
