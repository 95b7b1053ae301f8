"""Rows to be shown are read where they stand, each file once."""

import pyarrow.parquet as pq
import pytest

from tests.projects import Project
from tilth.execute.places import Place, find, partners, read_places, rows_at, shown_row
from tilth.execute.veils import Veil
from tilth.record import shown
from tilth.store.runs import Run

NOBODY = bytes(16)


@pytest.fixture
def run(project: Project) -> Run:
    return project.run(shard_bytes=1500)


def test_a_row_is_read_at_its_place(project: Project, run: Run) -> None:
    stage = run.record()["data"]["docs"]["stages"][0]
    rows = pq.read_table(project.store.rows(stage["rows"][0])).to_pylist()
    assert rows_at(project.store, stage["rows"][0], [len(rows) - 1, 0]) == {0: rows[0], len(rows) - 1: rows[-1]}
    assert rows_at(project.store, stage["rows"][0], [1], ["text"]) == {1: {"text": rows[1]["text"]}}
    with pytest.raises(IndexError):
        rows_at(project.store, stage["rows"][0], [len(rows)])


def test_rows_are_found_by_their_ids_and_others_are_left_out(project: Project, run: Run) -> None:
    stage = run.record()["data"]["docs"]["stages"][0]
    ids = pq.read_table(project.store.rows(stage["rows"][0]), columns=["id"])["id"].to_pylist()
    found = find(project.store, stage["rows"][0], {ids[3]: {"n": 3}, ids[1]: {"n": 1}, NOBODY: {"n": 0}})
    assert [(place.row, place.told) for place in found] == [(1, {"n": 1}), (3, {"n": 3})]
    assert find(project.store, stage["rows"][0], {}) == []


def test_a_partner_is_found_in_whatever_shard_it_stands(project: Project, run: Run) -> None:
    stage = run.record()["data"]["docs"]["stages"][0]
    last = pq.read_table(project.store.rows(stage["rows"][-1])).to_pylist()[-1]
    found = partners(project.store, stage, {last["id"], NOBODY})
    assert list(found) == [last["id"]] and found[last["id"]].rows == stage["rows"][-1] != stage["rows"][0]
    told = {"rule": "r", "value": 0.5, "limit": float("nan"), "found": None, "kept": False}
    place = Place(stage["rows"][0], 0, told, partner=found[last["id"]])
    line = shown_row(read_places(project.store, [place], Veil()), place)
    assert line["partner"] == {"id": shown(last["id"]), "text": last["text"]} and (line["value"], line["limit"]) == (0.5, None)
