"""`tilth schema`: the JSON Schema of a recipe."""

from __future__ import annotations

import typer

from tilth.cli.options import Debug, Json, Quiet


def schema(json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Print the JSON Schema of a recipe, for editors.

    With it an editor completes and checks a recipe. Write it to a file and name that in the recipe's
    first line: `# yaml-language-server: $schema=recipe.schema.json`.

    Example: tilth schema > recipe.schema.json
    """
    from tilth.cli import describing

    typer.echo(describing.schema(one_line=json))
