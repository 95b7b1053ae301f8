"""`tilth report`: the page of a run, drawn again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilth.cli.options import Debug, Json, Quiet

Named = Annotated[str | None, typer.Argument(metavar="RUN", help="A run: `name`, `name/3` or its folder. Default: the last one.")]
Open = Annotated[bool, typer.Option("--open", help="Show it in the browser.")]
Figures = Annotated[Path | None, typer.Option("--figures", metavar="DIR", help="Write its pictures there too, each as SVG and PNG.")]


def report(run: Named = None, open_: Open = False, figures: Figures = None, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Draw the report of a run again, and say where it is.

    It is one HTML file that needs no network and no other file, so it can be sent as it is.

    Example: tilth report python-docs/3 --open
    """
    from tilth.cli import reporting

    drawn = reporting.drawn(run, open_, figures)
    typer.echo(reporting.as_json(drawn) if json else reporting.as_words(drawn))
