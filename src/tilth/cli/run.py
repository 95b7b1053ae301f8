"""`tilth run`: does what is not done yet."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet, RecipeFile, Set

Workers = Annotated[int | None, typer.Option("--workers", min=1, metavar="N", help="Processes to work with. Default: one a core.")]
Engine = Annotated[str | None, typer.Option("--engine", metavar="NAME", help="Whose hands: local.")]
Until = Annotated[str | None, typer.Option("--until", metavar="NAME", help="Stop when this dataset, model or score stands.")]
From = Annotated[str | None, typer.Option("--from", metavar="NAME", help="Make this dataset, model or score, and what follows from it, anew.")]
Sample = Annotated[int | None, typer.Option("--sample", min=1, metavar="N", help="Take only the first N records of each source.")]
Claim = Annotated[list[str], typer.Option("--fail-unless", metavar="CLAIM", help="Exit with 3 unless it holds: `held_out.perplexity < 60`.")]


def run(  # noqa: PLR0913 — the flags of section 10, frozen by a law
    recipe: RecipeFile,
    set_: Set = [],  # noqa: B006 — read only; a tuple is no typer default
    workers: Workers = None,
    engine: Engine = None,
    until: Until = None,
    from_: From = None,
    sample: Sample = None,
    fail_unless: Claim = [],  # noqa: B006
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Do what is not done yet, and say where the report is.

    Whatever was done before with the same settings and the same bytes is taken from the store.
    A run that was killed goes on where it stopped when the same command is given again.
    """
    from tilth.cli import running

    wish = running.Wish(until, from_, sample, tuple(fail_unless))
    done = running.do(recipe, set_, running.pulled(workers, engine), wish, quiet, json)
    typer.echo(running.as_json(done) if json else running.as_words(done))
