"""What a run was done with: versions of the packages that matter, the system, and the machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tilth.recipe.resolve import Placed
from tilth.work import Machine

PACKAGES = (
    "tilth",
    "pyarrow",
    "duckdb",
    "numpy",
    "numba",
    "msgspec",
    "jinja2",
    "zstandard",
    "pycld2",
    "py3langid",
    "fasttext-predict",
    "pydantic",
    "ruamel.yaml",
    "tokenizers",
    "transformers",
    "accelerate",
    "safetensors",
    "torch",
)
"""What reads, measures, decides, writes and trains; those that are not installed are left out."""


def environment(machine: Machine, steps: Iterable[Placed] = ()) -> dict[str, Any]:
    """What it was done with. `steps`: those that another package brings are told with its version."""
    versions = {"python": platform.python_version(), "system": system()}
    for package in (*PACKAGES, *_others(steps)):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    told = {"cores": os.cpu_count() or 1, "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "processor": processor()}
    return {"versions": versions, "machine": {**told, "workers": machine.workers, "device": machine.device}}


def _others(steps: Iterable[Placed]) -> list[str]:
    """The packages, tilth apart, that a recipe's steps come from."""
    brought = {type(placed.step).__module__.partition(".")[0] for placed in steps} - {"tilth"}
    known = importlib.metadata.packages_distributions() if brought else {}
    return sorted({package for name in brought for package in known.get(name, [])})


def system() -> str:
    """The operating system, its version, the machine's kind, and the C library where it tells."""
    library = " ".join(platform.libc_ver())
    return f"{platform.system()} {platform.release()} {platform.machine()}{f', {library}' if library.strip() else ''}"


def processor() -> str:
    """What the processor is called."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
