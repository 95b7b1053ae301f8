"""filter.marks: settings of every kind."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from tilth.errors import RecipeError
from tilth.step import DataName, Filter, Limit, ModelName, Range


class Marks(Filter):
    """Rows with good marks stay."""

    bare: ClassVar[str | None] = None

    rules: tuple[Literal["gopher", "gopher_repetition", "c4", "fineweb"], ...] = ()
    """The rules."""
    characters: Annotated[Range, Limit] = Range()
    """How many characters."""
    words: Annotated[int, Field(ge=0)] = 50
    """How many words."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Of all rows."""
    bounds: dict[str, Range] = {}
    """Further limits."""
    like: Literal["all"] | tuple[str, ...] | Range = "all"
    """One of several shapes."""
    strict: bool = True
    """A truth."""
    pattern: str = ""
    """A text."""
    against: DataName | None = None
    """Another dataset."""
    judge: ModelName | tuple[ModelName, ...] | None = None
    """One or several models."""

    @field_validator("pattern")
    @classmethod
    def _readable(cls, value):
        if value.startswith("("):
            raise ValueError(f"the pattern {value} is not closed")
        return value

    @model_validator(mode="after")
    def _fits(self):
        if self.words == 13:
            raise RecipeError("Thirteen is refused.", accepted="Any other number is not.", remedy="Count again.")
        return self

    def checks(self):
        return ()
