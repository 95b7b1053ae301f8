"""What was measured of trainings before, kept for the next plan: tokens a second and the most memory.

It lies in `$XDG_CACHE_HOME/tilth/training` (default `~/.cache`) and may be thrown away: a plan then estimates by
formula. Nothing in it enters a key or a result. No torch here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from tilth.model.sizes import Sizes
from tilth.work import Machine, cores


def place() -> Path:
    """Where it lies; the XDG standard ignores a folder that is not absolute."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path("~/.cache").expanduser()) / "tilth" / "training"


def recall(kind: Mapping[str, Any], where: Path | None = None) -> dict[str, Any] | None:
    """What was kept under this kind; None where nothing was, or where it cannot be read."""
    with suppress(OSError, ValueError):
        found = json.loads(_file(kind, where).read_text("utf-8"))
        if isinstance(found, dict):
            return found
    return None


def keep(kind: Mapping[str, Any], facts: Mapping[str, Any], where: Path | None = None) -> bool:
    """Keep facts under a kind, over what was there; False where the folder cannot be written."""
    file = _file(kind, where)
    made = file.with_name(f"{file.name}.{uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(json.dumps({**facts, "kind": dict(kind)}), "utf-8")
        made.replace(file)
    except OSError:
        return False
    return True


def _file(kind: Mapping[str, Any], where: Path | None) -> Path:
    told = json.dumps(dict(kind), sort_keys=True, default=str).encode()
    return (where or place()) / f"{hashlib.blake2b(told, digest_size=12).hexdigest()}.json"


SHAPING = ("adapter", "checkpointing", "compile", "optimizer", "precision", "length", "packing", "batch", "method", "group", "truncation")
"""The settings on which the time and the memory of a token depend."""


def training_kind(sizes: Sizes, settings: Mapping[str, Any], machine: Machine) -> dict[str, Any]:
    """The kind of a training whose time and memory are those of another: of a model of the same sizes, with the same settings, on the same
    data by name, by the same cores. How many rows there are, and the course of the learning rate, move neither."""
    launched = asdict(machine.launcher) if machine.launcher else None
    return {
        "what": "training",
        "model": sizes.told(),
        "settings": {name: settings.get(name) for name in ("data", *SHAPING)},
        "machine": {"device": machine.device, "micro_batch": machine.micro_batch, "launcher": launched, "cores": cores()},
    }
