"""How measures lie: distributions that hold every row."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from tests.projects import Project, line
from tilth.execute import histograms as module
from tilth.record import Check, Measure

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
    (idle,) = module._histogram("s", check, pa.chunked_array([pa.array([None, float("inf")], pa.float64())]))
    assert (idle["edges"], idle["counts"], idle["judged"]) == ([], [], 0)
    assert module._histogram("s", check, pa.chunked_array([], pa.float64())) == []


def test_whole_numbers_get_whole_bins() -> None:
    edges = module._edges(np.arange(1000.0), [])
    assert len(set(np.diff(edges))) == 1 and (edges % 1 == 0.5).all()


def test_what_failed_in_a_distribution_is_what_the_rule_dropped(project: Project) -> None:
    run = project.run(["docs.filter.length.characters.at_least=20"], shard_bytes=1500)
    (told,) = [one for one in run.facts()["measures"] if one["rule"] == "characters"]
    assert told["failed"] == line(run, "docs.filter.length")["reasons"]["characters"] == line(run, "docs.filter.length")["dropped"]
    assert told["judged"] == line(run, "docs.filter.length")["rows_in"] and told["at_least"] == 20


def test_where_few_values_lie_far_beyond_the_others_bins_grow() -> None:
    values = np.exp(np.random.default_rng(1).normal(4.0, 2.5, 5_000))
    edges = module._edges(values, [40.0])
    assert np.allclose(edges[1:] / edges[:-1], edges[1] / edges[0])
    counts, _ = np.histogram(values, edges)
    assert counts.max() < 0.2 * len(values)
    even = module._edges(np.random.default_rng(1).normal(50.0, 3.0, 5_000), [])
    assert np.allclose(np.diff(even), np.diff(even)[0])


def test_a_rule_that_judged_no_row_is_a_finding(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.jsonl", [{"text": "a text", "when": "no date"}, {"text": "another", "when": "none either"}])
    step = "filter.freshness: {column: when, date: {at_least: 2020-01-01}}"
    project.write_recipe(
        f'name: small\ndata:\n  docs:\n    - source.files: {{path: "raw/*.jsonl"}}\n    - {step}\n    - filter.length: {{words: {{at_least: 1}}}}\n'
    )
    facts = json.loads((project.run().folder / "facts.json").read_text())
    (finding,) = facts["findings"]
    assert finding.startswith("docs.filter.freshness: the rule") and "judged no row" in finding
