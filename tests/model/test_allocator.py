"""Freed blocks go back to the system once the C library was told so."""

import json
import platform
import subprocess
import sys

import pytest

CHILD = """
import json, sys
from pathlib import Path
from tilth.model.allocator import give_back
told = give_back() if sys.argv[1] == "told" else None
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
bytearray(30 << 20)  # mapped by itself and freed: from now on glibc puts blocks of this size into its heap
before = resident()
blocks = [bytearray(8 << 20) for _ in range(8)]
del blocks[:7]
print(json.dumps([told, resident() - before]))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than glibc")
def test_what_is_freed_is_given_back_though_something_lies_behind_it() -> None:
    told, left = _child("told")
    _, kept = _child("untold")
    assert told is True and left < 12 << 20 < 50 << 20 < kept


def _child(how: str) -> tuple[bool | None, int]:
    ran = subprocess.run([sys.executable, "-c", CHILD, how], check=True, capture_output=True, text=True)
    told, held = json.loads(ran.stdout)
    return told, held
