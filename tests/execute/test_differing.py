"""New, gone, changed, the same: for rows that are known by ids, by their files, and by what they say."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.projects import Project, some_rows
from tilth.errors import UsageError
from tilth.execute.differing import Differing, differing
from tilth.execute.sides import of_dataset, of_files

ROWS = st.lists(st.fixed_dictionaries({"text": st.sampled_from("abcd"), "n": st.integers(0, 2)}), max_size=12)


def nothing(rows: pa.Table, read: np.ndarray, text: str | None) -> int:
    return rows.num_rows


def lines(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def compared(folder: Path, a: list[dict], b: list[dict]) -> Differing[int]:
    return differing(of_files(lines(folder / "a.jsonl", a)), of_files(lines(folder / "b.jsonl", b)), nothing)


def counts(found: Differing[int]) -> tuple[int, int, int, int]:
    return found.same, found.changed, found.new, found.gone


def test_rows_with_ids_of_their_own_are_known_by_them(tmp_path):
    a = [{"id": n, "text": f"row {n}", "n": n} for n in range(10)]
    b = [{**row, "text": row["text"] + "!"} if row["id"] == 4 else row for row in a[2:]][::-1] + [{"id": 99, "text": "row 3", "n": 3}]
    found = compared(tmp_path, a, b)
    assert found.by == "column" and counts(found) == (7, 1, 1, 2) and found.columns == {"text": 1}
    (example,) = found.examples["changed"]
    assert (example.id, example.place_a, example.place_b) == ("4", "a.jsonl:5", "b.jsonl:6")
    assert example.values == {"text": ("row 4", "row 4!")}


def test_ids_that_come_twice_are_no_ids(tmp_path):
    a, b = [{"id": 1, "text": "a"}, {"id": 1, "text": "b"}], [{"id": 1, "text": "b"}]
    found = compared(tmp_path, a, b)
    assert found.by == "content" and counts(found) == (1, 0, 0, 1)


def test_ids_of_which_none_is_shared_are_not_of_one_making(tmp_path):
    found = compared(tmp_path, [{"id": "x", "text": "a"}], [{"id": "y", "text": "a"}])
    assert found.by == "content" and counts(found) == (1, 0, 0, 0)


def test_a_row_of_the_same_text_that_differs_elsewhere_has_changed(tmp_path):
    a = [{"text": "a", "n": 1, "k": "x"}, {"text": "b", "n": 1, "k": "x"}]
    found = compared(tmp_path, a, [{"text": "b", "n": 2, "k": "x"}, {"text": "a", "n": 1, "k": "x"}, {"text": "c", "n": 1, "k": "x"}])
    assert found.by == "content" and counts(found) == (1, 1, 1, 0) and found.columns == {"n": 1}
    assert [example.values["text"] for example in found.examples["new"]] == [(None, "c")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_rows_of_each_side_are_in_exactly_one_place(tmp_path, a, b):
    same, changed, new, gone = counts(compared(tmp_path, [*a, {"text": "z", "n": 0}], [*b, {"text": "z", "n": 0}]))
    assert same + changed + gone == len(a) + 1 and same + changed + new == len(b) + 1


def test_a_folder_of_texts_is_compared_file_by_file(tmp_path):
    for folder, texts in (("old", {"a": "one", "b": "two", "c": "three"}), ("new", {"a": "one", "b": "two!", "d": "four"})):
        (tmp_path / folder).mkdir()
        for name, text in texts.items():
            (tmp_path / folder / f"{name}.md").write_text(text)
    found = differing(of_files(str(tmp_path / "old")), of_files(str(tmp_path / "new")), nothing)
    assert found.by == "file" and counts(found) == (1, 1, 1, 1)
    assert found.examples["changed"][0].place_a == "b.md:1"


def test_columns_of_one_side_and_columns_of_two_types_are_named(tmp_path):
    found = compared(tmp_path, [{"text": "a", "old": 1, "n": 1}], [{"text": "a", "new": 1, "n": 1.0}])
    assert (found.common.only_a, found.common.only_b) == (["old"], ["new"])
    assert found.common.retyped == {"n": ("int64", "double")} and counts(found) == (1, 0, 0, 0)


def test_sides_without_a_column_in_common_cannot_be_compared(tmp_path):
    with pytest.raises(UsageError, match="no column in common") as error:
        compared(tmp_path, [{"a": 1}], [{"b": 1}])
    assert "`a`" in str(error.value) and "`b`" in str(error.value)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("a.jsonl", some_rows())
    made.run()
    return made


def test_two_runs_of_a_recipe_are_compared_by_tilths_ids(project):
    first = project.runs.find("small/1")
    second = project.run(sets=["docs.filter.length.characters.at_least=30"])
    found = differing(of_dataset(first, "docs"), of_dataset(second, "docs"), nothing)
    assert found.by == "id" and found.gone > 0 and found.new == 0 and found.changed == 0
    assert found.rows == (found.same + found.gone, found.same)


def test_rows_that_went_to_another_part_are_counted(project):
    first = project.runs.find("small/1")
    second = project.run(sets=["docs.split.random.seed=8"])
    found = differing(of_dataset(first, "docs"), of_dataset(second, "docs"), nothing)
    assert found.changed == found.new == found.gone == 0
    assert found.moved["train", "test"] > 0 and all(old != new for old, new in found.moved)


def test_ids_from_places_that_have_moved_give_way_to_content(project):
    rows = [{"text": f"a row of equal length {n:04}"} for n in range(60)]
    recipe = (project.folder / "recipe.yaml").read_text().replace("    - filter.where: n % 10 <> 3\n", "")
    project.write_recipe(recipe)
    project.write("a.jsonl", rows)
    first = project.run()
    project.write("a.jsonl", [{"text": "a row of equal length new!"}, *rows])
    found = differing(of_dataset(first, "docs"), of_dataset(project.run(), "docs"), nothing)
    assert found.by == "content" and counts(found) == (60, 0, 1, 0) and "places" in found.note


def test_what_is_taken_of_the_samples_comes_back(tmp_path):
    found = compared(tmp_path, [{"text": "a"}] * 3, [{"text": "a"}] * 5)
    assert (sum(found.taken[0]), sum(found.taken[1])) == (3, 5) == found.sampled
    assert found.filled == ({"text": 3}, {"text": 5})
