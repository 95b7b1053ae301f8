"""The facts of a run: figures that add up, and distributions that hold every row."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.projects import Project, line, result, table
from tilth.execute import facts as module
from tilth.execute.facts import environment, placed_by_address
from tilth.record import Check, Measure
from tilth.work import Machine

VALUES = st.lists(st.floats(-1e9, 1e9) | st.integers(-1000, 1000).map(float), min_size=1, max_size=60) | st.lists(
    st.integers(-(10**6), 10**6).map(float), min_size=1, max_size=60
)
LIMIT = st.none() | st.floats(-1e9, 1e9) | st.integers(-1000, 1000).map(float)


@given(VALUES, LIMIT, LIMIT)
@example([1.0], None, None)
@example([0.0, 1e9], 0.5, None)
@example([5.0] * 50 + [1e6], 5.0, 5.0)
def test_a_distribution_holds_every_judged_row_and_the_failed_ones_lie_beyond_the_limits(
    values: list[float], low: float | None, high: float | None
) -> None:
    column = pa.chunked_array([pa.array([*values, None, float("nan")], pa.float64())])
    (told,) = module._histogram("docs.filter.x", Check("rule", Measure("m", dict), low, high), column)
    edges = [edge for edge in told["edges"] if edge is not None]
    assert sum(told["counts"]) == told["judged"] == len(values)
    assert len(told["edges"]) == len(told["counts"]) + 1 and 1 <= len(told["counts"]) <= module.BINS + 3
    assert edges == sorted(edges) and None not in told["edges"][1:-1]
    assert told["failed"] == sum(low is not None and one < low for one in values) + sum(high is not None and one > high for one in values)
    assert json.loads(json.dumps(told)) == told
    for place, end in ((0, min(values)), (-1, max(values))):
        edge = told["edges"][place]
        assert edge is None or (edge <= end if place == 0 else edge >= end), "an end that is open says so"


def test_labels_and_measures_of_nothing_have_no_distribution() -> None:
    check = Check("rule", Measure("m", dict))
    assert module._histogram("s", check, pa.chunked_array([pa.array(["en"])])) == []
    assert module._histogram("s", check, pa.chunked_array([pa.array([None, float("inf")], pa.float64())])) == []
    assert module._histogram("s", check, pa.chunked_array([], pa.float64())) == []


def test_whole_numbers_get_whole_bins() -> None:
    edges = module._edges(np.arange(1000.0), [])
    assert len(set(np.diff(edges))) == 1 and (edges % 1 == 0.5).all()


def test_the_facts_agree_with_the_files(project: Project) -> None:
    project.write("c.jsonl", ["{broken", {"text": "a row that is kept for its length", "n": 1}])
    run = project.run(sets=["docs.source.files.bad_records.at_most=0.5"])
    facts = run.facts()
    docs = facts["datasets"]["docs"]
    rows = table(run, "docs")
    assert docs["rows"] == rows.num_rows == sum(part["rows"] for part in docs["parts"].values())
    assert docs["bytes"] == sum(len(text.encode()) for text in rows["text"].to_pylist())
    assert sorted(docs["columns"]) == sorted(rows.column_names)
    assert all((run.folder / file).exists() for part in docs["parts"].values() for file in part["files"])
    assert facts["path"] == result(run)["steps"]
    assert facts["bad_total"] == 1 and facts["bad"] == [
        {"dataset": "docs", "file": "c.jsonl", "record": 1, "offset": 0, "reason": facts["bad"][0]["reason"], "raw": "{broken"}
    ]
    assert set(docs["content"].split()) == {f"{name}:{content}" for name, content in (one.split(":") for one in docs["content"].split())}


def test_what_failed_in_a_distribution_is_what_the_rule_dropped(project: Project) -> None:
    run = project.run(["docs.filter.length.characters.at_least=20"], shard_bytes=1500)
    (told,) = [one for one in run.facts()["measures"] if one["rule"] == "characters"]
    assert told["failed"] == line(run, "docs.filter.length")["reasons"]["characters"] == line(run, "docs.filter.length")["dropped"]
    assert told["judged"] == line(run, "docs.filter.length")["rows_in"] and told["at_least"] == 20


def test_more_bad_records_than_can_be_shown_are_counted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BAD_SHOWN", 3)
    project.write("c.jsonl", ["{"] * 7)
    facts = project.run(sets=["docs.source.files.bad_records.at_most=0.5"], shard_bytes=2000).facts()
    assert len(facts["bad"]) == 3 and facts["bad_total"] == 7


def test_every_step_has_its_address(project: Project) -> None:
    project.write_recipe((project.folder / "recipe.yaml").read_text() + "models:\n  words: {train.tokenizer: {data: docs.train, vocab_size: 300}}\n")
    found = placed_by_address(project.recipe())
    assert len(found) == 8 and all(placed.address == address for address, placed in found.items())
    assert {"docs.source.files", "docs.split.random", "words.train.tokenizer"} <= set(found)


def test_the_environment_says_what_it_was_done_with() -> None:
    told = environment(Machine(workers=3))
    assert {"python", "tilth", "pyarrow"} <= set(told["versions"])
    assert told["machine"]["workers"] == 3 and told["machine"]["cores"] >= 1 and told["machine"]["memory_bytes"] > 1e6
    assert told["command"].startswith("tilth")
    assert json.loads(json.dumps(told)) == told
