"""Reading what a run wrote down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tilth.errors import AskedWrong, NotThere, StoreDamaged
from tilth.report.facts import Facts, Model, read, training

Write = Callable[[dict[str, Any]], Path]


def test_a_whole_run_is_read_with_its_types(facts: dict[str, Any], run_of: Write) -> None:
    found = read(run_of(facts) / "facts.json")
    assert [stage.name for stage in found.path][:2] == ["source.docstrings", "clean.unicode"]
    assert found.path[0].reads and not found.path[1].reads and found.path[0].quarantined == 12
    assert found.datasets["docs"].parts["test"].rows == 300
    assert found.examples["docs.dedup.exact"].dropped[0].partner is not None
    assert found.measures[2].edges[-1] is None, "an infinite edge is null in JSON"


@pytest.mark.parametrize("part", sorted(set(Facts.__struct_fields__)))
def test_every_part_may_be_missing(facts: dict[str, Any], run_of: Write, part: str) -> None:
    del facts[part]
    assert getattr(read(run_of(facts) / "facts.json"), part) == getattr(Facts(), part)


def test_members_that_are_not_known_are_passed_over(facts: dict[str, Any], run_of: Write) -> None:
    facts["later"] = {"a": 1}
    facts["path"][0]["later"] = True
    assert read(run_of(facts) / "facts.json").name == "python-docs"


def test_a_run_without_facts_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="has no facts") as raised:
        read(tmp_path / "facts.json")
    assert "tilth run" in raised.value.remedy


@pytest.mark.parametrize("other", [0, 2])
def test_another_format_is_refused_with_both_numbers(facts: dict[str, Any], run_of: Write, other: int) -> None:
    facts["format"] = other
    with pytest.raises(AskedWrong, match=f"format {other}") as raised:
        read(run_of(facts) / "facts.json")
    assert "format 1" in raised.value.accepted


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"name": "no format"}', '{"format": 1, "path": [{"rows_in": "many"}]}', '{"format": 1, "run": "x"}']
)
def test_what_no_run_writes_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "facts.json").write_text(text)
    with pytest.raises(StoreDamaged, match="not what a run writes"):
        read(tmp_path / "facts.json")


def test_the_curves_of_a_model_keep_gaps_where_a_value_was_not_finite() -> None:
    trained = training("base", Model(facts={"curve": [{"step": 1, "loss": None}, {"step": 2, "loss": 3.5}], "parameters": 7}))
    assert [point.loss for point in trained.curve] == [None, 3.5]
    assert trained.validation == []


def test_a_curve_that_is_none_is_refused_with_the_models_name() -> None:
    with pytest.raises(StoreDamaged, match=r"models\.base\.facts"):
        training("base", Model(facts={"curve": "flat"}))
