"""clean.trim: a step with no settings that must be given."""

from typing import ClassVar

from pydantic import Field

from tilth.step import Map


class Trim(Map):
    """Take spaces away."""

    bare: ClassVar[str | None] = "letters"

    letters: str = " "
    """The letters that are taken away."""
    with_: str = Field(default="", alias="with")
    """What stands there instead."""

    def columns(self, batch):
        return {}

    def reads(self):
        return ("text",)
