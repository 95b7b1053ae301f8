"""What `tilth steps` and `tilth schema` print."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby

from tilth.cli.lines import aligned, paint, width
from tilth.recipe.reference import Line, Reference, Setting, lines, reference
from tilth.recipe.schema import json_schema

SHAPES = {
    "Source": "gives the rows",
    "Redaction": "tells what nobody must read; something else is put in its place",
    "Map": "sets columns of the same rows; it drops none",
    "Spread": "makes rows from a row",
    "Filter": "keeps a row or drops it",
    "Whole": "decides over all rows at once",
    "Fit": "makes a model",
    "Training": "trains a model's weights",
    "Judge": "makes scores",
}


def schema(one_line: bool) -> str:
    """The schema, for people or on one line."""
    return json.dumps(json_schema(), indent=None if one_line else 2)


def steps(as_json: bool) -> str:
    """The steps, room by room."""
    every = lines()
    if as_json:
        return json.dumps({"steps": [asdict(line) for line in every]})
    return "\n\n".join(_room(room, list(some)) for room, some in groupby(every, key=lambda line: line.name.partition(".")[0]))


def _room(room: str, some: list[Line]) -> str:
    names, shapes = max(len(line.name) for line in some), max(len(line.shape) for line in some)
    left = max(24, names) + 2 + max(6, shapes) + 2
    rows = [(line.name.ljust(24), line.shape.ljust(6), _hanging(line.does, 2 + left)) for line in some]
    return f"{paint(room, 'bold')}\n{aligned(rows, indent='  ')}"


def _hanging(said: str, left: int) -> str:
    """A sentence wrapped to the terminal, its further lines below its first word."""
    return ("\n" + " " * left).join(textwrap.wrap(said, max(30, width() - left)))


def step(name: str, as_json: bool) -> str:
    """All about one step."""
    told = reference(name)
    return json.dumps(asdict(told)) if as_json else "\n".join(_about(told))


def _about(told: Reference) -> Iterator[str]:
    yield f"{paint(told.name, 'bold')}  {told.shape}: it {SHAPES[told.shape]}."
    yield ""
    yield told.about
    if told.bare is not None:
        yield f"\n`{told.bare}` may be written bare: `{told.name}: …`"
    yield "\nSettings:" if told.settings else "\nIt has no settings."
    for setting in told.settings:
        yield from _setting(setting)


def _setting(setting: Setting) -> Iterator[str]:
    default = "must be given" if setting.default is None else f"default {setting.default}"
    decides = "; decides, so a change reads no text again" if setting.decides else ""
    depth = 2 + 2 * setting.name.count(".")
    yield f"{' ' * depth}{paint(setting.name, 'bold')}  {setting.takes}; {default}{decides}"
    if setting.means:
        yield textwrap.indent("\n".join(textwrap.wrap(setting.means, max(40, width() - depth - 4))), " " * (depth + 4))
