"""`filter.blocklist`: texts without the terms of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Annotated, Self

import pyarrow as pa
from pydantic import Field, ValidationInfo, field_validator, model_validator

from tilth.record import Check, Measure
from tilth.step import Filter, Limit, Pulled, Range
from tilth.steps.filter._limits import possible, rule_of
from tilth.text import terms as found
from tilth.text.terms import ALL, Named

Listed = tuple[str, ...] | dict[str, tuple[str, ...]]


class Blocklist(Filter):
    """Keeps a row if no more terms of a list stand in its text than asked; of itself: none.

    A term is a word or a phrase that stands whole, in capital or small letters, any white space between its words;
    in scripts without spaces it is found anywhere. Of terms that overlap, the one that begins first counts, and of
    these the longest. What is compared, and how: `tilth.text.terms`. Where there are lists by language, the row's
    `language` says which one holds, with that of `all`; a row of another language, or of none, is judged by `all`
    alone, and without such a list not judged.

    The rules are named `blocked_terms` and `blocked_share`. Which term was found is told by its number in the list
    (`blocked_term`), never by its text.

    No list comes with Tilth: what must not be said depends on whom it is said to. The one of C4 and of datatrove,
    *List of Dirty, Naughty, Obscene, and Otherwise Bad Words* (LDNOOBW on GitHub, CC BY 4.0), has a file for each of
    28 languages, named by its code, one term a line, so it may be named in `files` as it is. It also blocks words of
    medicine and of law; look at what falls before you let it.
    """

    terms: Listed | None = None
    """The terms, `[one, two words]`, or by language, `{en: [one], de: [eins], all: [1]}`."""
    files: Annotated[tuple[str, ...] | dict[str, str] | None, Pulled] = None
    """Files of terms, one a line in UTF-8, or one by language: `{en: words/en.txt}`. A path that is not absolute
    begins at the folder in which Tilth is called. Their content bears identity, their place does not."""
    language: str = "language"
    """The column with the code of a row's language, which `filter.language` sets. It is read where there are lists
    by language."""
    blocked_terms: Annotated[Range, Limit] = Range(at_most=0)
    """How many terms may stand in a text."""
    blocked_share: Annotated[Range, Limit] = Range()
    """The number of terms in a text, divided by its words: `{at_most: 0.01}`, with `blocked_terms: {at_most: null}`."""
    fields: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are judged; each must pass."""

    @field_validator("terms")
    @classmethod
    def _are_terms(cls, terms: Listed | None) -> Listed | None:
        lists = terms if isinstance(terms, dict) else {ALL: terms} if terms is not None else {}
        for name, some in lists.items():
            if not some or not all(map(found.folded, some)):
                raise ValueError(f"The list of terms{'' if name == ALL else f' for `{name}`'} is empty, or one of its terms is.")
        return terms

    @field_validator("blocked_terms", "blocked_share")
    @classmethod
    def _can_be(cls, limits: Range, info: ValidationInfo) -> Range:
        return possible(str(info.field_name), limits)

    @model_validator(mode="after")
    def _has_a_list(self) -> Self:
        if not self.terms and not self.files:
            raise ValueError("There is no list. Give `terms`, such as `terms: [one, two words]`, or `files`.")
        return self

    def checks(self) -> tuple[Check, ...]:
        limits = {"blocked_terms": self.blocked_terms, "blocked_share": self.blocked_share, "blocked_term": Range()}
        lists = self._lists()
        told = _blocked(lists), found.made(lists).digest
        columns = [(field,) if [name for name, _ in lists] == [ALL] else (field, self.language) for field in self.fields]
        measures = [(Measure(name, told[0], some, told[1]), limits[name]) for some in columns for name in limits]
        return tuple(Check(rule_of(measure), measure, each.at_least, each.at_most) for measure, each in measures)

    def prepare(self) -> None:
        found.prepare()

    def _lists(self) -> Named:
        """All lists by language, in the order in which they were written, those of the recipe first."""
        lists: dict[str, tuple[str, ...]] = {}
        written = self.terms if isinstance(self.terms, dict) else {ALL: self.terms or ()}
        files = self.files.items() if isinstance(self.files, dict) else [(ALL, path) for path in self.files or ()]
        for name, some in (*written.items(), *((name, found.read_terms(path)) for name, path in files)):
            lists[name] = (*lists.get(name, ()), *some)
        return tuple((name, some) for name, some in lists.items() if some or name != ALL)


@cache
def _blocked(lists: Named) -> Callable[..., Mapping[str, pa.Array]]:
    """The function that measures, the same one for the same lists, so that all measures share its work."""
    return partial(found.blocked, lists)
