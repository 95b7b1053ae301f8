"""Columns that steps read are looked for before anything heavy starts."""

import pytest

from tests.projects import Project
from tilth.errors import AskedWrong, RecipeError
from tilth.execute.columns import check_columns, parted, reads
from tilth.recipe.plan import Lane, lanes


def lane(project: Project, steps: str) -> Lane:
    project.write_recipe(f"name: small\ndata:\n  docs:\n    - source.files: {{path: raw}}\n    - {steps}\n")
    return lanes(project.recipe())["docs"]


@pytest.mark.parametrize(
    ("step", "columns"),
    [
        ("filter.length: {words: {at_least: 3}, fields: [title, text]}", ("title", "text")),
        ("filter.where: n > 1 and kind = 'a'", ("n", "kind")),
        ("clean.whitespace: {fields: ['messages[].content', title]}", ("messages", "title")),
        ("dedup.exact: {fields: [title], keep: {best: n}}", ("title", "n")),
        ("split.random: {test: 2}", ()),
    ],
)
def test_what_a_step_reads(project: Project, step: str, columns: tuple[str, ...]) -> None:
    (placed,) = lane(project, step).data.steps
    assert reads(placed) == columns


def test_ours_are_always_there_but_a_text_must_come_from_the_rows(project: Project) -> None:
    check_columns(lane(project, "filter.where: origin.record > 1"), {"body": "string"})
    check_columns(lane(project, "clean.unicode"), {"text": "string"})
    with pytest.raises(RecipeError) as error:
        check_columns(lane(project, "clean.unicode"), {"n": "int64", "body": "string", "title": "string"})
    assert str(error.value) == (
        f"{project.folder}/recipe.yaml:5  docs.clean.unicode\n"
        "  It reads the column `text`, which is not there. Columns: body, n, title. Say in the source which column is the text, as `text: body`."
    )


def test_a_misspelt_column_is_told_with_those_there_are(project: Project) -> None:
    with pytest.raises(RecipeError, match="It reads the column `tilte`, which is not there. Columns: text, title.") as error:
        check_columns(lane(project, "clean.unicode: {fields: [text, tilte]}"), {"title": "string", "text": "string"})
    assert error.value.remedy == "Did you mean `title`?"
    with pytest.raises(RecipeError) as error:
        check_columns(lane(project, "clean.unicode: {fields: [quite_other]}"), {"title": "string", "text": "string"})
    assert error.value.remedy == ""


def test_columns_that_a_step_makes_may_be_read_after_it_and_are_not_overwritten(project: Project) -> None:
    model = "\nmodels:\n  m: {from: ./tiny}"
    steps = "clean.rewrite: {model: m, prompt: 'Sum up {{ text }}', field: summary}\n    - clean.unicode: {fields: [summary]}"
    assert check_columns(lane(project, steps + model), {"text": "string"}) == {"text": "string", "summary": "string"}
    with pytest.raises(AskedWrong, match="keeps the original in the column `original_text`, which is there already"):
        check_columns(lane(project, "clean.rewrite: {model: m, prompt: Shorter.}" + model), {"text": "string", "original_text": "string"})


def test_a_column_that_several_steps_read_is_missed_once(project: Project) -> None:
    with pytest.raises(RecipeError) as error:
        check_columns(lane(project, "clean.unicode: {fields: [a, b]}\n    - clean.whitespace: {fields: [b, c]}"), {"text": "string"})
    assert [line.split("`")[1] for line in str(error.value).splitlines() if "It reads" in line] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("columns", "sign"),
    [(["id;text"], ";"), (["id|text"], "|"), (["id\ttext"], "\t"), (["id"], ""), (["a;b", "c"], ""), ([], "")],
)
def test_one_column_that_looks_like_several_tells_what_parts_cells(columns: list[str], sign: str) -> None:
    assert parted(columns) == sign


def test_where_cells_are_parted_otherwise_the_setting_is_told(project: Project) -> None:
    with pytest.raises(RecipeError) as error:
        check_columns(lane(project, "clean.unicode"), {"id;text": "string"})
    assert error.value.remedy == 'Its cells seem to be parted by `;`: say so in the source, as `csv: {delimiter: ";"}`.'


def test_where_nothing_could_be_the_text_nothing_is_proposed(project: Project) -> None:
    with pytest.raises(RecipeError) as error:
        check_columns(lane(project, "clean.unicode"), {"n": "int64"})
    assert error.value.remedy == ""
    with pytest.raises(RecipeError, match="It reads the column `text`, which is not there. The records have no columns.$"):
        check_columns(lane(project, "clean.unicode"), {})


def test_where_a_dataset_begins_with_no_other_the_column_of_where_rows_came_from_is_told(project: Project) -> None:
    with pytest.raises(RecipeError, match=r"It reads the column `dataset`, which is not there.*begins with several, `from: \[a, b\]`"):
        check_columns(lane(project, "balance.mixture: {weights: {docs: 1}, rows: 3}"), {"text": "string"})
