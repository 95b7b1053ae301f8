"""The pictures of a report as files: each an SVG that stands alone, in the colours of the page by day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from tilth.errors import UsageError
from tilth.report import facts as written
from tilth.report import figures
from tilth.report.page import anchor, curves
from tilth.store.objects import disk_error, write_file

WIDTH, LEFT, ROOM = 640, 64, 14
"""Pixels across a picture, of its left margin (for the words of the vertical axis), and of the others."""

HEAD = re.compile(r'<svg role="img" width="100%" height="(\d+)">')


def save(run: Path, folder: Path) -> list[Path]:
    """Write the pictures of a run's report into a folder, which is made; the files, in the report's order.

    Raises: UsageError or DiskFull where they cannot be written; what `facts.read` raises."""
    drawn = {f"{anchor(name)}.svg": picture for name, picture in pictures(written.read(run / "facts.json")) if picture}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in drawn.items():
            write_file(folder / name, alone(picture).encode())
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError("This is a file.", where=str(error.filename), accepted="A folder, which is made if it is not there.") from error
    except OSError as error:
        raise disk_error(error, folder) from error
    return [folder / name for name in drawn]


def pictures(facts: written.Facts) -> Iterator[tuple[str, Markup]]:
    """Every picture under a name of its own: how measures lie, how losses fell, how good models are."""
    for measured in [measured for measured in facts.measures if measured.counts]:
        yield f"{measured.step}.{measured.rule}", figures.histogram(measured)
        if measured.kept_at:
            yield f"{measured.step}.{measured.rule}.kept", figures.thresholds(measured)
    for name, model in facts.models.items():
        for title, picture, _ in curves(name, written.training(name, model)):
            yield f"{name}.{title}", picture
    for score in facts.scores:
        yield f"{score.name}.{score.model}.{score.metric}", figures.whisker(score, figures.reach([score]))


def alone(picture: Markup) -> str:
    """The picture with its style and its margins, as a file."""
    found = HEAD.match(picture)
    assert found is not None
    height, inner = int(found[1]), picture[found.end() :]
    size = f'width="{WIDTH + LEFT + ROOM}" height="{height + 2 * ROOM}"'
    paper = f'<style>{style()}</style><rect {size} class="paper"/>'
    place = f'<svg role="img" x="{LEFT}" y="{ROOM}" width="{WIDTH}" height="{height}">'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{paper}{place}{inner}</svg>\n'


def style() -> str:
    """The page's rules for pictures; colours are written out, as few readers of SVG files know variables."""
    sheet = (Path(__file__).parent / "templates" / "style.css").read_text("utf-8")
    colours = dict(re.findall(r"--([\w-]+):(#\w+)", sheet.partition("@media")[0]))
    rules = "".join(line for line in sheet.splitlines() if line.startswith("svg"))
    return re.sub(r"var\(--([\w-]+)\)", lambda name: colours[name[1]], rules + ".paper{fill:var(--paper)}")
