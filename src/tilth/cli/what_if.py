"""`tilth what-if`: how many rows another limit would turn, and which."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet, RunName

Limit = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS=VALUE",
        help="A limit of a step and another value for it: `docs.filter.length.characters.at_least=40`; without the value, a curve of several.",
    ),
]


def what_if(limit: Limit, run: RunName = None, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Tell what another limit would keep and drop.

    It is told from what a run has stored. One step is asked at a time, and no text is measured again. With ADDRESS alone, the rows that would
    stay at each of some twenty values.

    Examples: tilth what-if docs.filter.length.characters.at_least=40;
    tilth what-if docs.dedup.minhash.similarity
    """
    from tilth.cli import supposing

    told = supposing.tell(limit, run)
    typer.echo(supposing.as_json(told) if json else supposing.as_words(told))
