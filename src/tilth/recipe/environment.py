"""`${NAME}` and `${NAME:-default}`: paths and secrets from the environment and from `.env` beside the recipe.

They may stand in any text of a recipe, and always give a text. `$${NAME}` is the plain `${NAME}`. What
is shown, kept or keyed as text holds the placeholder; the value goes only into the step that reads it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tilth.errors import RecipeError
from tilth.recipe.nodes import Node
from tilth.recipe.words import did_you_mean, nearest, sentences

PLACEHOLDER = re.compile(r"(?P<plain>\$?)\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}", re.ASCII)
SECRET = re.compile(r"KEY|TOKEN(?!I)|SECRET|PASSW|PASSPHRASE|CREDENTIAL", re.IGNORECASE)
LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*?)\s*", re.ASCII)


def looks_secret(name: str) -> bool:
    """Whether a variable's name says that its value is nobody's business: `OPENAI_API_KEY`, `HF_TOKEN`."""
    return SECRET.search(name) is not None


def read_env(file: Path) -> dict[str, str]:
    """The variables of a `.env` file: `NAME=value`, quotes, `export`, comments; none if there is no file.

    Raises: RecipeError naming the line that cannot be read, never its text.
    """
    if not file.is_file():
        return {}
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise RecipeError("This file cannot be read as UTF-8 text.", where=str(file), remedy="Write `NAME=value` lines.") from problem
    variables: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise RecipeError("This line sets no variable.", where=f"{file}:{number}", accepted="A line is `NAME=value` or a comment.")
        variables[match["name"]] = _unquoted(match["value"])
    return variables


def _unquoted(value: str) -> str:
    """Without its quotes; unquoted, a comment ends it."""
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value
    return re.split(r"(?:^|\s+)#", value, maxsplit=1)[0]


class Variables:
    """The variables that a recipe may pull, and the secrets that it did pull."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._real = os.environ if environment is None else environment
        self._file = folder / ".env"
        self._written: dict[str, str] | None = None
        self.secrets: dict[str, str] = {}
        """Each secret value that was used, with the placeholder to show instead."""

    def _known(self) -> dict[str, str]:
        """`.env` below the real environment; it is read only when something is pulled."""
        if self._written is None:
            self._written = read_env(self._file)
        return {**self._written, **self._real}

    def pull(self, node: Node) -> Node:
        """The node with every placeholder replaced.

        Raises: RecipeError naming the variable that is missing, with its line.
        """
        if isinstance(node.value, dict):
            return replace(node, value={key: self.pull(inner) for key, inner in node.value.items()})
        if isinstance(node.value, list):
            return replace(node, value=[self.pull(inner) for inner in node.value])
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        pulled = PLACEHOLDER.sub(lambda match: self._value(match, node), node.value)
        return replace(node, value=pulled, written=node.value, pulled=PLACEHOLDER.search(node.value) is not None)

    def _value(self, match: re.Match[str], node: Node) -> str:
        name = match["name"]
        if match["plain"]:
            return match[0][1:]
        known = self._known()
        value = known.get(name) or match["default"]
        if value is None:
            raise RecipeError(
                f"The variable `{name}` is {'empty' if name in known else 'not set'}.",
                where=node.place,
                accepted=did_you_mean(nearest(name, known)),
                remedy=sentences(
                    f"Set it in the environment or in `.env` beside the recipe, or give a default: `${{{name}:-…}}`.",
                    f"For the text itself write `$${{{name}}}`.",
                ),
            )
        if looks_secret(name) and known.get(name):
            self.secrets[value] = f"${{{name}}}"
        return value
