"""Trackio: its SQLite files where it keeps all projects (TRACKIO_DIR, so that `trackio show` finds them), or the Space or server
that its own variables name. It speaks on stdout, which is ours: that is taken away."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import Any

import trackio

from tilth.work import Destination


class Trackio:
    """A run of a project that is called as the recipe is."""

    def __init__(self, to: Destination, name: str, settings: Mapping[str, Any]) -> None:
        project, _, model = name.partition("/")
        with contextlib.redirect_stdout(io.StringIO()):
            self._run = trackio.init(project, group=model, config=dict(settings), embed=False, auto_log_gpu=False, auto_log_cpu=False)

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """The numbers of a step."""
        self._run.log(dict(numbers), step=step)

    def close(self, *, failed: bool) -> None:
        """End the run. Trackio knows no failed ones."""
        with contextlib.redirect_stdout(io.StringIO()):
            trackio.finish()  # which forgets the run as well: one that is known is ended again, aloud, when Python ends
