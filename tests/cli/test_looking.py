"""`tilth look`: what is in a file, in a dataset, in a table."""

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import tilth as package
from tests.cli.conftest import Tilth
from tests.projects import Project
from tilth.errors import UsageError


def test_a_file_is_told_column_by_column(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "look", "raw/a.jsonl", "-n", "2")
    assert said.code == 0
    assert re.search(r"n +id +█+ +100% +60 +0 … 59", said.out)
    assert "characters  median" in said.out and "60 rows" in said.out
    assert "1  a.jsonl:1" in said.out and "2  a.jsonl:2" in said.out and "3  a.jsonl:3" not in said.out


def test_a_table_without_a_text_column_is_told_by_its_longest(tmp_path: Path, tilth: Tilth) -> None:
    (tmp_path / "a.csv").write_text("name,body\na,One that is longer than the name.\n")
    said = tilth(tmp_path, "look", "a.csv")
    assert "\n  body  8 tokens" in said.out and "(no text)" not in said.out and "\n  text " not in said.out


def test_a_table_whose_cells_are_parted_otherwise_says_so(tmp_path: Path, tilth: Tilth) -> None:
    (tmp_path / "a.csv").write_text("id;text\n1;One\n")
    told = " ".join(tilth(tmp_path, "look", "a.csv").out.split())
    assert 'a recipe says so with `csv: {delimiter: ";"}`' in told and "text" in told


def test_records_that_cannot_be_read_are_counted_and_the_first_is_named(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "look", "raw/*.jsonl")
    assert "One record cannot be read; the first is record 62 of b.jsonl" in said.out


def test_a_dataset_of_a_run_and_a_part_of_it(done: Project, tilth: Tilth) -> None:
    every = json.loads(tilth(done.folder, "look", "small:docs", "--json").out)
    test = json.loads(tilth(done.folder, "look", "runs/small/1:docs.test", "--json", "-n", "0").out)
    assert test["reach"]["rows"] == 5 and every["reach"]["rows"] > 50 and every["reach"]["how"] == ""
    assert len(every["sample"]) == 5 and len(every["sample"][0]["id"]) == 26
    assert test["sample"] == []


def test_the_rows_that_a_step_dropped_come_with_rule_value_and_limit(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "look", "small:docs", "--dropped", "dedup.exact")
    assert "dropped: rule same_text, similarity 1, in favour of" in said.out
    told = json.loads(tilth(done.folder, "look", "small:docs", "--dropped", "docs.filter.where", "--json").out)
    assert told["reach"]["rows"] > 0
    assert all(row["n"] % 10 == 3 and (row["value"], row["limit"]) == (0, 1) for row in told["sample"])


def test_the_border_is_nearest_to_the_limit_first(project: Project, tilth: Tilth) -> None:
    project.run(["docs.filter.length.characters.at_least=30"])
    told = json.loads(tilth(project.folder, "look", "small:docs", "--dropped", "filter.length", "--border", "-n", "99", "--json").out)
    values = [row["value"] for row in told["sample"]]
    assert len(values) > 3 and values == sorted(values, reverse=True) and values[0] < 30


def test_rows_are_chosen_by_a_condition_and_by_a_text(done: Project, tilth: Tilth) -> None:
    told = json.loads(tilth(done.folder, "look", "raw/a.jsonl", "--where", "n > 10 and kind = 'a'", "--search", "SAYS", "--json").out)
    assert [row["n"] for row in told["sample"]] == [12, 14, 16, 18, 20]


def test_hostile_rows_cannot_reach_the_terminal(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "look", "raw/b.jsonl", "--search", "evil")
    assert "Evil ⟨ESC⟩[31mred" in said.out
    assert "\x1b" not in said.out and "\u202e" not in said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["raw/a.json"], "Did you mean `raw/a.jsonl`?"),
        (["rwa/a.jsonl"], "Did you mean `raw/a.jsonl`?"),
        (["recipe.yml"], "Did you mean `recipe.yaml`?"),
        (["small"], "This is a run; a dataset of it can be looked at. Here: small/1:docs."),
        (["small:docz"], "Did you mean `docs`?"),
        (["small:docs.tset"], "small/1:docs.tset\n  The dataset `docs` has no part `tset`. Did you mean `test`? Its parts: train, validation, test."),
        (["none:docs"], "There is no run `none`. Runs: small/1."),
        (["small:docs", "--dropped", "filter.lenght"], "Did you mean `filter.length`?"),
        (["small:docs", "--border"], "Add `--dropped STEP`."),
        (["raw/a.jsonl", "--dropped", "filter.length"], "A file has no steps."),
        (["raw/a.jsonl", "--where", "nn > 3"], "A condition on the columns"),
    ],
)
def test_what_cannot_be_looked_at_is_said_with_the_nearest_right_word(done: Project, tilth: Tilth, words: list[str], said: str) -> None:
    told = tilth(done.folder, "look", *words)
    assert told.code == 2 and told.out == ""
    assert said in told.err and "Traceback" not in told.err


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, dict])
def test_in_python_any_table_can_be_looked_at(make: type) -> None:
    seen = package.look(make({"text": ["a <b>\x1b[31m", "a"], "n": [1, None]}), rows=1)
    assert "2 rows" in repr(seen) and "⟨ESC⟩" in repr(seen)
    html = seen._repr_html_()
    assert "a &lt;b&gt;⟨ESC⟩" in html and "<b>table</b>" in html and "<script" not in html and "\x1b" not in html
    assert seen.survey.reach.rows == 2 and [column.name for column in seen.survey.columns] == ["text", "n"]


def test_a_table_without_texts_or_rows_is_no_problem() -> None:
    assert "2 rows" in repr(package.look({"n": [1, 2]}))
    assert "0 rows" in repr(package.look({"text": pa.array([], pa.string())}))


def test_rows_are_paged(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "look", "raw/a.jsonl", "-n", "11:12").out
    assert "11  a.jsonl:11" in said and "12  a.jsonl:12" in said and "10  a.jsonl" not in said and "13  a.jsonl" not in said


@pytest.mark.parametrize("said", ["x", "0:3", "5:2", "-1", "1:2:3"])
def test_rows_that_are_none_are_refused(done: Project, tilth: Tilth, said: str) -> None:
    told = tilth(done.folder, "look", "raw/a.jsonl", f"-n={said}")
    assert told.code == 2 and "Traceback" not in told.err


def test_it_is_said_how_many_rows_match(done: Project, tilth: Tilth) -> None:
    assert "10 of the 60 rows that were read match." in tilth(done.folder, "look", "raw/a.jsonl", "--where", "n < 10").out


def test_a_sample_says_what_it_is_and_the_whole_finds_every_row(tmp_path: Path, tilth: Tilth) -> None:
    lines = [json.dumps({"text": f"A row with the number {n}, told in a few words. " * 4, "n": n}) for n in range(120_000)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    some = json.loads(tilth(tmp_path, "look", "a.jsonl", "--json", "-n", "0").out)
    assert some["reach"]["how"].startswith("61 pieces") and some["reach"]["rows"] < 120_000
    assert some["reach"]["rows_in_all"] == pytest.approx(120_000, rel=0.02) and some["columns"][0]["filled"]["low"] > 0.99
    every = json.loads(tilth(tmp_path, "look", "a.jsonl", "--json", "--whole", "-n", "119999:120000").out)
    assert every["reach"]["rows"] == 120_000 and every["columns"][0]["filled"]["low"] is None
    assert [row["n"] for row in every["sample"]] == [119_998, 119_999] and every["sample"][1]["origin"]["record"] == 120_000
    chosen = json.loads(tilth(tmp_path, "look", "a.jsonl", "--json", "--whole", "--where", "n % 60000 = 7").out)
    assert chosen["read"] == 120_000 and [row["n"] for row in chosen["sample"]] == [7, 60_007]


def test_a_frame_keeps_the_name_of_its_id() -> None:
    seen = package.look(pd.DataFrame({"id": [7, 8], "n": [1, 2]}))
    assert [column.name for column in seen.survey.columns] == ["id", "n"] and "original_id" not in repr(seen)


@pytest.mark.parametrize("frame", [3, None, pd.DataFrame({"a": [object()]})])
def test_what_is_no_table_is_refused_in_our_words(frame: object) -> None:
    with pytest.raises(UsageError, match="cannot be looked at as a table"):
        package.look(frame)


def test_rows_beyond_the_last_are_said_not_to_be_there(done: Project, tilth: Tilth) -> None:
    assert "No row 900 to show: 60 are there." in tilth(done.folder, "look", "raw/a.jsonl", "-n", "900:901").out
    told = tilth(done.folder, "look", "raw/a.jsonl", "--search", "nowhere to be found").out
    assert "0 of the 60 rows that were read match." in told and "There are no rows" not in told


def test_a_link_that_leads_nowhere_is_said_to_be_one(tmp_path: Path, tilth: Tilth) -> None:
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "gone.jsonl")
    assert "This link leads to a file that is not there." in tilth(tmp_path, "look", "a.jsonl").err
