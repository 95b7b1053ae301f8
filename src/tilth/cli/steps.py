"""`tilth steps`: what a recipe may ask for."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet

Named = Annotated[str | None, typer.Argument(metavar="NAME", help="A step, such as `filter.quality`. Default: the list of all.")]


def steps(name: Named = None, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """List the steps, or tell all about one.

    The list is in the order of the path; of one step it tells every setting, what it takes, and its default.

    Example: tilth steps filter.quality
    """
    from tilth.cli import describing

    typer.echo(describing.steps(json) if name is None else describing.step(name, json))
