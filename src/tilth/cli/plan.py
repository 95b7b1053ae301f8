"""`tilth plan`: the path as a table, before anything heavy starts."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet, RecipeFile, Set

TRY = "Also try the recipe apart from the store: datasets on their first 1,000 records, trainings on 100 rows and by three steps."
Rehearse = Annotated[bool, typer.Option("--rehearse", help=TRY)]
Scale = Annotated[float, typer.Option("--scale", metavar="FACTOR", help="Tell it as if the sources were so many times as large.")]


def plan(  # noqa: PLR0913 — the flags of section 10, frozen by a law
    recipe: RecipeFile,
    set_: Set = [],  # noqa: B006 — read only; a tuple is no typer default
    rehearse: Rehearse = False,
    scale: Scale = 1.0,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show what a run would do, why, and what that takes.

    What is kept from before, and what is to be done. Every mistake in the recipe is found here, with its line. The first
    1,000 records of each source are read, so a missing file or column is found too. Nothing is written.
    """
    from tilth.cli import planning

    told = planning.do(recipe, set_, scale, rehearse, quiet or json)
    typer.echo(planning.as_json(told) if json else planning.as_words(told))
