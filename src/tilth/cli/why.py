"""`tilth why`: the whole story of a row, both ways."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet, RunName

RowId = Annotated[str, typer.Argument(metavar="ID", help="The row's 26 letters, its first six or more, or its value in the column that `id:` names.")]


def why(row: RowId, run: RunName = None, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Tell what became of a row, and what fell in its favour.

    From the line of the raw file to the file it ended in, or to the step, rule, value and limit that
    dropped it. A report shows ids beside rows, and so does `tilth look`.

    Example: tilth why k52mrq --run python-docs/3
    """
    from tilth.cli import telling

    told = telling.tell(row, run)
    typer.echo(telling.as_json(told) if json else telling.as_words(told))
