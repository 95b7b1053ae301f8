"""The pictures of a report as files: each an SVG that stands alone and a PNG of it, in the colours of the page by day.

Pictures that a reader of the page can explore are drawn by vl-convert from their specifications, with title, axes and
legend; the flow of rows as it stands on the page. vl-convert brings its fonts and fetches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import vl_convert
from markupsafe import Markup

from tilth.errors import UsageError
from tilth.report import facts as written
from tilth.report import flow, sankey, specs, vegalite
from tilth.report.facts import Facts
from tilth.store.objects import disk_error, write_file

WIDTH, ROOM = 720, 18
"""Pixels across a picture, and of its margins."""

FLOW_WIDTH = 1080
"""Pixels across the flow of rows, whose words need more room."""

SCALE = 2
"""Pixels of a PNG for each of the SVG, so that it is sharp on paper and on a fine screen."""

_HEAD = re.compile(r'<svg role="img" width="100%" height="(\d+)">')
_LONGEST = 120
"""Letters of a file's name at most, in front of its ending."""


def save(run: Path, folder: Path) -> list[Path]:
    """Write the pictures of a run's report into a folder, which is made; the files, in the report's order.

    Raises: UsageError or DiskFull where they cannot be written; what `facts.read` raises."""
    found = written.read(run / "facts.json")
    files: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in drawn(found):
            for path, data in ((folder / f"{name}.svg", picture.encode()), (folder / f"{name}.png", as_png(picture))):
                write_file(path, data)
                files.append(path)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError("This is a file.", where=str(error.filename), accepted="A folder, which is made if it is not there.") from error
    except OSError as error:
        raise disk_error(error, folder) from error
    return files


def drawn(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every picture as SVG, under a file's name of its own."""
    taken: set[str] = set()
    for identity, picture in _pictures(facts):
        name = first = filename(identity)
        for number in range(2, len(taken) + 3):
            if name not in taken:
                break
            name = f"{first}-{number}"
        taken.add(name)
        yield name, picture


def _pictures(facts: Facts) -> Iterator[tuple[str, str]]:
    for family in flow.families(facts):
        if picture := sankey.drawn(flow.lanes(facts, family)):
            yield f"flow:{family[-1]}", alone(picture)
    for identity, spec in specs.pictures(facts):
        yield identity, as_svg(spec)


def filename(identity: str) -> str:
    """The name of a picture's file: what it shows, and its kind where that is no histogram and no curve.

    kept:docs.filter.length.characters → docs.filter.length.characters.kept
    """
    kind, _, what = identity.partition(":")
    name = re.sub(r"[^\w.\[\]-]+", "-", what).strip(".-")[:_LONGEST] or "picture"
    return name if kind in ("histogram", "curve") else f"{name}.{kind}"


def as_svg(spec: vegalite.Spec) -> str:
    """A specification drawn, as SVG, without the dots that follow a pointer."""
    still = [layer for layer in spec["layer"] if not any(one["name"] == "near" for one in layer.get("params", []))]
    config = {**vegalite.CONFIG, "background": "var(--paper)", "padding": ROOM}
    svg: str = vl_convert.vegalite_to_svg(
        vegalite.painted({**spec, "layer": still, "width": WIDTH}, colours()),
        vl_version="6.4",
        config=vegalite.painted(config, colours()),
        format_locale=vegalite.LOCALE,
        allowed_base_urls=[],
    )
    return svg


def as_png(svg: str) -> bytes:
    """An SVG as PNG."""
    png: bytes = vl_convert.svg_to_png(svg, scale=SCALE)
    return png


def alone(picture: Markup) -> str:
    """A picture of the page with its style and its margins, as a file."""
    found = _HEAD.match(picture)
    assert found is not None
    height, inner = int(found[1]), picture[found.end() :]
    size = f'width="{FLOW_WIDTH + 2 * ROOM}" height="{height + 2 * ROOM}"'
    paper = f'<style>{style()}</style><rect {size} class="paper"/>'
    place = f'<svg x="{ROOM}" y="{ROOM}" width="{FLOW_WIDTH}" height="{height}">'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>{paper}{place}{inner}</svg>\n'


def style() -> str:
    """The page's rules for pictures; colours are written out, as few readers of SVG files know variables."""
    rules = "".join(line for line in _sheet().splitlines() if line.startswith("svg"))
    return re.sub(r"var\(--([\w-]+)\)", lambda name: colours()[name[1]], rules + ".paper{fill:var(--paper)}")


@cache
def colours() -> dict[str, str]:
    """The colours of the page by day, by their names."""
    return dict(re.findall(r"--([\w-]+):(#\w+)", _sheet().partition("@media")[0]))


@cache
def _sheet() -> str:
    return (Path(__file__).parent / "templates" / "style.css").read_text("utf-8")
