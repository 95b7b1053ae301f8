"""`filter.language`: texts in the languages that are asked for; every row gets its language as a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Annotated, ClassVar, Literal, Self

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from tilth.record import Check, Measure
from tilth.step import Filter, Limit, Pulled, Range
from tilth.steps.filter._limits import possible, rule_of
from tilth.text import fasttext, language
from tilth.text.iso639 import is_code, nearest

ALL = "all"


class Language(Filter):
    """Keeps a row if its text is in one of the languages of `keep`, and tells the language of every row.

    The rows get two columns: `language`, a code of ISO 639-1 where there is one, else of ISO 639-3 (`no` for Bokmål
    and Nynorsk, `zh` for every Chinese; the script is no part of it), and `language_confidence`, from 0 to 1. They
    are null for a text that is null or has no letter; such a row is not judged, and stays. With several `fields`
    the columns tell of the first; each field must be in one of the languages.

    CLD2 votes, and py3langid where CLD2 is not sure; the confidence tells how far they agree. Of a long text 640
    bytes are looked at. What is done and how well: `tilth.text.language`. The rules are named `language` and
    `language_confidence`, and the books tell which language was found.
    """

    bare: ClassVar[str | None] = "keep"

    keep: Annotated[str | tuple[str, ...], Limit] = Field(min_length=1)
    """The codes of the languages that stay: `[en, de]`; or `all`, to drop no row for its language."""
    confidence: Annotated[Range, Limit] = Range()
    """How sure the language must be: `{at_least: 0.8}`."""
    by: Literal["row", "line"] = "row"
    """`line` judges line by line: the language is the one in which most characters stand, and the confidence their
    share of the characters in lines that have letters. So `{at_least: 0.8}` drops a text of two languages. It takes
    about seven times as long."""
    model: Annotated[str | None, Pulled] = None
    """The file of a fastText model (GlotLID, lid.176 …) that judges in place of the two; a path that is not absolute
    begins at the folder in which Tilth is called. Its content bears identity, its place does not. Default: none."""
    fields: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are judged; each must pass."""

    @field_validator("keep")
    @classmethod
    def _are_codes(cls, keep: str | tuple[str, ...]) -> str | tuple[str, ...]:
        codes = (keep,) if isinstance(keep, str) else keep
        for code in codes if keep != ALL else ():
            if code == ALL or not is_code(code):  # ISO 639-3 has `all`, for Allar
                raise ValueError(_no_code(code))
        return ALL if keep == ALL else codes

    @field_validator("confidence")
    @classmethod
    def _can_be(cls, limits: Range) -> Range:
        return possible("confidence", limits)

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        unknown = [code for code in self.keep if code not in language.CODES] if self.keep != ALL and self.model is None else []
        if unknown:
            raise ValueError(f"`{unknown[0]}` is a language that cannot be told without a `model`, such as the file of GlotLID.")
        return self

    def checks(self) -> tuple[Check, ...]:
        among = None if self.keep == ALL else tuple(self.keep)
        least, most = self.confidence.at_least, self.confidence.at_most
        pairs = [self._measures(field) for field in self.fields]
        return tuple(
            check for tongue, sure in pairs for check in (Check(rule_of(tongue), tongue, among=among), Check(rule_of(sure), sure, least, most))
        )

    def adds(self) -> tuple[Measure, ...]:
        return self._measures(self.fields[0])

    def _measures(self, field: str) -> tuple[Measure, Measure]:
        who = language.detector() if self.model is None else fasttext.detector(self.model)
        family, key = _family(self.by, self.model), f"{who}, by {self.by}"
        return Measure("language", family, (field,), key, label=True), Measure("language_confidence", family, (field,), key)

    def prepare(self) -> None:
        if self.model is None:
            language.prepare()
        else:
            fasttext.load(self.model)


@cache
def _family(by: str, model: str | None) -> Callable[[pa.Array], Mapping[str, pa.Array]]:
    """The function that measures, the same one for the same settings, so that both measures share its work."""
    measure = language.language if by == "row" else language.language_of_lines
    return partial(measure, judge=language.vote if model is None else partial(fasttext.judge, model))


def _no_code(word: str) -> str:
    if word == ALL:
        return "`all` is no language among others: write `keep: all`."
    near = nearest(word, language.CODES)
    hint = f" Did you mean `{near}`?" if near else ""
    return f"`{word}` is no code by which a language is told.{hint} It takes those of ISO 639-1, and of ISO 639-3 where there is none."
