"""Known defects of other tools: each has tests of ours that are there, or a reason why it cannot happen here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.complaints import REPORTED
from tests.defects import FOUND_READING, Defect

TESTS = Path(__file__).parent
REFERENCE = TESTS.parents[1] / "shared" / "reference" / "curation.md"

TOOLS = {"dt": "datatrove", "cur": "NeMo Curator", "dj": "Data-Juicer", "td": "text-dedup", "dclm BFF": "DCLM"}
"""The short names of the reference."""


@cache
def functions(file: str) -> set[str]:
    """The functions that a file of tests defines; none where there is no such file."""
    path = TESTS / file
    tree = ast.parse(path.read_text("utf-8")) if path.is_file() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("defect", (*FOUND_READING, *REPORTED), ids=lambda defect: f"{defect.tool} {defect.where}")
def test_what_goes_wrong_elsewhere_has_a_test_here_or_a_reason(defect: Defect) -> None:
    assert bool(defect.tests) != bool(defect.reason), "Name its tests, or say why it cannot happen here."
    named = [name.partition("::") for name in defect.tests or ()]
    gone = [f"{file}::{test}" for file, _, test in named if test not in functions(file)]
    assert not gone, f"There is no test {', '.join(gone)}: name the one that shows it now."


def test_every_defect_of_the_reference_is_in_the_table() -> None:
    if not REFERENCE.is_file():
        pytest.skip("../shared/reference is not here")
    table = REFERENCE.read_text("utf-8").partition("### Defects found while reading")[2].partition("\n---")[0]
    heads = re.findall(r"^\| ([\w -]+?) ((?:`[^`]+`(?:, | )?)+)", table, re.MULTILINE)
    listed = []
    for tool, places in heads:
        first, *others = (code.partition(":")[0] for code in re.findall(r"`([^`]+)`", places))
        # A class or a function behind its file is no place of its own.
        listed += [(TOOLS.get(tool, tool), place) for place in (first, *(one for one in others if "." in one))]
    assert len(heads) == 23
    assert listed == [(defect.tool, defect.where) for defect in FOUND_READING]
