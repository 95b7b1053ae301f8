"""`tilth doctor`: what is here, and what is missing."""

from __future__ import annotations

import typer

from tilth.cli.options import Debug, Json, Quiet


def doctor(json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Say what is here and what is missing.

    Packages, device, memory, disk, store and keys. Keys are looked for in the environment, `.env` and
    `.env.example`; their values are never shown. It ends with 4 if a package that every run needs is
    missing; everything else is a warning.

    Example: tilth doctor
    """
    from tilth.cli import examining

    found = examining.examine(quiet or json)
    typer.echo(examining.as_json(found) if json else examining.as_words(found))
    examining.refuse(found)
