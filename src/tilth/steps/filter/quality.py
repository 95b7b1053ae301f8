"""`filter.quality`: texts that read like writing, and not like a list, a menu or a broken record."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from tilth.record import Check, Measure
from tilth.step import Filter, Limit, Range
from tilth.steps.filter._limits import possible
from tilth.text import lines, repetition, walk
from tilth.text.rules import MEASURED, USUAL

RULES = {name: {measure: Range(at_least=low, at_most=high) for measure, (low, high) in rules.items()} for name, rules in USUAL.items()}
"""The measures of each rule set in the order in which they are tried, with their usual limits."""

PREPARED = {walk.walk: walk.prepare, repetition.repetition: repetition.prepare, lines.lines: lines.prepare}


class Quality(Filter):
    """Keeps a row if its text passes the named sets of rules.

    `gopher`: 50 to 100,000 words; 3 to 10 characters a word on average; at most 0.1 hashes and 0.1 ellipses a
    word; at most 90 % of lines begin with a bullet and 30 % end in an ellipsis; at least 80 % of words have a
    letter; at least two of the stop words the, be, to, of, and, that, have, with, which are English.

    `gopher_repetition`: duplicate paragraphs and lines make at most 30 % of their number and 20 % of the
    characters; the most frequent runs of 2, 3 and 4 words cover at most 20, 18 and 16 %, and duplicate runs of
    5 to 10 words at most 15, 14, 13, 12, 11 and 10 % of the characters.

    `c4`: no "lorem ipsum", no curly bracket, and at least 5 sentences. C4 asks this of what its rules for single
    lines have left of a page, so `clean.c4_lines` belongs before it; without that step a curly bracket in any line
    counts. (The paper asks for 5 sentences, the code of its dataset for 3.)

    `fineweb`: at least one line; at least 12 % of the lines end in terminal punctuation and at most 67 % have 30
    characters or fewer; lines that have occurred before hold at most 1 % of the characters that are no line breaks;
    at most 0.3 line breaks a word.

    A rule is named as the measure it limits. Every limit includes its bound; the first that is broken, in the
    order above, is the reason. How each measure is counted: `tilth.text.walk`, `tilth.text.repetition`,
    `tilth.text.lines`. Words are not judged in scripts without spaces, nor sentences in scripts without a mark for
    their end. Sources: Gopher, Rae et al. 2021 (arXiv 2112.11446), appendix A1; C4, Raffel et al. 2020 (arXiv
    1910.10683), section 2.2; FineWeb, Penedo et al. 2024 (arXiv 2406.17557), section 3.
    """

    rules: tuple[Literal["gopher", "gopher_repetition", "c4", "fineweb"], ...] = Field(min_length=1)
    """The sets of rules, in the order in which they are tried."""
    dialect: Literal["tilth"] = "tilth"
    """How words are found: `tilth` splits at white space."""
    fields: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are measured; each must pass."""
    limits: Annotated[dict[str, Range], Limit] = Field(default={}, validate_default=True)
    """Limits in place of the usual ones, by measure: `{words: {at_least: 30}}` leaves `at_most` as it is, and
    `{stop_words: {at_least: null}}` takes a limit away. Holds the limits of all measures once it is checked."""

    @field_validator("limits")
    @classmethod
    def _complete(cls, given: dict[str, Range], info: ValidationInfo) -> dict[str, Range]:
        rules = info.data.get("rules", ())
        usual = {name: limits for rule in rules for name, limits in RULES[rule].items()}
        for name in given:
            if rules and name not in usual:
                raise ValueError(_unknown(name, usual))
        return {name: possible(name, _merged(limits, given.get(name, Range()))) for name, limits in usual.items()}

    def checks(self) -> tuple[Check, ...]:
        names = [name for rule in self.rules for name in RULES[rule]]
        measures = [Measure(name, MEASURED[name], (field,)) for field in self.fields for name in names]
        limits = [self.limits[measure.name] for measure in measures]
        return tuple(Check(measure.column, measure, each.at_least, each.at_most) for measure, each in zip(measures, limits, strict=True))

    def prepare(self) -> None:
        for family in {MEASURED[name] for rule in self.rules for name in RULES[rule]}:
            PREPARED[family]()


def _merged(usual: Range, given: Range) -> Range:
    """The usual limits, but for those that were given, even as null."""
    return usual.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})


def _unknown(name: str, usual: dict[str, Range]) -> str:
    other = [rule for rule, measures in RULES.items() if name in measures]
    if other:
        return f"`{name}` is measured by the rules `{other[0]}`, which are not asked for. Add `{other[0]}` to `rules`."
    near = get_close_matches(name, usual, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"There is no measure `{name}`.{hint} The rules have: {', '.join(usual)}."
