"""`tilth init`: a first recipe to write on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to begin. Default: this folder.")]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="FILE", help="Look at this file, folder or pattern, and write the recipe that it suggests, with the reasons."),
]


def init(folder: Folder = Path("."), from_: From = None, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Write a first recipe to begin with.

    `recipe.yaml`, `.env.example` and `.gitignore` are written into the folder; what is there already stays as it is.

    Examples: tilth init reviews;
    tilth init reviews --from reviews.jsonl.gz
    """
    from tilth.cli import beginning

    begun = beginning.begin(folder, from_, quiet or json)
    typer.echo(beginning.as_json(begun) if json else beginning.as_words(begun))
