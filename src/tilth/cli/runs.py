"""`tilth runs`: the finished runs."""

from __future__ import annotations

import typer

from tilth.cli.options import Debug, Json, Quiet


def runs(json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """List the finished runs.

    When, rows in and out, how long, models, the main score, and the report of each. They lie in `runs` beside the recipe, or where TILTH_RUNS says.

    Example: tilth runs
    """
    from tilth.cli import listing

    found = listing.found()
    typer.echo(listing.as_json(found) if json else listing.as_words(found))
