"""Runs with dedup.minhash: pairs are found, compared and stored between sketches and the decision."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Tilth, tilth
from tests.outside import half_made
from tests.projects import Project, line, result, table
from tests.steps.dedup.brute import greedy, jaccard, made_documents, planted
from tilth.errors import NotThere
from tilth.record import shown
from tilth.store.runs import Run
from tilth.store.sweep import remove, survey
from tilth.store.verify import check_object, dangling, every_object

__all__ = ["tilth"]

RECIPE = """
name: near
data:
  docs:
    - source.files: {path: "raw/*.jsonl", id: key}
    - dedup.minhash: {bands: 20, rows: 4, similarity: 0.8}
"""
DRAW = random.Random(21)
TEXTS = planted(made_documents(90, DRAW), 0.9, DRAW)
ROWS = [{"key": f"k{number}", "text": text, "score": number % 7, "kind": "abc"[number % 3]} for number, text in enumerate([*TEXTS, "", " ", "a"])]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return filled(Project(tmp_path), ROWS)


def filled(made: Project, rows: Sequence[dict[str, Any]], recipe: str = RECIPE, files: int = 4) -> Project:
    """Rows in files, some of them empty."""
    made.write_recipe(recipe)
    size = -(-len(rows) // files)
    for number in range(files):
        made.write(f"{number}.jsonl", rows[number * size : (number + 1) * size])
    made.write("empty.jsonl", [])
    return made


def fell(run: Run, data: str = "docs") -> dict[str, str]:
    """For each dropped row, by its text, the text in whose favour it fell; all of them had the rule `near_text`."""
    books = pq.read_table(run.folder / "decisions" / f"{data}.parquet").to_pylist()
    assert {one["rule"] for one in books} <= {"near_text"}
    return {shown(one["id"]): shown(one["partner"]) for one in books}


def made(project: Project, what: str) -> dict[Path, int]:
    """The stored objects of a kind, and when they were made."""
    every = (project.store.root / "objects").glob("*/*/manifest.json")
    return {path: path.stat().st_mtime_ns for path in every if json.loads(path.read_bytes())["what"] == what}


def test_a_run_drops_what_brute_force_drops_and_tells_the_partner(project: Project) -> None:
    run = project.run()
    kept = table(run, "docs")["key"].to_pylist()
    truth = greedy([row["text"] for row in ROWS], 0.8)
    assert kept == [row["key"] for row, (partner, _) in zip(ROWS, truth, strict=True) if partner < 0]
    told = line(run, "docs.dedup.minhash")
    assert told["dropped"] == len(ROWS) - len(kept) > 20 and told["reasons"] == {"near_text": told["dropped"]}
    assert told["facts"]["not_judged"] == 2 and told["facts"]["skipped"] == 0
    texts = {shown(row["id"]): row["text"] for row in table(run, "docs").to_pylist()}
    books = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    assert all(shown(one["partner"]) in texts and one["value"] >= one["limit"] == 0.8 for one in books)
    assert half_made(project) == []


def test_workers_shards_batches_and_file_order_change_nothing(another: Callable[[], Project]) -> None:
    expected, told = None, None
    for workers, shard_bytes, batch_rows in ((1, 1 << 20, 1), (2, 5000, 7), (7, 20_000, 1000)):
        run = filled(another(), ROWS).run(workers=workers, shard_bytes=shard_bytes, batch_rows=batch_rows)
        found, facts = fell(run), line(run, "docs.dedup.minhash")["facts"]
        content = result(run)["content"]["docs"]
        expected, told = expected or (found, content), told or facts
        assert ((found, content), facts) == (expected, told)


def test_rows_are_removed_by_id_and_not_by_place(another: Callable[[], Project]) -> None:
    # datatrove removes by (task, line): another order or number of files at the last stage removes others.
    best = RECIPE.replace("similarity: 0.8", "similarity: 0.8, keep: {best: score}")
    rows = [{**row, "score": number} for number, row in enumerate(ROWS)]
    one = filled(another(), rows, best).run()
    mixed = random.Random(5).sample(rows, len(rows))
    other = filled(another(), mixed, best, files=7).run(workers=2, shard_bytes=4000)
    assert fell(one) == fell(other) and len(fell(one)) > 20


def test_another_limit_is_decided_from_the_stored_pairs(project: Project) -> None:
    project.run()
    before = {what: made(project, what) for what in ("rows", "sketch", "compared")}
    assert len(before["compared"]) == 1
    for limit in (0.55, 0.95):
        run = project.run(sets=[f"docs.dedup.minhash.similarity={limit}"])
        assert {what: made(project, what) for what in before} == before, "neither texts nor sketches are done again"
        truth = greedy([row["text"] for row in ROWS], limit)
        assert line(run, "docs.dedup.minhash")["dropped"] == sum(partner >= 0 for partner, _ in truth)
    again = project.run()
    assert line(again, "docs.dedup.minhash")["from_store"]


def test_derived_bands_stay_for_limits_that_they_serve(project: Project) -> None:
    project.write_recipe(RECIPE.replace("bands: 20, rows: 4, ", ""))
    project.run()
    before = made(project, "sketch")
    project.run(sets=["docs.dedup.minhash.similarity=0.85"])
    assert made(project, "sketch") == before
    project.run(sets=["docs.dedup.minhash.similarity=0.7"])
    assert len(made(project, "sketch")) > len(before), "a lower limit needs other bands to keep its recall"


AGAINST = """
name: against
data:
  old:
    - source.files: {path: "old/*.jsonl", id: key}
    - split.random: {test: 2, salt: s}
  docs:
    - source.files: {path: "raw/*.jsonl", id: key}
    - dedup.minhash: {bands: 20, rows: 4, against: old.train, keep: longest}
"""


def test_rows_of_another_dataset_stay_and_are_the_partners(project: Project) -> None:
    project.write_recipe(AGAINST)
    old = [{"key": f"o{number}", "text": row["text"]} for number, row in enumerate(ROWS[:40]) if row["text"].strip()]
    (project.folder / "old").mkdir()
    (project.folder / "old/a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in old))
    run = project.run(workers=2, shard_bytes=4000)
    assert result(run)["content"].keys() >= {"docs"}
    told, facts = line(run, "docs.dedup.minhash"), line(run, "docs.dedup.minhash")["facts"]
    assert (told["rows_in"], told["kept"] + told["dropped"], facts["not_judged"]) == (len(ROWS), len(ROWS), 2)
    assert line(run, "old.split.random")["kept"] == len(old), "no row of the other dataset falls, though some are alike"
    train = {shown(one) for one in pq.read_table(next((run.folder / "data/old").glob("*train*")))["id"].to_pylist()}
    mine = {shown(row["id"]): row["text"] for row in table(run, "docs").to_pylist()}
    partners = set(fell(run).values())
    assert partners <= train | set(mine) and partners & train and partners & set(mine)
    assert told["dropped"] > 30 and half_made(project) == []
    before = made(project, "compared")
    again = project.run(sets=["docs.dedup.minhash.similarity=0.7"], shard_bytes=4000)
    assert line(again, "docs.dedup.minhash")["dropped"] > told["dropped"] and made(project, "compared") == before


def test_a_dataset_held_against_itself_by_another_name_loses_every_row_that_has_words(project: Project, tilth: Tilth) -> None:
    project.write_recipe(
        'name: twice\ndata:\n  one:\n    - source.files: {path: "raw/*.jsonl", id: key}\n'
        "  two:\n    - from: one\n    - dedup.minhash: {against: one}\n"
    )
    run = project.run()
    assert line(run, "two.dedup.minhash")["kept"] == 2
    own = [one for one, partner in fell(run, "two").items() if one == partner]
    assert len(own) > 50, "most are most like themselves"
    said = tilth(project.folder, "why", own[0])
    assert said.code == 0 and "near_text" in said.out


def test_a_dataset_without_the_column_that_decides_is_refused(project: Project) -> None:
    project.write_recipe(AGAINST.replace("keep: longest", "keep: {best: score}"))
    (project.folder / "old").mkdir()
    (project.folder / "old/a.jsonl").write_text("".join(json.dumps({"key": key, "text": f"text {key}"}) + "\n" for key in range(9)))
    with pytest.raises(NotThere, match="no column `score`") as error:
        project.run()
    assert "docs.dedup.minhash" in error.value.where


@pytest.mark.parametrize("keep", ["first", "longest", "{best: score}", "{prefer: {kind: [c, a]}}"])
def test_the_claim_to_be_kept_decides_the_order(project: Project, keep: str) -> None:
    project.write_recipe(RECIPE.replace("similarity: 0.8", f"similarity: 0.8, keep: {keep}"))
    claim = {
        "first": lambda row: 0,
        "longest": lambda row: -len(row["text"]),
        "{best: score}": lambda row: -row["score"],
        "{prefer: {kind: [c, a]}}": lambda row: "ca".find(row["kind"]) % 3,
    }[keep]
    ordered = sorted(ROWS, key=claim)
    truth = greedy([row["text"] for row in ordered], 0.8)
    stays = {row["key"] for row, (partner, _) in zip(ordered, truth, strict=True) if partner < 0}
    assert set(table(project.run(), "docs")["key"].to_pylist()) == stays


def test_rows_that_were_let_go_come_back_only_where_they_are_needed(project: Project) -> None:
    first = project.run(keep_rows=False)
    before = made(project, "sketch")
    assert not list((project.store.root / "objects").glob("*/*/rows.parquet"))
    changed = project.run(sets=["docs.dedup.minhash.similarity=0.9"], keep_rows=False)
    assert 0 < line(changed, "docs.dedup.minhash")["dropped"] < line(first, "docs.dedup.minhash")["dropped"]
    assert made(project, "sketch") == before and len(made(project, "compared")) == 1
    other = project.run(sets=["docs.dedup.minhash.bands=10"], keep_rows=False)
    assert line(other, "docs.dedup.minhash")["dropped"] > 0


def test_what_is_stored_verifies_and_is_swept_with_its_runs(project: Project) -> None:
    run = project.run()
    assert {one for content in every_object(project.store) for one in check_object(project.store, content)} == set()
    assert dangling(project.store) == []
    assert not survey(project.store, project.runs), "the run reaches its sketches and its pairs"
    (pairs,) = made(project, "compared")
    stored = pairs.parent / "pairs.parquet"
    whole = pq.read_table(stored)
    stored.chmod(0o644)
    pq.write_table(whole.slice(1), stored)
    wrong = check_object(project.store, pairs.parent.parent.name + pairs.parent.name)
    assert len(wrong) == 2 and "compared" in wrong[0].found
    pq.write_table(whole, stored)
    shutil.rmtree(run.folder)
    with project.store.held():
        remove(survey(project.store, project.runs))
    assert made(project, "compared") == {}


def test_every_stored_pair_has_its_true_similarity(project: Project) -> None:
    project.run()
    (pairs,) = made(project, "compared")
    rows = {shown(row["id"]): row["text"] for row in table(project.run(sets=["docs.dedup.minhash.similarity=1"]), "docs").to_pylist()}
    told = [one for one in pq.read_table(pairs.parent / "pairs.parquet").to_pylist() if {shown(one["id"]), shown(one["partner"])} <= set(rows)]
    assert len(told) > 20
    for one in told:
        assert one["similarity"] == jaccard(rows[shown(one["id"])], rows[shown(one["partner"])]) >= 0.5 and one["later"] > one["sooner"]


def test_the_story_of_a_dropped_and_of_a_kept_row(project: Project, tilth: Tilth) -> None:
    run = project.run()
    dropped, kept = next(iter(fell(run).items()))
    told = json.loads(tilth(project.folder, "why", dropped, "--json").out)
    assert kept in json.dumps(told) and "near_text" in json.dumps(told)
    said = tilth(project.folder, "why", dropped)
    assert said.code == 0 and "near_text" in said.out and "0.8" in said.out and kept in said.out
    said = tilth(project.folder, "why", kept)
    assert said.code == 0 and dropped in said.out
