"""`tilth sweep`: what no run reaches is shown, and removed when that is said."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet

Yes = Annotated[bool, typer.Option("--yes", help="Remove what is shown.")]


def sweep(yes: Yes = False, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Show what no run reaches any more, and remove it with --yes.

    What a run reaches stays, so that running it again still finds all of its work done. To let go of a
    run, remove its folder first. Files in the folders of runs are never touched.

    Example: tilth sweep --yes
    """
    from tilth.cli import sweeping

    done = sweeping.sweep(yes)
    typer.echo(sweeping.as_json(done, yes) if json else sweeping.as_words(done, yes))
