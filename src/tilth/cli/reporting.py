"""What `tilth report` does."""

from __future__ import annotations

import json
import webbrowser
from dataclasses import dataclass, field
from pathlib import Path

from tilth.cli.places import find_run
from tilth.report.drawings import save
from tilth.report.page import draw
from tilth.store.runs import Run


@dataclass(frozen=True)
class Drawn:
    """The run, its page, whether a browser took it, and the pictures that were written."""

    run: Run
    page: Path
    opened: bool | None = None
    figures: list[Path] = field(default_factory=list)


def drawn(said: str | None, show: bool, figures: Path | None) -> Drawn:
    """Draw the page, and what else is asked."""
    run = find_run(said)
    page = draw(run.folder)
    pictures = save(run.folder, figures) if figures is not None else []
    return Drawn(run, page, webbrowser.open(page.resolve().as_uri()) if show else None, pictures)


def as_json(told: Drawn) -> str:
    """The one object that `--json` prints."""
    return json.dumps({"run": str(told.run.folder), "report": str(told.page), "opened": told.opened, "figures": [str(path) for path in told.figures]})


def as_words(told: Drawn) -> str:
    """Where it is."""
    lines = [str(path) for path in told.figures]
    if told.opened is False:
        lines.append("No browser could be opened here; open this file in one:")
    return "\n".join([*lines, str(told.page)])
