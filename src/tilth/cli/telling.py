"""What `tilth why` says: the stories of a row, as words or as one object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tilth.cli.drawing import wrapped
from tilth.cli.lines import aligned, beside, block, number, one_line, paint
from tilth.cli.places import find_run
from tilth.execute.story import FELL, Edit, Event, Measured, Story, stories

CONDITION = "where"
"""The rule of a step whose measure is only true or false."""

SHARES = ("question", "answer", "question_and_answer")
"""Rules by which a row has an item of an evaluation set: the value is how much of the item, which is no similarity of two texts."""

SHOWN = 5
"""Rows that fell which are shown with their text; the others are named."""


@dataclass(frozen=True)
class Told:
    """The run, and the row's stories in its datasets."""

    run: str
    folder: str
    stories: Sequence[Story]


def tell(said: str, name: str | None) -> Told:
    """The stories of a row in a run."""
    run = find_run(name)
    return Told(f"{run.name}/{run.number}", str(run.folder), stories(run, said))


def as_json(told: Told) -> str:
    """The one object that `--json` prints; what is not known is left out."""
    return json.dumps({"run": told.folder, "id": told.stories[0].id, "stories": [_known(asdict(story)) for story in told.stories]})


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known(inner) for name, inner in value.items() if inner is not None and inner != [] and inner != ()}
    return [_known(inner) for inner in value] if isinstance(value, list | tuple) else value


def as_words(told: Told) -> str:
    """What a person reads."""
    return "\n\n".join("\n".join(_story(told, story)) for story in told.stories)


def _story(told: Told, story: Story) -> Iterator[str]:
    origin = story.origin
    yield paint(f"{story.id}  in {story.dataset}  ({told.run})", "bold")
    yield f"  from {one_line(origin['file'], 200)}, record {origin['record']:,}, byte {origin['offset']:,}"
    for event in story.events:
        yield from _event(story, event)
    yield f"  {paint('→', 'bold')} {_fate(told, story)}"
    if story.text is not None:
        yield "  what was read:" if story.fate == "quarantined" else "  text as it stands:" if story.fate == "kept" else "  text when it was dropped:"
        yield block(story.text)
    others = {name: value for name, value in story.columns.items() if name != "text"}
    if others:
        yield wrapped("  ".join(f"{one_line(name)}: {one_line(value)}" for name, value in others.items()))
    yield from _fallen(story)


def _event(story: Story, event: Event) -> Iterator[str]:
    asked = "" if event.asked is None or event.what == "quarantined" else paint(f"   {one_line(flow(event.asked), 80)}", "dim")
    yield f"  {event.step:<32} {_what(event)}{asked}"
    for edit in event.edits:
        if edit.before is not None and edit.after is not None:
            yield beside(("before", edit.before), ("after", edit.after))
    measures = [_measured(one) for one in event.measures if one.rule != CONDITION]
    if measures:
        yield aligned(measures, right=(1,), indent="      ")
    if event.partner is not None and event.what == "dropped":
        yield f"      {'of the item' if event.rule in SHARES else 'in favour of'} {event.partner}, which was {event.partner_fate}"
        if event.partner_text is not None:
            yield beside(("this row", story.text or ""), ("the row that was kept", event.partner_text))


def _what(event: Event) -> str:
    """What a step did with the row."""
    match event.what:
        case "dropped":
            return f"{paint('dropped', 'red')}: {_reason(event)}"
        case "quarantined":
            return f"{paint('quarantined', 'red')}: {one_line(event.rule, 300)}"
        case "edited":
            return f"edited {', '.join(_edit(edit) for edit in event.edits)}"
        case "copied":
            return f"made as a copy of {event.partner}" if event.value is None else f"wanted {number(event.value)} times"
        case _:
            return event.what


def flow(value: Any) -> str:
    """Settings on one line, as a recipe would have them."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def _edit(edit: Edit) -> str:
    if edit.hidden is not None:
        return f"{one_line(edit.column)} (hidden, {edit.hidden:,} {'span' if edit.hidden == 1 else 'spans'})"
    return one_line(edit.column) + (f" ({edit.characters:+,.0f} characters)" if edit.characters is not None else "")


def _reason(event: Event) -> str:
    if event.rule == CONDITION:
        return "the condition is not true"
    said = f"rule {one_line(event.rule)}"
    found = "" if event.found is None else f", found {one_line(event.found)}"
    if event.partner is not None:
        value = "" if event.value is None else f", {likeness(event.rule)} {number(event.value)} where {number(event.limit)} is enough"
        return f"{said}{value}{found}"
    if found:
        return said + found
    return said if event.value is None else f"{said}, {valued(event.rule, event.value)} where the limit is {valued(event.rule, event.limit)}"


def likeness(rule: str | None) -> str:
    """What the value of a rule is that drops a row for another one."""
    return "share" if rule in SHARES else "similarity"


def valued(rule: str | None, value: float | None) -> str:
    """A value of a rule, or its limit: a day, which the measure `date` has as the number 20210304, as 2021-03-04."""
    if value is None or rule != "date":
        return number(value)
    digits = f"{value:08.0f}"
    return f"{digits[:-4]}-{digits[-4:-2]}-{digits[-2:]}"


def _measured(one: Measured) -> tuple[str, str, str]:
    limits = [f"at least {valued(one.rule, one.at_least)}"] if one.at_least is not None else []
    limits += [f"at most {valued(one.rule, one.at_most)}"] if one.at_most is not None else []
    value = "not judged" if one.value is None else valued(one.rule, one.value) if isinstance(one.value, int | float) else one_line(one.value)
    return one_line(one.rule), value, ", ".join(limits) + ("" if one.within else paint("  ✗", "red"))


def _fate(told: Told, story: Story) -> str:
    match story.fate:
        case "dropped":
            return f"dropped by {story.events[-1].step}"
        case "quarantined":
            return "could not be read, and is in quarantine"
    part = f" in {story.dataset}.{story.part}" if story.part else ""
    return f"kept{part}" + (f": row {story.row:,} of {told.folder}/{story.file}" if story.row is not None else "")


def _fallen(story: Story) -> Iterator[str]:
    if not story.fell:
        return
    rows = "One row" if len(story.fell) == 1 else f"{len(story.fell):,} rows"
    yield f"  {rows} fell in its favour:"
    for one in story.fell[:FELL]:
        similarity = "" if one.value is None else f", similarity {number(one.value)}"
        yield f"    {one.id}  {one.step}{similarity}" + (f"  {one_line(one.origin, 80)}" if one.origin else "")
    for one in story.fell[:SHOWN]:
        if one.text is not None and one.text != story.text:
            yield beside((f"{one.id[:10]}…", one.text), ("this row", story.text or ""), 300)
    if len(story.fell) > FELL:
        yield f"    and {len(story.fell) - FELL:,} more; `--json` names them all"
