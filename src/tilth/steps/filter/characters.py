"""`filter.characters`: texts made of letters rather than of signs, and that do not say the same again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Annotated, Self

import pyarrow as pa
from pydantic import Field, model_validator

from tilth.record import Check, Measure
from tilth.step import Filter, Limit, Range
from tilth.steps.filter._limits import possible, rule_of
from tilth.text import makeup, repeats


class Characters(Filter):
    """Keeps a row if its text is made of such characters as asked, and repeats itself no more than asked.

    What each measure is: `tilth.text.makeup` for the shares, `tilth.text.repeats` for the two of repetition. They
    are those of Data-Juicer's `alphanumeric_filter`, `special_characters_filter`, `character_repetition_filter` and
    `word_repetition_filter`, whose usual limits are `{at_least: 0.25}`, `{at_most: 0.25}`, `{at_most: 0.5}` and
    `{at_most: 0.5}`. Every limit includes its bound, and the first that is broken, in the order of the settings, is
    the reason. A text without a character is not judged; nor are words in scripts without spaces, and capitals where
    no letter has a case.
    """

    alphanumeric: Annotated[Range, Limit] = Range()
    """Which share of the characters must be letters or numbers: `{at_least: 0.25}`."""
    special: Annotated[Range, Limit] = Range()
    """Which share may be neither letters nor marks; white space and digits count in."""
    digits: Annotated[Range, Limit] = Range()
    """Which share may be digits."""
    white_space: Annotated[Range, Limit] = Range()
    """Which share may be white space."""
    capitals: Annotated[Range, Limit] = Range()
    """Which share of the letters that have a case may be capitals: `{at_most: 0.5}` drops texts that shout."""
    character_repetition: Annotated[Range, Limit] = Range()
    """Which share of the runs of characters may be among the most frequent ones, occurring more than once."""
    word_repetition: Annotated[Range, Limit] = Range()
    """Which share of the runs of words may occur more than once."""
    characters_in_run: int = Field(default=10, ge=1, le=1000)
    """How many characters a run has."""
    words_in_run: int = Field(default=10, ge=1, le=1000)
    """How many words a run has."""
    fields: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are measured; each must lie within the limits."""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if all(possible(setting, limits) == Range() for setting, limits in self._limits().items()):
            raise ValueError("No limit is given, so every row would stay. Give one, such as `alphanumeric: {at_least: 0.25}`.")
        return self

    def checks(self) -> tuple[Check, ...]:
        measures = [
            (self._measure(setting, field), limits) for field in self.fields for setting, limits in self._limits().items() if limits != Range()
        ]
        return tuple(Check(rule_of(measure), measure, each.at_least, each.at_most) for measure, each in measures)

    def prepare(self) -> None:
        makeup.prepare()
        repeats.prepare()

    def _limits(self) -> dict[str, Range]:
        """The limits by setting, in the order in which they are tried."""
        return {setting: getattr(self, setting) for setting in (*SHARES, "character_repetition", "word_repetition")}

    def _measure(self, setting: str, field: str) -> Measure:
        if setting in SHARES:
            return Measure(SHARES[setting], makeup.makeup, (field,))
        length = self.characters_in_run if setting == "character_repetition" else self.words_in_run
        return Measure(setting, _repetition(setting, length), (field,), key=f"runs of {length}")


SHARES = {
    "alphanumeric": "alphanumeric_share",
    "special": "special_share",
    "digits": "digit_share",
    "white_space": "white_space_share",
    "capitals": "capital_share",
}
"""The measure that each setting limits."""


@cache
def _repetition(setting: str, length: int) -> Callable[[pa.Array], Mapping[str, pa.Array]]:
    """The function that measures, the same one for the same settings, so that two filters share its work."""
    return partial(repeats.character_repetition if setting == "character_repetition" else repeats.word_repetition, length)
