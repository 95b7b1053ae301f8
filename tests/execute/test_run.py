"""Runs: the same content whatever the hands, nothing done twice, everything accounted for."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.projects import Project, line, result, some_rows, table
from tilth.errors import BooksDoNotBalance, DataRefused, TooManyBadRecords, UsageError
from tilth.execute.progress import Progress
from tilth.execute.run import Wish, rehearse
from tilth.store.objects import Store
from tilth.store.runs import Runs


def test_the_whole_path_is_told_step_by_step(project: Project) -> None:
    run = project.run()
    steps = {one["step"].removeprefix("docs."): one for one in result(run)["steps"]}
    assert list(steps) == ["source.files", "clean.whitespace", "filter.length", "clean.unicode", "filter.where", "dedup.exact", "split.random"]
    rows = 120
    for one in steps.values():
        assert one["rows_in"] == rows
        assert one["kept"] + one["dropped"] + one["quarantined"] == rows
        assert sum(one["reasons"].values()) == one["dropped"] + one["quarantined"]
        rows = one["kept"]
    assert steps["clean.whitespace"]["edited"] > 0
    assert steps["split.random"]["parts"] == {"train": rows - 10, "validation": 5, "test": 5}
    assert table(run, "docs").num_rows == rows


def test_every_row_is_in_exactly_one_of_kept_and_dropped_by_its_id(project: Project) -> None:
    run = project.run()
    kept = table(run, "docs")["id"].to_pylist()
    books = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    dropped = [one["id"] for one in books if one["action"] == "dropped"]
    assert len(kept) + len(dropped) == len({*kept, *dropped}) == 120
    assert {one["id"] for one in books if one["action"] == "edited"} <= {*kept, *dropped}


def test_a_dropped_duplicate_names_a_kept_partner(project: Project) -> None:
    run = project.run()
    kept = set(table(run, "docs")["id"].to_pylist())
    books = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    partners = [one["partner"] for one in books if one["step"] == "docs.dedup.exact"]
    assert partners
    assert set(partners) <= kept


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize(("shard_bytes", "batch_rows"), [(1 << 26, 4096), (700, 3), (64, 1)])
def test_content_does_not_depend_on_hands(project: Project, another: Callable[[], Project], workers: int, shard_bytes: int, batch_rows: int) -> None:
    other = another()
    other.write("a.jsonl", some_rows()[:50])
    other.write("b.jsonl", some_rows()[50:])
    one = project.run()
    two = other.run(workers=workers, shard_bytes=shard_bytes, batch_rows=batch_rows)
    assert result(one)["content"] == result(two)["content"]
    assert table(one, "docs").equals(table(two, "docs"))


def test_content_does_not_depend_on_the_hash_seed(project: Project) -> None:
    contents = set()
    for seed in ("0", "1", "12345"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "TILTH_STORE": str(project.folder / f"store-{seed}"),
            "TILTH_RUNS": str(project.folder / f"runs-{seed}"),
        }
        told = subprocess.run(
            [sys.executable, "-m", "tilth.cli.main", "run", "recipe.yaml", "--json"],
            cwd=project.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        contents.add(json.dumps(json.loads(told.stdout)["content"], sort_keys=True))
    assert len(contents) == 1


ROW = st.fixed_dictionaries({"text": st.none() | st.text(max_size=30), "n": st.none() | st.integers(-100, 100)}) | st.sampled_from(
    ["{", "[]", "", '"x"']
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=40), shard_bytes=st.sampled_from([1, 40, 10_000]))
def test_books_balance_for_any_input(another: Callable[[], Project], rows: list[dict[str, object] | str], shard_bytes: int) -> None:
    project = another()
    project.write_recipe(
        "name: any\ndata:\n  docs:\n    - source.files: {path: raw, columns: {text: string, n: integer}, bad_records: {at_most: 1}}\n"
        "    - clean.unicode\n    - filter.length: {characters: {at_least: 3}}\n    - dedup.exact\n"
    )
    project.write("a.jsonl", rows)
    run = project.run(shard_bytes=shard_bytes, batch_rows=2)
    books = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    ids = table(run, "docs")["id"].to_pylist() + [one["id"] for one in books if one["action"] == "dropped"]
    ids += pq.read_table(run.folder / "quarantine" / "docs.parquet")["id"].to_pylist()
    assert len(ids) == len(set(ids)) == sum(row != "" for row in rows)


def test_a_second_run_with_nothing_changed_does_no_step(project: Project) -> None:
    first = project.run()
    second = project.run(workers=2)
    assert second.folder == first.folder
    before = {path: path.stat().st_mtime_ns for path in project.store.root.rglob("*") if path.is_file() and path.name != "lock"}
    third = project.run(sets=["name=renamed"])
    assert all(one["from_store"] for one in result(third)["steps"])
    assert before == {path: path.stat().st_mtime_ns for path in project.store.root.rglob("*") if path.is_file() and path.name != "lock"}


@pytest.mark.parametrize("limit", [5, 20])
def test_a_changed_limit_gives_what_a_fresh_run_gives_without_the_raw_files(project: Project, another: Callable[[], Project], limit: int) -> None:
    project.run()
    for path in (project.folder / "raw").iterdir():
        stamp = path.stat()
        path.write_bytes(b"\0" * stamp.st_size)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    changed = project.run(sets=[f"docs.filter.length.characters.at_least={limit}"])
    fresh = another()
    fresh.write("a.jsonl", some_rows()[:50])
    fresh.write("b.jsonl", some_rows()[50:])
    assert result(changed)["content"] == result(fresh.run(sets=[f"docs.filter.length.characters.at_least={limit}"]))["content"]
    assert line(changed, "docs.source.files")["from_store"]


def test_one_file_more_is_all_that_is_read(another: Callable[[], Project]) -> None:
    project = another()
    for number in range(100):
        project.write(f"{number:03}.jsonl", [{"text": f"a text of file number {number}", "n": number}])
    project.run()
    read = len(list((project.store.root / "keys").glob("*/*")))
    project.write("0505.jsonl", [{"text": "a text of the file that came later", "n": 7}])
    run = project.run()
    assert line(run, "docs.source.files")["rows_in"] == 101
    told = [json.loads(path.read_text()) for path in (project.store.root / "objects").glob("*/*/manifest.json")]
    assert sum(one["what"] == "survey" for one in told) <= 2, "surveys of the same types are one object"
    assert len([one for one in told if one["what"] == "rows"]) == 101, "one rows object a file: the second segment changed nothing"
    assert len(list((project.store.root / "keys").glob("*/*"))) > read


def test_a_row_at_the_top_moves_no_row_to_another_part(project: Project) -> None:
    def parts(run: Path) -> dict[str, str]:
        files = itertools.chain.from_iterable((pq.read_table(path)["text"].to_pylist(), path.name.partition("-")[0]) for path in [])
        assert not list(files)
        return {
            text: path.name.partition("-")[0]
            for path in (run / "data" / "docs").glob("*.parquet")
            for text in pq.read_table(path)["text"].to_pylist()
        }

    before = parts(project.run().folder)
    project.write("a.jsonl", [{"text": "a line that came in at the very top", "n": 1}, *some_rows()[:50]])
    after = parts(project.run().folder)
    moved = [text for text, part in before.items() if after[text] != part]
    assert len(moved) <= 2, "at most one row is pushed out of each counted part"


def test_more_bad_records_than_allowed_are_refused_with_the_line_to_write(project: Project) -> None:
    project.write("c.jsonl", ["{broken"] * 5)
    with pytest.raises(TooManyBadRecords, match=r"bad_records: \{at_most: 0\.05\}") as error:
        project.run()
    assert error.value.exit_code == 3
    run = project.run(sets=["docs.source.files.bad_records.at_most=0.05"])
    assert line(run, "docs.source.files")["quarantined"] == 5
    assert line(run, "docs.source.files")["from_store"], "what was read before is not read again"


def test_until_and_sample_do_less(project: Project) -> None:
    run = project.run(wish=Wish(sample=30))
    assert line(run, "docs.source.files")["rows_in"] == 30
    whole = project.run()
    assert line(whole, "docs.source.files")["rows_in"] == 120
    with pytest.raises(UsageError, match="Its names: docs"):
        project.run(wish=Wish(until="dogs"))


def test_from_makes_anew_and_finds_the_same(project: Project) -> None:
    first = project.run()
    made = {path: path.stat().st_mtime_ns for path in (project.store.root / "keys").glob("*/*")}
    project.run(wish=Wish(again_from="docs"), sets=["name=again"])
    again = [path for path, stamp in made.items() if path.stat().st_mtime_ns != stamp]
    assert len(again) > 10
    assert project.store.findings() == []
    assert result(project.run())["content"] == result(first)["content"]


def test_a_name_to_begin_or_end_with_is_looked_for(project: Project) -> None:
    for wish, flag in ((Wish(until="dosc"), "--until"), (Wish(again_from="docs.train"), "--from")):
        with pytest.raises(UsageError) as error:
            project.run(wish=wish)
        assert (error.value.where, error.value.accepted) == (flag, "Did you mean `docs`? Its names: docs.")


@pytest.mark.parametrize(
    "step",
    [
        *("dedup.exact", "dedup.minhash", "dedup.lines", "redact.pii", "clean.html", "filter.language: all"),
        *("filter.quality: {rules: [gopher, gopher_repetition, c4, fineweb]}", "filter.outlier: {of: n}", "filter.sample: {rows: 5}"),
        *("balance.cap: {bucket: kind, at_most: 3}", "balance.classes: {by: kind, how: undersample}"),
    ],
)
def test_a_step_that_no_row_reaches_has_nothing_to_do(project: Project, step: str) -> None:
    # Data-Juicer fails where 0 samples are left (#531).
    project.write_recipe(f"name: none\ndata:\n  docs:\n    - source.files: {{path: raw}}\n    - filter.where: n < 0\n    - {step}\n")
    run = project.run()
    assert [(one["rows_in"], one["kept"]) for one in result(run)["steps"]] == [(120, 120), (120, 0), (0, 0)]
    assert table(run, "docs").num_rows == 0


def test_a_run_with_other_shards_takes_nothing_away_from_what_was_made(project: Project) -> None:
    # Data-Juicer deleted its checkpoints where it was called again with another number of partitions (PR #1036).
    first = project.run(shard_bytes=1 << 26)
    made = {path: path.stat().st_mtime_ns for path in (project.store.root / "objects").glob("*/*/*")}
    other = project.run(shard_bytes=700, batch_rows=3)
    assert result(other)["content"] == result(first)["content"]
    assert {path: path.stat().st_mtime_ns for path in made} == made
    again = project.run(sets=["name=again"], shard_bytes=1 << 26)
    assert all(one["from_store"] for one in result(again)["steps"])


def test_rows_of_the_same_id_are_refused(project: Project) -> None:
    project.write_recipe("name: twins\ndata:\n  docs:\n    - source.files: {path: raw, id: kind}\n")
    with pytest.raises(BooksDoNotBalance, match="Two rows have the same id"):
        project.run()


def test_the_same_rows_taken_in_twice_are_refused(project: Project) -> None:
    project.write_recipe(
        "name: join\ndata:\n  raw:\n    - source.files: {path: raw}\n  one:\n    - from: raw\n"
        "  two:\n    - from: raw\n  both:\n    - from: [one, two]\n"
    )
    with pytest.raises(DataRefused, match="share rows"):
        project.run()


def test_a_dataset_goes_on_from_a_part_of_another(project: Project) -> None:
    text = (project.folder / "recipe.yaml").read_text() + "  long:\n    - from: docs.train\n    - filter.length: {characters: {at_least: 30}}\n"
    project.write_recipe(text)
    run = project.run()
    assert line(run, "long.filter.length")["rows_in"] == line(run, "docs.split.random")["parts"]["train"]
    texts = table(run, "long")["text"].to_pylist()
    assert texts
    assert min(map(len, texts)) >= 30
    assert (run.folder / "data" / "docs").exists(), "parts that nothing goes on with are handed out"
    project.write_recipe(text + "  rest:\n    - from: [docs.validation, docs.test]\n")
    assert not (project.run().folder / "data" / "docs").exists(), "what only leads on is not written"


def test_rows_between_steps_can_be_let_go_and_come_back_when_they_are_needed(project: Project) -> None:
    first = project.run(keep_rows=False)
    assert not list((project.store.root / "objects").glob("*/*/rows.parquet"))
    assert project.run(keep_rows=False).folder == first.folder, "nothing is to be done, so nothing is read"
    changed = project.run(sets=["docs.filter.length.characters.at_least=20"], keep_rows=False)
    assert line(changed, "docs.filter.length")["dropped"] > line(first, "docs.filter.length")["dropped"]


def test_a_project_that_moves_is_not_done_again(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    project.write_recipe("name: here\ndata:\n  docs:\n    - source.files: {path: raw}\n    - filter.length: {characters: {at_least: 12}}\n")
    project.run()
    moved = tmp_path_factory.mktemp("moved") / "elsewhere"
    project.folder.rename(moved)
    again = Project.__new__(Project)
    again.folder, again.store, again.runs = moved, Store(moved / ".tilth"), Runs(moved / "runs")
    (moved / "recipe.yaml").write_text(
        f"name: there\ndata:\n  docs:\n    - source.files: {{path: {moved}/raw}}\n    - filter.length: {{characters: {{at_least: 12}}}}\n"
    )
    assert all(one["from_store"] for one in result(again.run())["steps"])


TRAININGS = """
name: trained
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - split.random: {validation: 20}
models:
  words:
    train.tokenizer: {data: docs.train, vocab_size: 300}
  base:
    train.pretrain: {data: docs.train, tokenizer: words, architecture: {layers: 1, width: 32, heads: 2, context: 32}, steps: 4, batch: 2}
  tuned:
    train.sft: {data: docs.train, validation: docs.validation, model: base, format: text, epochs: 2, length: 30, truncation: window}
scores:
  held:
    evaluate.perplexity: {data: docs.validation, models: [base]}
"""


def test_a_rehearsal_tries_trainings_by_a_few_steps_each_on_the_one_before(project: Project, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    project.write_recipe(TRAININGS)
    told = rehearse(project.recipe(workers=1), Store(tmp_path / "apart"), {"docs": 10_000}, Progress(quiet=True))
    assert [one["name"] for one in told["models"]] == ["base", "tuned"] and told["left_out"] == ["held"]
    base, tuned = (one["facts"] for one in told["models"])
    assert base["steps"] == 4 and tuned["parameters"] == base["parameters"] and tuned["layout"]["format"] == "text"
    assert tuned["steps"] == pytest.approx(2 * 10_000 * 100 / 120 / 16, rel=0.9)
    assert [line["step"] for line in told["steps"]] == ["docs.source.files", "docs.split.random"]
    assert json.loads(json.dumps(told["models"])) == told["models"] and not project.runs.latest("trained")
