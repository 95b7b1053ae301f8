"""The pictures of a report as files."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.projects import Project, some_rows
from tilth.errors import UsageError
from tilth.report.drawings import save, style


@pytest.fixture
def run(tmp_path: Path) -> Path:
    project = Project(tmp_path)
    project.write("a.jsonl", some_rows())
    return project.run().folder


def test_each_measure_has_a_picture_that_stands_alone(run: Path, tmp_path: Path) -> None:
    files = save(run, tmp_path / "deep" / "pictures")
    assert {"docs.filter.length.characters.svg", "docs.filter.length.characters.kept.svg"} <= {file.name for file in files}
    for file in files:
        root = ET.fromstring(file.read_text("utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg" and int(root.attrib["width"]) > 600
        assert "var(" not in file.read_text("utf-8")


def test_labels_have_no_picture(run: Path, tmp_path: Path) -> None:
    facts = json.loads((run / "facts.json").read_bytes())
    facts["measures"] = [{"step": "docs.filter.language", "rule": "language", "labels": {"en": [2, 1]}, "judged": 2, "failed": 1}]
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    assert save(tmp_path, tmp_path / "pictures") == []


def test_colours_are_written_out() -> None:
    assert "var(" not in style() and "fill:#" in style()


def test_a_folder_that_cannot_be_made_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "pictures"):
        with pytest.raises(UsageError, match="This is a file"):
            save(run, folder)
