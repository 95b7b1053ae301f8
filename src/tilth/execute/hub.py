"""Models of the Hugging Face hub that were fetched to this machine. Nothing is fetched here: a run reaches no network by itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def cache(environment: Mapping[str, str] | None = None) -> Path:
    """The folder in which the hub's own programs keep what they fetch."""
    known = os.environ if environment is None else environment
    if known.get("HF_HUB_CACHE"):
        return Path(known["HF_HUB_CACHE"]).expanduser()
    home = known.get("HF_HOME") or Path(known.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def fetched(name: str, revision: str | None, folder: Path) -> Path | None:
    """The files of a model `owner/name` in the cache; None where this revision of it is not there.

    `revision`: a branch or tag as it was when it was fetched, or the first letters of a commit; None: `main`."""
    known, wanted = folder / f"models--{name.replace('/', '--')}", revision or "main"
    told = known / "refs" / wanted
    commit = told.read_text("utf-8").strip() if told.is_file() else wanted
    found = [one for one in sorted((known / "snapshots").glob("*")) if one.name.startswith(commit) and any(one.iterdir())]
    return found[0] if len(found) == 1 else None


def command(name: str, revision: str | None) -> str:
    """The line to type that fetches it."""
    return f"hf download {name}" + (f" --revision {revision}" if revision else "")
