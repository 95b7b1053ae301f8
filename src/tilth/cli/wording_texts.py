"""What a survey knows of texts, conversations and relations, in words and bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from tilth.cli.drawing import cut, histogram, meter, percent, short, spark, wrapped
from tilth.cli.lines import aligned, number, one_line, paint, width
from tilth.survey.facts import Chats, Distribution, Relation, Remarkable, Rule, Survey, Texts
from tilth.survey.notes import PERSONAL, rows_of

RULES, KINDS = 6, 6
LABEL = 12
KIND_WORDS = {"rank": "ρ", "association": "V", "between": "η"}


def texts_in_words(survey: Survey) -> Iterator[str]:
    """The columns of texts, conversations, what goes together, and rows worth reading."""
    scale = survey.reach.rows_in_all / survey.reach.rows if not survey.reach.whole and survey.reach.rows_in_all and survey.reach.rows else 1.0
    for place, one in enumerate(survey.texts):
        yield ""
        yield from _text(one, scale) if place == 0 else _briefly(one)
    for talk in survey.chats:
        yield ""
        yield from _chat(talk)
    if survey.relations:
        yield ""
        yield paint("  goes together", "bold")
        yield from _relations(survey.relations)
    told = [(one.column, found) for one in survey.texts[:2] for found in one.remarkable]
    if told:
        yield ""
        yield paint("  worth reading", "bold")
        yield from (_remarkable(column, found, several=len(survey.texts) > 1) for column, found in told)


def _line(label: str, words: str) -> str:
    return wrapped(words, f"  {label:<{LABEL}}", " " * (LABEL + 2))


def _head(column: str, words: str) -> str:
    """A column's name, and what is said of it in the rest of the line."""
    name = one_line(column, min(40, width() // 2))
    return paint(f"  {name}", "bold") + "  " + cut(words, max(8, width() - cell_len(name) - 4))


def _text(one: Texts, scale: float) -> Iterator[str]:
    yield _head(one.column, _amount(one, scale))
    if len(one.characters.counts) >= 4:
        yield from histogram(one.characters, cells=2 if width() >= 64 else 1)
    for name, lengths in (("characters", one.characters), ("words", one.words), ("tokens", one.tokens)):
        if lengths.n:
            yield _line(name, _lengths(lengths))
    yield from _told(one)
    broken = sorted((rule for rule in one.quality if rule.breaks.rows), key=lambda rule: -rule.breaks.value)
    if broken:
        yield from _rules(broken, english=not one.languages or one.languages[0][0] == "en")


def _amount(one: Texts, scale: float) -> str:
    """How many tokens and texts there are, in all of which these are a sample."""
    about = "about " if scale > 1 else ""
    tokens, texts = (f"{about}{short(round(count * scale))}" for count in (one.tokens.total, one.rows))
    named = "token" if tokens == "1" else "tokens"
    return f"{tokens} {named} (bytes ÷ 4) in {texts} {'text' if one.rows == 1 else 'texts'}"


def _lengths(one: Distribution) -> str:
    middle, low, high, most = (number(round(value)) for value in (one.quantiles[50], one.quantiles[5], one.quantiles[95], one.greatest))
    return f"median {middle}; 90% of texts {low} to {high}; longest {most}"


def _told(one: Texts) -> Iterator[str]:
    """Languages, scripts, copies, damage and likely personal data."""
    if one.languages:
        yield _line("languages", _counts(one.languages))
    if len(one.scripts) > 1 or (one.scripts and one.scripts[0][0] != "Latn"):
        yield _line("scripts", _counts(one.scripts))
    yield _line("copies", _copies(one))
    if one.damage:
        kinds = sorted(one.damage.items(), key=lambda pair: -pair[1].rows)
        yield _line("damage", ", ".join(f"{kind.replace('_', ' ')} {percent(share.value)} ({share.rows:,})" for kind, share in kinds[:KINDS]))
    yield from _people(one)


def _people(one: Texts) -> Iterator[str]:
    if one.personal:
        found = sorted(one.personal.items(), key=lambda pair: -pair[1][0])
        words = ", ".join(f"{PERSONAL.get(kind, kind)} in {rows_of(rows)} ({times:,})" for kind, (rows, times) in found)
        yield _line("personal", f"likely {words}")


def _counts(counts: Sequence[tuple[str, int]], most: int = 8) -> str:
    total = sum(count for _, count in counts)
    named = ", ".join(f"{one_line(name, 20)} {percent(count / total)}" for name, count in counts[:most])
    return f"{named}{f' and {len(counts) - most} more' if len(counts) > most else ''} (of {total:,})"


def _copies(one: Texts) -> str:
    copies = one.copies
    if copies is None:
        return "not looked for"
    exact = f"{copies.exact.rows:,} exact ({percent(copies.exact.value)})" if copies.exact.rows else "none exact"
    near = ""
    if copies.near is not None:
        near = f"; near or exact: {percent(copies.near.value)} of {copies.near.of:,} compared with each other"
    most = (
        f"; most often ({copies.largest[0][1]:,} times): {one_line(copies.largest[0][0], 60)}" if copies.largest and copies.largest[0][1] > 2 else ""
    )
    return exact + near + most


def _rules(broken: Sequence[Rule], *, english: bool) -> Iterator[str]:
    shown = broken[:RULES]
    of = {} if english else {"stop_words": " (English ones)"}
    rows = [(f"{one.set}.{one.rule}{of.get(one.rule, '')}", one.limit, percent(one.breaks.value), meter(one.breaks.value, 8)) for one in shown]
    lines = aligned(rows, right=(2,)).split("\n")
    for place, line in enumerate(lines):
        yield cut(f"  {'breaks' if place == 0 else '':<{LABEL}}{line}", width())
    if len(broken) > RULES:
        more = len(broken) - RULES
        named = "1 more rule is" if more == 1 else f"{more} more rules are"
        yield paint(_line("", f"and {named} broken by {percent(broken[RULES].breaks.value)} of the texts{'' if more == 1 else ' or fewer'}"), "dim")


def _briefly(one: Texts) -> Iterator[str]:
    drawn = spark(one.characters.counts, 24) if one.characters.n else ""
    yield _head(one.column, f"{one.rows:,} texts  {drawn}")
    if one.characters.n:
        yield _line("characters", _lengths(one.characters))
    if one.languages and (len(one.languages) > 1):
        yield _line("languages", _counts(one.languages, 4))
    if one.copies is not None and (one.copies.exact.rows or (one.copies.near and one.copies.near.rows)):
        yield _line("copies", _copies(one))
    yield from _people(one)


def _chat(one: Chats) -> Iterator[str]:
    yield _head(one.column, f"{one.rows:,} conversations, written as {one.layout.replace('_', ' and ')}")
    if one.turns.n:
        turns = one.turns
        yield _line("turns", f"{spark(turns.counts)}  {number(turns.least)} … {number(turns.greatest)}, median {number(turns.quantiles[50])}")
    if one.roles:
        yield _line("roles", ", ".join(f"{one_line(role, 24)} {count:,}" for role, count in one.roles) + _besides(one))
    if one.answer_characters is not None:
        yield _line("answers", f"{_lengths(one.answer_characters).replace('of texts', 'of answers')} characters")
    if one.oddities:
        yield _line("unusual", ", ".join(f"{said} {rows:,}" for said, rows in one.oddities.items()))


def _besides(one: Chats) -> str:
    told = [f"{count:,} with {what}" for what, count in (("a system prompt", one.systems), ("tools", one.tools)) if count]
    return f"; {', '.join(told)}" if told else ""


def _relations(relations: Sequence[Relation]) -> Iterator[str]:
    rows = [(f"{KIND_WORDS[one.kind]} = {one.value:.2f}", _interval(one), f"{one_line(one.a, 40)} and {one_line(one.b, 40)}") for one in relations]
    yield from (cut(line, width()) for line in aligned(rows, indent="  ").split("\n"))


def _interval(one: Relation) -> str:
    return f"{one.low:.2f} to {one.high:.2f}" if one.low is not None and one.high is not None else ""


def _remarkable(column: str, one: Remarkable, *, several: bool) -> str:
    place = f" ({one_line(one.place, 60)})" if one.place else f" (row {one.row + 1:,})"
    of = f" of {one_line(column, 24)}" if several and one.why.startswith("the ") else f", {one_line(column, 24)}" if several else ""
    size = f", {number(one.value)} {'character' if one.value == 1 else 'characters'}" if one.why.startswith("the ") else ""
    why = f"{one.why}{of}{size}{place}: "
    return cut(wrapped(why + one_line(one.begins, 80), "  ", "    "), 3 * width())
