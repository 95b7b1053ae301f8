"""Pieces of Vega-Lite specifications: the look of all pictures, their axes, lines, limits and what is told under the pointer.

A specification carries its own data and fetches nothing. Its names and expressions are ours: what other people
wrote stands in values and titles only, made `visible`. Colours are named as the page names them (`var(--stays)`)
and set by who shows the picture. Vega-Lite 6: https://vega.github.io/vega-lite/docs/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tilth.report.harmless import visible
from tilth.report.numbers import NARROW

Spec = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"
LOCALE: Spec = {"decimal": ".", "thousands": NARROW, "grouping": [3], "currency": ["", ""], "minus": "\u2212"}
"""How Vega writes numbers: as `numbers` does."""

CONFIG: Spec = {
    "font": FONT,
    "background": None,
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "domainColor": "var(--soft)",
        "tickColor": "var(--soft)",
        "gridColor": "var(--line)",
        "labelLimit": 160,
        "labelOverlap": True,
    },
    "legend": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--soft)",
        "labelFontSize": 12,
        "orient": "top",
        "symbolType": "stroke",
        "symbolStrokeWidth": 2,
        "title": None,
        "labelLimit": 220,
    },
    "title": {
        "anchor": "start",
        "color": "var(--ink)",
        "subtitleColor": "var(--soft)",
        "fontSize": 14,
        "fontWeight": "bold",
        "subtitleFontSize": 12,
        "offset": 12,
        "limit": 600,
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
}
"""The look of all pictures. Those who do not see them are told by the page; in each mark Vega-Lite would write expressions of the titles."""

COLOURS = ("var(--accent)", "var(--second)", "var(--stays)", "var(--unread)", "var(--lost)", "var(--soft)")
_DASHES = ([1, 0], [7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [1, 3])
WHOLE = {"format": ",d", "tickMinStep": 1, "tickCount": 6}
COUNTS = {**WHOLE, "tickCount": 5, "grid": True, "domain": False, "ticks": False}
FREE: Spec = {"scale": {"zero": False}, "axis": {"grid": True, "domain": False, "ticks": False, "tickCount": 6}}
"""Axes: of whole numbers, of counts from nothing on, of values from anywhere."""


def titled(title: str, subtitle: str, height: int, rows: Sequence[Spec], layers: list[Spec]) -> Spec:
    """A whole picture of these rows; layers may have data of their own."""
    shown = {"text": visible(title), **({"subtitle": visible(subtitle, 400)} if subtitle else {})}
    return {"title": shown, "description": visible(title), "height": height, "data": {"name": "rows", "values": list(rows)}, "layer": layers}


def logarithmic(spec: Spec, scale: str = "symlog", axes: Sequence[str] = ("y",)) -> Spec:
    """A picture that may be seen with these axes on another scale as well: `log` or, where values may be 0, `symlog`."""
    return {**spec, "usermeta": {"log": scale, "axes": list(axes)}}


def field(name: str, title: str | None = None) -> Spec:
    """A number by which marks are placed; the title of its axis, if it has one."""
    return {"field": name, "type": "quantitative", "title": title}


def told(*fields: tuple[str, str], numbers: Sequence[tuple[str, str]] = ()) -> Spec:
    """What is said of a mark under the pointer: fields with their titles, those of words first.

    Vega-Lite would make an expression of the titles without quoting all that must be quoted, and would not find the
    words of the mark nearest to the pointer; so the expression is ours. Of the nearest mark, `datum` is the mark."""
    row = "(datum.datum || datum)"
    parts = [f"{literal(visible(title))}: {row}[{literal(name)}]" for name, title in fields]
    parts += [f"{literal(visible(title))}: format({row}[{literal(name)}], ',.6~r')" for name, title in numbers]
    return {"value": {"expr": "{" + ", ".join(parts) + "}"}}


def literal(value: Any) -> str:
    """As JSON, and so as a literal of an expression."""
    return msgspec.json.encode(value).decode()


def short(value: float) -> float:
    """Six digits of a number, which is more than can be seen: every point of a curve stands in the page."""
    return float(f"{value:.6g}")


def upright(where: float, words: str, colour: str = "var(--lost-text)", *, row: int = 0, left: bool = False) -> list[Spec]:
    """A line from floor to ceiling at a place across, with its words above, in the first or a later row."""
    side = {"align": "right", "dx": 4} if left else {"align": "left", "dx": -4}
    shared: Spec = {"data": {"values": [{"at": where}]}}
    x = {"datum": where, "type": "quantitative"}
    text = {"type": "text", "text": words, "color": colour, "fontWeight": 600, "baseline": "bottom", "clip": False, **side}
    return [
        {**shared, "mark": {"type": "rule", "color": colour, "size": 1.5}, "encoding": {"x": x}},
        {**shared, "mark": text, "encoding": {"x": x, "y": {"value": -4 - 15 * row}}},
    ]


def named(field: str, names: Sequence[str]) -> Spec:
    """Each name's colour; a legend only where there is a choice."""
    scale = {"domain": list(names), "range": [COLOURS[index % len(COLOURS)] for index in range(len(names))]}
    return {"field": field, "type": "nominal", "scale": scale, "legend": {} if len(names) > 1 else None}


def lines(x: Spec, y: Spec, colour: Spec, told: Spec) -> list[Spec]:
    """Lines that a legend dims, and a dot on the point nearest to the pointer."""
    names = colour["scale"]["domain"]
    dash = {**colour, "scale": {"domain": names, "range": [_DASHES[index % len(_DASHES)] for index in range(len(names))]}}
    chosen = [{"name": "chosen", "select": {"type": "point", "fields": [colour["field"]]}, "bind": "legend"}] if len(names) > 1 else []
    dimmed = {"opacity": {"condition": {"param": "chosen", "value": 1}, "value": 0.15}} if chosen else {}
    near = {"name": "near", "select": {"type": "point", "on": "pointermove", "clear": "pointerout", "nearest": True}}
    shown = {"opacity": {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0}}
    return [
        {
            "params": chosen,
            "mark": {"type": "line", "clip": True, "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash, **dimmed},
        },
        {
            "params": [near],
            "mark": {"type": "point", "filled": True, "size": 60, "clip": True},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": told, **shown},
        },
    ]


def zoomed(layers: list[Spec]) -> list[Spec]:
    """Dragging moves, pinching or the wheel with Ctrl zooms; the wheel alone goes on moving the page."""
    zoom = {"type": "interval", "zoom": "wheel![event.ctrlKey || event.metaKey]"}
    first = {**layers[0], "params": [*layers[0].get("params", []), {"name": "zoom", "select": zoom, "bind": "scales"}]}
    return [first, *layers[1:]]


def painted(value: Any, colours: Mapping[str, str]) -> Any:
    """The specification with its colours set; data are left alone.

    Raises: KeyError for a colour that the page does not have."""
    match value:
        case str():
            name = re.fullmatch(r"var\(--([a-z0-9-]+)\)", value)
            return colours[name[1]] if name else value
        case list():
            return [painted(one, colours) for one in value]
        case dict():
            return {key: one if key == "data" else painted(one, colours) for key, one in value.items()}
        case _:
            return value
