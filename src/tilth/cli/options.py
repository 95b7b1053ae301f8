"""The flags that every verb has, and those that several share; each is written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Tell no progress.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where in the code an error arose.")]
RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")]
Set = Annotated[list[str], typer.Option("--set", metavar="ADDRESS=VALUE", help="Change one setting of the recipe; may be repeated.")]
RunName = Annotated[str | None, typer.Option("--run", metavar="RUN", help="A run: `name`, `name/3` or its folder. Default: the last one.")]
