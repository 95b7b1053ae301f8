"""Errors keep their four parts, wherever they go, and say how the command ends."""

import copy
import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth import errors
from tilth.errors import RecipeError, TilthError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, TilthError)]
PART = st.text(max_size=20)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(found=PART, where=PART, accepted=PART, remedy=PART)
def test_every_part_survives_the_way_out_of_a_worker(kind: type[TilthError], found: str, where: str, accepted: str, remedy: str) -> None:
    one = kind(found, where=where, accepted=accepted, remedy=remedy)
    for other in (pickle.loads(pickle.dumps(one)), copy.copy(one)):
        assert type(other) is kind
        assert (other.found, other.where, other.accepted, other.remedy) == (found, where, accepted, remedy)
        assert str(other) == str(one)


def test_a_place_that_is_told_later_crosses_too() -> None:
    one = errors.StepFailed("It broke.")
    one.where = "docs.clean.html"
    assert pickle.loads(pickle.dumps(one)).where == "docs.clean.html"


def test_it_reads_as_one_paragraph_beneath_its_place() -> None:
    error = TilthError("Found 3.", where="recipe.yaml:4", accepted="It takes 4.", remedy="Write 4.")
    assert str(error) == "recipe.yaml:4\n  Found 3. It takes 4. Write 4."
    assert str(TilthError("Found 3.", remedy="Write 4.")) == "Found 3. Write 4."


def test_findings_are_shown_one_after_another_in_their_order() -> None:
    findings = [RecipeError(f"Mistake {number}.", where=f"recipe.yaml:{number}") for number in (3, 1)]
    assert str(RecipeError.of(findings)) == "recipe.yaml:3\n  Mistake 3.\nrecipe.yaml:1\n  Mistake 1."
    assert RecipeError.of(findings[:1]) is findings[0]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("UsageError", 2), ("RecipeError", 2), ("NotThere", 2), ("StepFailed", 1), ("WorkerDied", 1), ("DiskFull", 1), ("Diverged", 1),
        ("BooksDoNotBalance", 3), ("TooManyBadRecords", 3), ("NothingLeft", 3), ("StoreDamaged", 3), ("RowsLetGo", 3), ("Missing", 4),
        ("StoreBusy", 1),
    ],
)  # fmt: skip
def test_the_kind_is_the_exit_code(kind: str, code: int) -> None:
    assert getattr(errors, kind).exit_code == code


def test_the_tree_at_the_head_of_the_module_is_the_tree_there_is() -> None:
    assert errors.__doc__ is not None
    drawn = [line.strip(" │├└─").split()[0] for line in errors.__doc__.splitlines() if "──" in line]
    assert sorted([*drawn, "TilthError"]) == sorted(kind.__name__ for kind in KINDS)
