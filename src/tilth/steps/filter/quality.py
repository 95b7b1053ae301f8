"""`filter.quality`: texts that read like writing, and not like a list, a menu or a broken record."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from tilth.record import Check, Measure
from tilth.step import Filter, Limit, Range
from tilth.steps.filter._limits import possible, rule_of
from tilth.text import dialects, lines, repetition, walk
from tilth.text.dialects import DIALECTS
from tilth.text.rules import MEASURED

OWN = "tilth"

SETS = {
    dialect: {name: {measure: Range(at_least=low, at_most=high) for measure, (low, high) in rules.items()} for name, rules in sets.items()}
    for dialect, sets in DIALECTS.items()
}
"""For each dialect and rule set its measures in the order in which they are tried, with their usual limits."""

RULES = SETS[OWN]
"""Those of `tilth`."""

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
    their end.

    `dialect` takes these rules as the code of another tool reads them, with its measures, its order and its limits:
    `datatrove`, `dclm` (Gopher alone), `curator` (NeMo Curator) and `dolma` (both without FineWeb). What each of them
    counts: `tilth.text.datatrove` and so on; how far they agree with the tools: docs/conformance.md. There every text is
    judged, also in scripts without spaces. `datatrove` asks spaCy for words, and `dclm`'s repetition asks uniseg: both
    need the extra `dialects` and are about a hundred times slower.

    Sources: Gopher, Rae et al. 2021 (arXiv 2112.11446), appendix A1; C4, Raffel et al. 2020 (arXiv
    1910.10683), section 2.2; FineWeb, Penedo et al. 2024 (arXiv 2406.17557), section 3.
    """

    rules: tuple[Literal["gopher", "gopher_repetition", "c4", "fineweb"], ...] = Field(min_length=1)
    """The sets of rules, in the order in which they are tried."""
    dialect: Literal["tilth", "datatrove", "dclm", "curator", "dolma"] = "tilth"
    """Whose reading of the rules: `tilth`, or the tool with which the rows shall agree."""
    fields: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are measured; each must pass."""
    limits: Annotated[dict[str, Range], Limit] = Field(default={}, validate_default=True)
    """Limits in place of the usual ones, by measure: `{words: {at_least: 30}}` leaves `at_most` as it is, and
    `{stop_words: {at_least: null}}` takes a limit away. Holds the limits of all measures once it is checked."""

    @field_validator("dialect")
    @classmethod
    def _has_them(cls, dialect: str, info: ValidationInfo) -> str:
        for rules in info.data.get("rules", ()):
            if rules not in SETS[dialect]:
                raise ValueError(f"The dialect `{dialect}` has no rules `{rules}`. It has: {', '.join(SETS[dialect])}.")
        return dialect

    @field_validator("limits")
    @classmethod
    def _complete(cls, given: dict[str, Range], info: ValidationInfo) -> dict[str, Range]:
        rules, sets = info.data.get("rules", ()), SETS.get(info.data.get("dialect", ""), {})
        usual = {name: limits for rule in rules for name, limits in sets.get(rule, {}).items()}
        for name in given:
            if usual and name not in usual:
                raise ValueError(_unknown(name, usual, sets))
        return {name: possible(name, _merged(limits, given.get(name, Range()))) for name, limits in usual.items()}

    def checks(self) -> tuple[Check, ...]:
        measures = [measure for field in self.fields for rule in self.rules for measure in self._measures(rule, field)]
        limits = [self.limits[measure.name] for measure in measures]
        return tuple(Check(rule_of(measure), measure, each.at_least, each.at_most) for measure, each in zip(measures, limits, strict=True))

    def _measures(self, rules: str, field: str) -> list[Measure]:
        names = SETS[self.dialect][rules]
        if self.dialect == OWN:
            return [Measure(name, MEASURED[name], (field,)) for name in names]
        family, key = dialects.family(self.dialect, rules), dialects.key(self.dialect, rules)
        return [Measure(name, family, (field,), key) for name in names]

    def prepare(self) -> None:
        if self.dialect != OWN:
            dialects.prepare()
            return
        for family in {MEASURED[name] for rule in self.rules for name in RULES[rule]}:
            PREPARED[family]()


def _merged(usual: Range, given: Range) -> Range:
    """The usual limits, but for those that were given, even as null."""
    return usual.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})


def _unknown(name: str, usual: dict[str, Range], sets: dict[str, dict[str, Range]]) -> str:
    other = [rule for rule, measures in sets.items() if name in measures]
    if other:
        return f"`{name}` is measured by the rules `{other[0]}`, which are not asked for. Add `{other[0]}` to `rules`."
    near = get_close_matches(name, usual, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"There is no measure `{name}`.{hint} The rules have: {', '.join(usual)}."
