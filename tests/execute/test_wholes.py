"""Steps that look at all rows: sketched a shard at a time, decided once, written as verdicts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.projects import Project, line, result, table
from tilth.errors import BooksDoNotBalance
from tilth.execute.pieces import Piece, ids
from tilth.execute.sketches import Gathering
from tilth.execute.wholes import decide, known_decision, sketch, sketch_key, whole_key
from tilth.recipe.resolve import Placed
from tilth.record import Batch, Outcome
from tilth.step import Whole
from tilth.steps.dedup.exact import Exact
from tilth.steps.split.random import Random


class Broken(Whole):
    """A step that decides what it is told to."""

    fault: str
    """What it does wrong."""

    def reads(self) -> tuple[str, ...]:
        return ("text",)

    def sketch(self, batch: Batch) -> pa.Table:
        found = batch.table.select(["id"])
        return found.slice(1) if self.fault == "sketch" else found

    def decide(self, sketches: pa.Table) -> Outcome:
        rows = sketches.num_rows
        part = np.zeros(rows - 1 if self.fault == "decide" else rows, np.int16)
        if self.fault == "part":
            part[0] = 5
        return Outcome(("",), part, "gone")


@pytest.fixture
def pieces(project: Project) -> list[Piece]:
    told = project.run(shard_bytes=1500).record()["data"]["docs"]["stages"][0]
    return [Piece(rows, None, count) for rows, count in zip(told["rows"], told["entered"], strict=True)]


def gathered(project: Project, placed: Placed, pieces: list[Piece]) -> Gathering:
    return Gathering(placed, tuple(sketch(project.store, placed, piece, "docs", 7) for piece in pieces), tuple(pieces))


def decided(project: Project) -> set[Path]:
    return set((project.store.root / "objects").glob("*/*/keep.parquet"))


def test_limits_decide_but_do_not_touch_the_sketches(project: Project, pieces: list[Piece]) -> None:
    small, large = (Placed("docs.split.random", 9, Random(test=test, salt="x")) for test in (2, 9))
    assert sketch_key(small, pieces[0], "docs") == sketch_key(large, pieces[0], "docs")
    made = gathered(project, small, pieces)
    assert whole_key(made) != whole_key(replace(made, placed=large))
    assert sketch_key(Placed("docs.split.random", 9, Random(test=2, salt="y")), pieces[0], "docs") != sketch_key(small, pieces[0], "docs")


def test_a_changed_limit_makes_no_new_sketch(project: Project) -> None:
    def sketched() -> set[str]:
        return {path.parent.name for path in (project.store.root / "objects").glob("*/*/sketch.parquet")}

    project.run()
    before = sketched()
    assert before
    changed = project.run(sets=["docs.split.random.test=8"])
    assert line(changed, "docs.split.random")["parts"]["test"] == 8
    assert line(changed, "docs.dedup.exact")["from_store"]
    assert sketched() == before


def test_the_decision_is_written_a_shard_at_a_time_and_found_again(project: Project, pieces: list[Piece]) -> None:
    placed = Placed("docs.dedup.exact", 9, Exact())
    made = gathered(project, placed, pieces)
    assert known_decision(project.store, made) is None
    verdicts, new = decide(project.store, made)
    assert new and [one.manifest["rows_in"] for one in verdicts] == [piece.count for piece in pieces]
    again = known_decision(project.store, made)
    assert again is not None and [one.content for one in again[0]] == [one.content for one in verdicts]
    kept = [Piece(piece.rows, one.content, one.manifest["kept"]) for piece, one in zip(pieces, verdicts, strict=True)]
    every = np.concatenate([ids(project.store, piece) for piece in kept])
    assert len(every) == len(np.unique(every.view("S16"))) == sum(piece.count for piece in kept)


@pytest.mark.parametrize(("fault", "said"), [("sketch", "is missing"), ("decide", "were decided"), ("part", "part")])
def test_a_whole_that_loses_count_is_refused_and_nothing_is_stored(project: Project, pieces: list[Piece], fault: str, said: str) -> None:
    placed = Placed("docs.dedup.broken", 9, Broken(fault=fault), "recipe.yaml:9")
    before = decided(project)
    with pytest.raises(BooksDoNotBalance, match=said) as error:
        decide(project.store, gathered(project, placed, pieces))
    assert "docs.dedup.broken" in error.value.where
    assert decided(project) == before


def test_equal_texts_in_different_shards_are_seen(project: Project) -> None:
    project.write_recipe("name: twins\ndata:\n  docs:\n    - source.files: {path: raw}\n    - dedup.exact\n")
    for path in (project.folder / "raw").iterdir():
        path.unlink()
    for number in range(5):
        project.write(f"{number}.jsonl", [{"text": "the same in every file"}, {"text": f"only in file {number}"}])
    run = project.run()
    assert line(run, "docs.dedup.exact")["reasons"] == {"same_text": 4}
    assert table(run, "docs")["origin"].to_pylist()[0] == {"file": "0.jsonl", "record": 1, "offset": 0}, "the first in the source's order stays"
    books = pq.read_table(Path(run.folder) / "decisions" / "docs.parquet")
    assert set(books["partner"].to_pylist()) == {table(run, "docs")["id"][0].as_py()}
    assert result(run)["steps"][-1]["facts"] == {"groups": 1, "largest_group": 5, "not_judged": 0}
