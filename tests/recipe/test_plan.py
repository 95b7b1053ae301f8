"""From a list of steps to stages: what is done in one pass, and what looks at all rows."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recipe.toys.house import RECIPE, changed, understood
from tilth.recipe.grammar import Split
from tilth.recipe.plan import Gather, Segment, lanes, stages
from tilth.recipe.resolve import Data, Placed
from tilth.step import Filter, Map, Whole

DOCS = understood().data[1].steps
TRIM = next(placed for placed in DOCS if isinstance(placed.step, Map))
MARKS = next(placed for placed in DOCS if isinstance(placed.step, Filter))
HALVES = next(placed for placed in DOCS if isinstance(placed.step, Whole))
SOURCE = understood().data[0].sources[0]
PARTS = HALVES.step.parts() if isinstance(HALVES.step, Split) else ()
STEP = {"m": TRIM, "f": MARKS, "w": HALVES}


def cut(letters: str, source: bool = True) -> list[str]:
    """The stages of a dataset, a step a letter: `mmf` is one segment of two maps and a filter."""
    found = stages(Data("docs", 1, () if source else ("raw",), (SOURCE,) if source else (), tuple(STEP[one] for one in letters)))
    told = {placed.address: letter for letter, placed in STEP.items()}
    return ["W" if isinstance(one, Gather) else "".join(told[placed.address] for placed in (*one.maps, *one.filters)) for one in found]


@pytest.mark.parametrize(
    ("letters", "found"),
    [("", [""]), ("mmff", ["mmff"]), ("fm", ["f", "m"]), ("mfmf", ["mf", "mf"]), ("wfw", ["", "W", "f", "W"]), ("mwm", ["m", "W", "m"])],
)
def test_maps_then_the_filters_that_judge_them_are_one_pass(letters: str, found: list[str]) -> None:
    assert cut(letters) == found


def test_without_a_source_nothing_is_read_before_the_first_step() -> None:
    assert cut("", source=False) == []
    assert cut("wf", source=False) == ["W", "f"]
    assert cut("fm", source=False) == ["f", "m"]


def test_a_filter_that_measures_dearly_is_asked_only_of_rows_that_those_before_it_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(MARKS.step), "dear", True)
    assert cut("mff") == ["mf", "f"] and cut("ff") == ["f", "f"] and cut("mf") == ["mf"]


@given(st.text("mfw", max_size=12), st.booleans())
def test_no_step_is_lost_doubled_or_moved(letters: str, source: bool) -> None:
    found = cut(letters, source)
    assert "".join(found).lower() == letters
    assert all(one == "W" or one == "m" * one.count("m") + "f" * one.count("f") for one in found)


def test_a_shape_that_no_dataset_can_hold_is_said() -> None:
    @dataclass(frozen=True)
    class Strange:
        def shape(self) -> str:
            return "Fit"

    with pytest.raises(TypeError, match="has the shape Fit"):
        stages(Data("docs", 1, ("raw",), (), (Placed("docs.train.x", 3, Strange()),)))  # type: ignore[arg-type]


def test_a_dataset_is_written_if_a_model_a_score_or_the_person_needs_it() -> None:
    assert {name: lane.final for name, lane in lanes(understood()).items()} == {"raw": False, "docs": True}
    onward = changed("data: docs.test}}", "data: more}}").replace("models:", "  more:\n    - from: docs.test\n    - clean.trim\nmodels:", 1)
    found = lanes(understood(onward))
    assert {name: lane.final for name, lane in found.items()} == {"raw": False, "docs": True, "more": True}
    assert list(found) == ["raw", "docs", "more"], "in the order in which they can be made"
    alone = RECIPE[: RECIPE.index("models:")]
    assert {name: lane.final for name, lane in lanes(understood(alone)).items()} == {"raw": False, "docs": True}, "what leads on is not written"
    starts = ["docs.train", "docs.test"]
    for some in (starts[:1], starts):
        more = alone + "".join(f"  more_{number}:\n    - from: {start}\n" for number, start in enumerate(some))
        assert lanes(understood(more))["docs"].final == (len(some) < len(PARTS)), "a part that nobody goes on with is written"


def test_a_lane_begins_with_the_segment_of_its_sources() -> None:
    raw, docs = lanes(understood()).values()
    assert raw.stages == (Segment(),)
    assert [type(stage) for stage in docs.stages] == [Segment, Gather]
