"""`tilth look`: what is in a file or a dataset."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet

What = Annotated[
    str, typer.Argument(metavar="DATA", help="A file, a folder, a pattern such as `'data/*.jsonl'`; or RUN:NAME, such as `python-docs:docs.train`.")
]
Dropped = Annotated[str | None, typer.Option("--dropped", metavar="STEP", help="Only the rows that this step of the run dropped, and why.")]
Border = Annotated[bool, typer.Option("--border", help="With --dropped: the rows nearest to the limit first.")]
Where = Annotated[str | None, typer.Option("--where", metavar="SQL", help="Only rows for which this is true: `price > 3 and length(text) < 80`.")]
Search = Annotated[str | None, typer.Option("--search", metavar="TEXT", help="Only rows in which this text occurs, upper or lower case.")]
Count = Annotated[int, typer.Option("-n", min=0, metavar="N", help="How many rows to show.")]


def look(  # noqa: PLR0913 — the flags of the command line, frozen by a law
    data: What,
    dropped: Dropped = None,
    border: Border = False,
    where: Where = None,
    search: Search = None,
    n: Count = 5,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show what is in a file or a dataset.

    Columns and how populated they are, how long the texts are, how many are there twice, and rows. Any
    file that a recipe can read can be looked at, without a recipe too. About the first hundred megabytes
    are read; what was left out is said.

    Examples: tilth look data/reviews.jsonl.gz -n 3;
    tilth look python-docs:docs --dropped filter.quality --border
    """
    from tilth.cli import looking

    seen = looking.seen(data, looking.Wanted(dropped, border, where, search, n))
    typer.echo(looking.as_json(seen) if json else looking.as_words(seen))
