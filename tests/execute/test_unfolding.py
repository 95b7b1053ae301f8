"""A step that makes several rows of one, in a run: stored, resumed, told, verified."""

import pytest

from tests.projects import Project, line, table
from tilth.execute.audit import audit
from tilth.fakes.tokenizer import tiny_tokenizer

RECIPE = """
name: long
data:
  books:
    - source.files: {path: raw}
    - format.windows: {tokens: 16, overlap: OVERLAP, tokenizer: tiny}
    - dedup.exact
    - split.random: {test: 2}
models:
  tiny: {from: TOKENIZER}
"""


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    made.write_recipe(RECIPE.replace("TOKENIZER", str(tiny_tokenizer(tmp_path / "tokenizer"))).replace("OVERLAP", "4"))
    made.write("a.jsonl", [{"text": f"{n} and the " * (4 * n + 1), "n": n} for n in range(5)])
    made.write("b.jsonl", [{"text": "the and on " * 9, "n": 9}])
    return made


def test_later_steps_see_the_rows_that_were_made(project):
    run = project.run()
    told = line(run, "books.format.windows")
    assert told["rows_in"] == told["kept"] == 6 and not told["dropped"]
    assert line(run, "books.dedup.exact")["rows_in"] == 6 + told["copied"]
    rows = table(run, "books").to_pylist()
    assert sum(row["parents"] is not None for row in rows) == told["copied"] - sum(line(run, "books.dedup.exact")["reasons"].values())


def test_nothing_is_done_again_and_another_overlap_is(project):
    first = project.run()
    again = line(project.run(["data.books.split.random.test=1"]), "books.format.windows")
    assert again["from_store"] and again["copied"] == line(first, "books.format.windows")["copied"]
    more = line(project.run(["data.books.format.windows.overlap=8"]), "books.format.windows")
    assert not more["from_store"] and more["copied"] > line(first, "books.format.windows")["copied"]


def test_a_run_with_spread_rows_verifies(project):
    run = project.run()
    assert audit(project.store, run, run.record()) == []
