"""Known failures of other trainers: each has tests of ours that are there."""

from __future__ import annotations

import re

import pytest

from tests.defects import Defect
from tests.failures import FAILURES
from tests.test_defects import REFERENCE, functions

TRAINING = REFERENCE.parent / "training.md"


@pytest.mark.parametrize("failure", [one for some in FAILURES.values() for one in some], ids=lambda one: f"{one.tool} {one.where}")
def test_what_goes_wrong_with_other_trainers_has_tests_here(failure: Defect) -> None:
    named = [name.partition("::") for name in failure.tests or ()]
    assert named
    gone = [f"{file}::{test}" for file, _, test in named if test not in functions(file)]
    assert not gone, f"There is no test {', '.join(gone)}: name the one that shows it now."


def test_every_complaint_of_the_reference_is_in_the_table() -> None:
    if not TRAINING.is_file():
        pytest.skip("../shared/reference is not here")
    complaints = TRAINING.read_text("utf-8").partition("\n## C. ")[2].partition("\n---")[0]
    _, *parts = re.split(r"^\*\*(.+?)(?: \[.+)?\*\*", complaints, flags=re.MULTILINE)
    listed = {head: set(re.findall(r"#\d+", text)) for head, text in zip(parts[::2], parts[1::2], strict=True)}
    assert len(listed) == 15 and sum(map(len, listed.values())) > 70
    assert listed == {head: {number for one in some for number in re.findall(r"#\d+", one.where)} for head, some in FAILURES.items()}
