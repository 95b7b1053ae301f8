"""What a column is made of: a template, a column, or a path into one; and of what type its values are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, field_validator

from tilth.step import Settings
from tilth.steps.extract._casts import Type
from tilth.templates import is_template, variables


def _path(said: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(said.replace("[]", ".[]").split(".")) if isinstance(said, str) else said


def _checked(said: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """What a column is made of. Raises AskedWrong for what is no template, ValueError for what is no path."""
    if isinstance(said, str) and is_template(said):
        variables(said)
    elif "" in _path(said):
        raise ValueError(f"`{said}` is neither a template nor a path: names with dots between them, such as `details.Brand`.")
    return said


Source = Annotated[str, AfterValidator(_checked)]
"""A template, a column or a path."""


class Column(Settings):
    """Where the values of a column come from, and of what type they are."""

    model_config = ConfigDict(populate_by_name=True)

    source: str | tuple[str, ...] = Field(alias="from", min_length=1)
    """A column (`price`), a path into one (`details.Brand`, `reviews[].text`), or a template. A list of names is a path too:
    `[details, "Item Weight"]`, for names with dots. In Python: `source`."""
    type: Type = "text"
    """What the values are; another value there is a misfit."""
    join: str | None = None
    """Lists become a text: their items, with this between them. A list without `join` is a misfit."""
    misfits: Literal["keep", "refuse"] = "keep"
    """`keep`: the value is null, and `misfits` tells what stood there. `refuse`: the run ends at the first one, with exit code 3."""

    @field_validator("source")
    @classmethod
    def _can_be(cls, said: str | tuple[str, ...]) -> str | tuple[str, ...]:
        return _checked(said)

    @property
    def template(self) -> str | None:
        """The template that makes it, if one does."""
        return self.source if isinstance(self.source, str) and is_template(self.source) else None

    @property
    def path(self) -> tuple[str, ...]:
        """The column, and the path inside its values."""
        return _path(self.source)

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return tuple(variables(self.template)) if self.template is not None else self.path[:1]
