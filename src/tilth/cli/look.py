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
Count = Annotated[str, typer.Option("-n", metavar="N", help="How many rows to show: `5`; or which, both included: `11:20`.")]
Ids = Annotated[bool, typer.Option("--ids", help="Of a model: the number of each token below it.")]
Whole = Annotated[bool, typer.Option("--whole", help="Read everything in place of a sample.")]


def look(  # noqa: PLR0913 — the flags of the command line, frozen by a law
    data: What,
    dropped: Dropped = None,
    border: Border = False,
    where: Where = None,
    search: Search = None,
    n: Count = "5",
    whole: Whole = False,
    ids: Ids = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show what is in a file or a dataset before it is used.

    Columns and what fills them, how numbers and categories lie; of texts their lengths, languages, copies,
    quality, damage and likely personal data; of conversations their turns and roles; and rows. Any file that a
    recipe can read can be looked at, without a recipe too, and under a wrong name. Of large data a sample is
    read, evenly taken where that is possible, and it is said which.

    Of a model of a run: the windows that it was trained on, token by token: what is seen, what is learned, where
    texts begin and end, what is filled up. Of a tokenizer: rows as it cuts them.

    Examples: tilth look data/reviews.jsonl.gz -n 3;
    tilth look data --whole --where "price is null";
    tilth look python-docs:docs --dropped filter.quality --border;
    tilth look python-docs:base -n 1:3 --ids
    """
    from tilth.cli import looking

    wanted = looking.Wanted(dropped, border, where, search, looking.rows_wanted(n), whole, looking.silent if quiet or json else looking.tell)
    saw = looking.saw(data, wanted, ids=ids, as_object=json)
    if saw is not None:
        typer.echo(saw)
        return
    seen = looking.seen(data, wanted)
    typer.echo(looking.as_json(seen) if json else looking.as_words(seen))
