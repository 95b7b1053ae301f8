"""Dated results: one JSON file for each benchmark and day, with the machine in words."""

from __future__ import annotations

import datetime
import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

PLACE = Path(__file__).parent / "results"

OURS = ("tilth", "numba", "numpy", "pyarrow", "duckdb")
"""The packages whose versions stand in every result."""


@dataclass(frozen=True)
class Line:
    """One budget and what was measured of it."""

    work: str
    budget: str
    measured: str
    met: bool | None
    """None: it cannot be told from this."""


@dataclass(frozen=True)
class Result:
    """What a benchmark found."""

    name: str
    title: str
    lines: tuple[Line, ...]
    documents: str
    how: str
    """How it was measured, in a few sentences."""
    measured: dict[str, Any]
    """Every time that was taken, in seconds, with the megabytes or rows that it was taken on."""
    agreement: tuple[dict[str, Any], ...] = ()
    """For each rule the rows that we drop, that the peer drops, and that both do."""
    notes: tuple[str, ...] = ()
    peer: str = ""


def machine() -> dict[str, Any]:
    """The machine in words, without its name."""
    model = next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), platform.processor() or platform.machine())
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in OURS},
        "load": round(os.getloadavg()[0], 1),
    }


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def write(result: Result) -> Path:
    """Keep a result under today's date and its name."""
    PLACE.mkdir(exist_ok=True)
    path = PLACE / f"{datetime.datetime.now(datetime.UTC).date()}-{result.name}.json"
    told = {"date": path.name[:10], "machine": machine(), "command": f"make bench ONLY={result.name}", **asdict(result)}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def newest(place: Path = PLACE) -> list[dict[str, Any]]:
    """The newest result of each benchmark, by name."""
    found = {path.name[11:]: path for path in sorted(place.glob("????-??-??-*.json"))}
    return [json.loads(found[name].read_text("utf-8")) for name in sorted(found)]
