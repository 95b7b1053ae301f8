"""The setting `fields`, which every cleaner has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

Fields = Annotated[tuple[str, ...], Field(min_length=1)]
"""Columns, or paths into json columns: `title`, `messages[].content`, `meta.title`."""


def roots(fields: Sequence[str]) -> tuple[str, ...]:
    """The columns that the paths begin with, each once."""
    return tuple(dict.fromkeys(path.replace("[]", ".[]").partition(".")[0] for path in fields))
