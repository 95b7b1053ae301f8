"""`tilth diff`: how two files, datasets or runs differ."""

from __future__ import annotations

from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet

First = Annotated[
    str,
    typer.Argument(metavar="A", help="A file, a folder or a pattern; a dataset of a run, `RUN:NAME` or `RUN:NAME.PART`; or a run, such as `name/3`."),
]
Second = Annotated[str, typer.Argument(metavar="B", help="What it is compared with: of the same kind, or rows with rows.")]


def diff(a: First, b: Second, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Tell how two files, datasets or runs differ.

    Rows that are new, gone, changed and the same, known again by their ids or else by their content; the
    columns that changed, with examples; and how far every measure moved, with an interval and whether that
    is more than noise. Of two runs also recipe, counts, scores and versions. It ends with 0, whatever differs.

    Examples: tilth diff old.jsonl new.jsonl;
    tilth diff reviews/1 reviews/2
    """
    from tilth.cli import differing

    told = differing.tell(a, b, quiet)
    typer.echo(differing.as_json(told) if json else differing.as_words(told))
