"""Which datasets flow into each other, and at which stops rows are lost."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tilth.report.facts import Facts, Stage
from tilth.report.flow import MOST_COLUMNS, MOST_ROWS, NAMED, families, inputs, lanes, stops


def stage(name: str, rows: int, dropped: int = 0, **more: Any) -> Stage:
    """A step of a dataset `docs`."""
    told = {"dataset": "docs", "step": f"docs.{name}", "name": name, "rows_in": rows, "kept": rows - dropped, "dropped": dropped, **more}
    return Stage(**told)  # type: ignore[arg-type]


def path_of(*datasets: str, steps: int = 2, **more: Any) -> Facts:
    """Facts of datasets that each read 100 rows and lose 10 at every step."""
    path = []
    for name in datasets:
        path.append(stage("source.files", 100, dataset=name, shape="Source"))
        path += [stage("filter.length", 100 - 10 * number, 10, dataset=name) for number in range(steps)]
    return Facts(path=path, **more)


def test_datasets_that_flow_into_each_other_are_one_family() -> None:
    facts = path_of("a", "b", "c", "d", inputs={"c": ["a", "b.train"], "d": ["nowhere"]})
    assert families(facts) == [["a", "b", "c"], ["d"]]


def test_a_dataset_begins_only_with_one_that_came_before() -> None:
    facts = path_of("a", "b", inputs={"a": ["b"], "b": ["a", "b"]})
    assert inputs(facts, "a") == [] and inputs(facts, "b") == ["a"]


def test_only_steps_that_change_the_number_of_rows_are_stops() -> None:
    found = stops([stage("source.files", 100, shape="Source"), stage("clean.html", 100, edited=9), stage("filter.length", 100, 40)], 7)
    assert [(stop.room, stop.word, stop.kept) for stop in found] == [("source", "files", 100), ("filter", "length", 60)]


def test_a_path_on_which_nothing_is_lost_is_one_stop() -> None:
    assert [(stop.rows_in, stop.kept) for stop in stops([stage("clean.html", 7)], 3)] == [(7, 7)]


def test_steps_that_lose_least_stand_together_where_there_are_too_many() -> None:
    steps = [stage("filter.where", 100, 1), stage("filter.where", 99, 2), stage("filter.length", 97, 50), stage("dedup.exact", 47, 3)]
    found = stops(steps, 1)
    assert [(stop.room, stop.word, stop.rows_in, stop.kept) for stop in found] == [
        ("2", "steps", 100, 97),
        ("filter", "length", 97, 47),
        ("dedup", "exact", 47, 44),
    ]


def test_the_largest_reasons_are_named_and_the_rest_is_summed() -> None:
    reasons = {f"rule{number}": number for number in range(1, 9)}
    (stop,) = stops([stage("filter.quality", 100, 36, quarantined=2, kept=62, reasons=reasons)], 3)
    told = [(loss.name, loss.rows, loss.kind) for loss in stop.losses]
    assert told == [("rule8", 8, "lost"), ("rule7", 7, "lost"), ("rule6", 6, "lost"), ("others", 15, "lost"), ("bad records", 2, "unread")]


def test_rows_dropped_for_no_reason_that_is_told_are_counted_too() -> None:
    (stop,) = stops([stage("filter.where", 10, 6, reasons={"price": 4})], 3)
    assert [(loss.name, loss.rows) for loss in stop.losses] == [("price", 4), ("other reasons", 2)]


@given(st.lists(st.tuples(st.integers(0, 50), st.dictionaries(st.text(max_size=4), st.integers(0, 9), max_size=9)), max_size=12), st.integers(0, 5))
def test_nothing_is_lost_between_the_stops(losses: list[tuple[int, dict[str, int]]], most: int) -> None:
    steps, rows = [stage("source.files", 5000, shape="Source")], 5000
    for extra, reasons in losses:
        dropped = extra + sum(reasons.values())
        steps.append(stage("filter.quality", rows, dropped, reasons=reasons))
        rows -= dropped
    found = stops(steps, most)
    assert found[0].rows_in == 5000 and found[-1].kept == rows
    assert sum(stop.lost for stop in found) == 5000 - rows
    assert all(before.kept == after.rows_in for before, after in zip(found, found[1:], strict=False))
    assert all(len(stop.losses) <= NAMED + 2 for stop in found)


def test_the_first_dataset_that_a_lane_flows_into_goes_on_in_its_row() -> None:
    facts = path_of("a", "b", inputs={"c": ["a", "b"]})
    joined = msgspec.structs.replace(facts, path=[*facts.path, stage("dedup.exact", 160, 5, dataset="c")])
    found = {lane.dataset: lane for lane in lanes(joined, ["a", "b", "c"])}
    assert (found["a"].row, found["b"].row, found["c"].row) == (0, 1, 0)
    assert found["c"].start > max(found["a"].stop, found["b"].stop)
    assert found["c"].inputs == {"a": 80, "b": 80} and found["c"].ends and not found["a"].ends


def test_a_part_that_flows_on_counts_its_own_rows() -> None:
    facts = path_of("a", inputs={"b": ["a.train"]})
    parted = msgspec.structs.replace(facts.path[-1], parts={"train": 60, "test": 20})
    facts = msgspec.structs.replace(facts, path=[*facts.path[:-1], parted, stage("dedup.exact", 60, 5, dataset="b")])
    found = {lane.dataset: lane for lane in lanes(facts, ["a", "b"])}
    assert found["b"].inputs == {"a.train": 60} and found["a"].ends, "its test part ends there"


def test_many_steps_are_put_together_until_they_can_be_read() -> None:
    found = lanes(path_of("a", steps=9), ["a"])
    assert found and max(lane.stop for lane in found) <= MOST_COLUMNS


def test_too_many_datasets_have_no_picture() -> None:
    names = [f"d{number}" for number in range(MOST_ROWS + 1)]
    assert lanes(path_of(*names), names) == []
    chain = {after: [before] for before, after in zip(names, names[1:], strict=False)}
    assert lanes(path_of(*names, inputs=chain), names) == []
