"""A second, slower look for personal data, to estimate what the first one missed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from tilth.errors import AskedWrong, Missing
from tilth.model.identifying import Finder, can_find, finder, spans
from tilth.step import ModelName, Settings

PATTERNS = 0.4
"""How sure Presidio is of a telephone number that its patterns find: what is asked of it if nothing is said."""


class SecondLook(Settings):
    """Who looks a second time, at how many texts, and for what."""

    by: Literal["presidio"] | ModelName
    """`presidio`: the patterns of that package (needs the extra `pii`), which find no names. Or a model of the recipe: a folder with any
    token classifier of Transformers (needs the extra `train`) or a model of GLiNER (needs the package `gliner`)."""
    share: float = Field(default=0.01, gt=0, le=1)
    """The share of all texts that are looked at by lot. Those in which the first look found something are looked at as well."""
    entities: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """What it looks for, under the names of this step, or under the model's in lower case; null: as many of the step's as it can find."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """How sure it must be; null: 0.5, and 0.4 for Presidio, which is no surer of a telephone number."""

    def asked(self, wanted: Sequence[str], known: Sequence[str] | None, where: str) -> list[str]:
        """The entities to look for, sorted, of those `known` to the finder (None: any). Raises AskedWrong for another, or where none is left."""
        named = sorted(set(self.entities or wanted))
        found = named if known is None else [entity for entity in named if entity in known]
        if found and (self.entities is None or found == named):
            return found
        missing = ", ".join(f"`{entity}`" for entity in named if entity not in found)
        accepted = f"It finds: {', '.join(sorted(known or ()))}."
        raise AskedWrong(f"The second look cannot find {missing}.", where=where, accepted=accepted, remedy="Name some of these in `entities`.")

    def known(self, folder: Path | None) -> Sequence[str] | None:
        """The entities that can be found; None: whatever is asked."""
        return sorted(_presidio().entities) if folder is None else can_find(folder)

    def look(self, texts: pa.LargeStringArray, wanted: Sequence[str], folder: Path | None) -> pa.Table:
        """What it finds in texts of what is wanted. `folder`: of the model; None: Presidio."""
        said: list[str] = [text or "" for text in texts.to_pylist()]
        found: Finder = _presidio() if folder is None else finder(folder)
        sure = self.confidence if self.confidence is not None else PATTERNS if folder is None else 0.5
        asked = self.asked(wanted, self.known(folder), self.by)
        return spans(found.find(said, asked, sure), said)


def presidio_version() -> str:
    """The version of Presidio, on which its findings depend. Raises Missing where it is not installed."""
    try:
        return version("presidio-analyzer")
    except PackageNotFoundError as error:
        raise Missing("The package `presidio-analyzer` is not installed.", remedy='Type: pip install "tilth[pii]"') from error


def _presidio() -> Finder:
    """Presidio's recognizers, which take seconds to load. Raises Missing where the package is not installed."""
    presidio_version()
    from tilth.model.presidio import presidio

    return presidio()
