"""The pictures of a report as files."""

from __future__ import annotations

import json
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.projects import Project, some_rows
from tilth.errors import UsageError
from tilth.report import drawings
from tilth.report.facts import Facts

Write = Callable[[dict[str, Any]], Path]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    project = Project(tmp_path)
    project.write("a.jsonl", some_rows())
    return project.run().folder


def size(png: bytes) -> tuple[int, int]:
    """Pixels across and down, from the header of a PNG."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    across, down = struct.unpack(">II", png[16:24])
    return across, down


def test_each_picture_of_a_run_is_an_svg_that_stands_alone_and_a_png_of_twice_its_size(run: Path, tmp_path: Path) -> None:
    files = drawings.save(run, tmp_path / "deep" / "pictures")
    assert {"docs.filter.length.characters.svg", "docs.filter.length.characters.kept.svg", "docs.flow.svg"} <= {file.name for file in files}
    for svg, png in zip(files[::2], files[1::2], strict=True):
        text = svg.read_text("utf-8")
        root = ET.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg" and svg.stem == png.stem
        assert not re.search(r"var\(|<script|<image|@import|(href|src)=.https?:", text)
        assert size(png.read_bytes()) == pytest.approx((2 * float(root.attrib["width"]), 2 * float(root.attrib["height"])), abs=2)


def test_every_kind_of_picture_has_its_name(facts: dict[str, Any]) -> None:
    names = [name for name, _ in drawings.drawn(msgspec.convert(facts, Facts))]
    assert names[0] == "docs.flow" and len(names) == len(set(names))
    assert {"docs.filter.quality.words", "docs.donut", "base.loss", "base.learning-rate", "perplexity.scores"} <= set(names)


def test_a_picture_shows_its_numbers_with_title_and_axes(facts: dict[str, Any]) -> None:
    picture = dict(drawings.drawn(msgspec.convert(facts, Facts)))["docs.filter.length.characters"]
    words = [text for text in ET.fromstring(picture).itertext() if text.strip()]
    assert {"docs.filter.length: characters", "at least 80", "characters", "rows"} <= set(words)


def test_hostile_names_make_no_paths_and_no_two_files_of_one_name(facts: dict[str, Any], run_of: Write, tmp_path: Path) -> None:
    hostile = ("../../etc/passwd", "..", "a" * 400, "b" * 400, "a/b", "a\\b", "<script>", "\x00\u202e")
    facts["scores"] = [{**facts["scores"][0], "metric": name} for name in hostile]
    files = drawings.save(run_of({"format": 1, "scores": facts["scores"]}), tmp_path / "pictures")
    assert len(set(files)) == 2 * len(hostile)
    assert sorted(files) == sorted((tmp_path / "pictures").iterdir())


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("histogram:docs.filter.quality[2].words", "docs.filter.quality[2].words"),
        ("kept:docs.filter.length.characters", "docs.filter.length.characters.kept"),
        ("curve:base.gradient norm", "base.gradient-norm"),
        ("scores:nats_per_token", "nats_per_token.scores"),
        ("donut:", "picture.donut"),
    ],
)
def test_a_file_is_named_by_what_it_shows(identity: str, name: str) -> None:
    assert drawings.filename(identity) == name


def test_labels_are_a_ring(run: Path, tmp_path: Path) -> None:
    facts = {"format": 1, "measures": [{"step": "docs.filter.language", "rule": "language", "labels": {"en": [2, 1], "de": [1, 1]}}]}
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    assert [file.name for file in drawings.save(tmp_path, tmp_path / "pictures")] == [
        f"docs.filter.language.language.donut.{end}" for end in ("svg", "png")
    ]


def test_colours_are_written_out() -> None:
    assert "var(" not in drawings.style() and "fill:#" in drawings.style()


def test_a_folder_that_cannot_be_made_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "pictures"):
        with pytest.raises(UsageError, match="This is a file"):
            drawings.save(run, folder)
