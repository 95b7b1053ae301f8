"""format.windows: rows of a long text, where they stand, and what became of the row in a run."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.projects import Project, line, result, table
from tilth.errors import AskedWrong
from tilth.execute.story import stories
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.counting import token_counts
from tilth.record import ID, shown
from tilth.steps.format.windows import Windows


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return tiny_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def cut(tokenizer, tmp_path_factory):
    return Windows(tokens=16, overlap=4, tokenizer="t").given(tmp_path_factory.mktemp("step"), models={"t": tokenizer})


@given(st.lists(st.none() | st.text(max_size=120), max_size=4))
def test_a_window_is_the_text_at_its_place_in_bytes(cut, written):
    rows = cut(pa.table({"text": pa.array(written, pa.large_string()), "n": list(range(len(written)))})).to_pylist()
    assert [row["n"] for row in rows] == sorted(row["n"] for row in rows) and {row["n"] for row in rows} == set(range(len(written)))
    for row in rows:
        whole = written[row["n"]]
        if whole is None:
            assert row["text"] is row["window_start"] is row["window_stop"] is None
        else:
            assert whole.encode()[row["window_start"] : row["window_stop"]] == row["text"].encode()


def test_a_short_text_is_one_row_and_a_long_one_has_the_first_as_parent(cut):
    rows = cut(pa.table({"id": pa.array([b"a" * 16, b"b" * 16], ID), "text": ["the", "the and " * 20]})).to_pylist()
    assert [row["text"] for row in rows][0] == "the"
    assert rows[0]["id"] == b"a" * 16 and rows[1]["id"] == b"b" * 16 and rows[0]["parents"] is rows[1]["parents"] is None
    assert len({row["id"] for row in rows}) == len(rows) > 3 and all(row["parents"] == [b"b" * 16] for row in rows[2:])


def test_every_window_has_at_most_so_many_tokens_by_itself(cut, tokenizer):
    rows = cut({"text": ["Unbelievable, thermodynamically inexplicable! " * 9]})
    assert max(token_counts(tokenizer, rows["text"])) <= 16


def test_an_overlap_that_does_not_move_on_is_refused():
    with pytest.raises(ValidationError, match="no window moves on"):
        Windows(tokens=16, overlap=16, tokenizer="t")
    assert Windows(tokens=1024, overlap=768, tokenizer="t").tells() == "a token is seen about 4 times"
    assert Windows(tokens=1024, overlap=128, tokenizer="t").tells() == "a token is seen about 1.14 times"
    assert Windows(tokens=1024, tokenizer="t").tells() == ""


def test_rows_need_their_tokenizer_and_a_place_for_what_is_added(cut):
    with pytest.raises(AskedWrong, match="is not at hand"):
        Windows(tokens=16, tokenizer="t")({"text": ["a"]})
    with pytest.raises(AskedWrong, match="`window_start`, which is there already"):
        cut({"text": ["a"], "window_start": [0]})


RECIPE = """
name: long
data:
  books:
    - source.files: {path: raw}
    - filter.length: {characters: {at_least: 3}}
    - format.windows: {tokens: 16, overlap: 4, tokenizer: tiny}
    - filter.length: {characters: {at_least: 8}}
models:
  tiny: {from: TOKENIZER}
"""


def test_in_a_recipe_rows_are_spread_and_each_is_told(tmp_path, tokenizer):
    project = Project(tmp_path)
    project.write_recipe(RECIPE.replace("TOKENIZER", str(tokenizer)))
    project.write("a.jsonl", [{"text": "the and " * 20, "n": 0}, {"text": "x", "n": 1}, {"text": "the and the", "n": 2}])
    run = project.run()
    rows = table(run, "books").to_pylist()
    told = line(run, "books.format.windows")
    assert told["rows_in"] == told["kept"] == 2 and told["copied"] == len(rows) - 2 and told["edited"] == 1
    assert all(("the and " * 20)[row["window_start"] : row["window_stop"]] == row["text"] for row in rows if row["n"] == 0)
    first, second = [row for row in rows if row["n"] == 0][:2]
    assert [event.what for event in stories(run, shown(first["id"]))[0].events][-3:] == ["edited", "copied", "kept"]
    (of_second,) = stories(run, shown(second["id"]))
    assert of_second.events[0].partner == shown(first["id"]) and of_second.fate == "kept"
    assert len(result(project.run())["steps"]) == 4


def test_a_run_on_other_batches_gives_the_same_rows(tmp_path, tokenizer):
    made = []
    for name, batch_rows in (("one", 1), ("many", 64)):
        project = Project(tmp_path / name)
        project.write_recipe(RECIPE.replace("TOKENIZER", str(tokenizer)))
        project.write("a.jsonl", [{"text": "the and " * (5 * n + 1), "n": n} for n in range(6)])
        made.append(table(project.run(batch_rows=batch_rows), "books").to_pylist())
    assert made[0] == made[1]
