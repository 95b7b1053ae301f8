"""`tilth verify`: is everything still what was stored."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet

Named = Annotated[str | None, typer.Argument(metavar="RUN", help="A run: `name`, `name/3` or its folder. Default: the whole store and every run.")]


def verify(run: Named = None, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Check that everything is still what was stored.

    The content of everything is computed again and compared with its name; the books are balanced once
    more from the ids, stage by stage; the files of runs are compared with the store. It ends with 3 if
    anything is not what was stored.

    Example: tilth verify python-docs/3
    """
    from tilth.cli import verifying

    checked = verifying.check(run, quiet or json)
    typer.echo(verifying.as_json(checked) if json else verifying.as_words(checked))
    verifying.refuse(checked)
