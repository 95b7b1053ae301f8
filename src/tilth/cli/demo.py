"""`tilth demo`: the tour."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to run it. It is made if it is not there.")]


def demo(folder: Folder = Path("tilth-demo"), json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Walk the whole path once, on text that every machine has.

    From Python's own documentation to a small trained model and its report. The recipe is copied into
    the folder, where it can be read and changed. It takes a few minutes on two cores without a GPU, and
    no network. Given again, it does only what is not done yet.

    Example: tilth demo
    """
    from tilth.cli import touring

    done = touring.tour(folder, quiet or json)
    typer.echo(touring.as_json(done) if json else touring.as_words(done))
