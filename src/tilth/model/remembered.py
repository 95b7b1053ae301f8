"""What was measured of trainings before, kept for the next plan: budgets by graph, and how much of the machine's rate a step reaches.

It lies in `$XDG_CACHE_HOME/tilth/training` (default `~/.cache`) and may be thrown away: a plan then estimates by
formula. Nothing in it enters a key or a result. No torch here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4


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


def rate_kind(device: str, precision: str, family: str, *, adapted: bool, checkpointing: bool) -> dict[str, Any]:
    """The kind of a step whose rate is told from one training to the next."""
    return {"what": "rate", "device": device, "precision": precision, "family": family, "adapted": adapted, "checkpointing": checkpointing}
