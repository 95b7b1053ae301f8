"""Labels that a filter met and kept, counted from the stored measures."""

from collections.abc import Mapping

import pyarrow as pa
import pytest

from tests.projects import Project
from tilth.execute.labels import by_label
from tilth.recipe.resolve import Placed
from tilth.record import TEXT, Check, Measure
from tilth.step import Filter
from tilth.steps.filter.length import Length
from tilth.store.tables import write_table


def first_words(array: pa.Array) -> Mapping[str, pa.Array]:
    return {"first": pa.array([None if text is None else text.split()[0] for text in array.to_pylist()], TEXT)}


class First(Filter):
    """Keeps a row if its first word is one of these."""

    among: tuple[str, ...] | None = None
    """The words; null: every one."""

    def checks(self) -> tuple[Check, ...]:
        return (Check("first", Measure("first", first_words, label=True), among=self.among),)


@pytest.fixture
def stage(project: Project) -> dict[str, object]:
    """Two shards whose measures are stored."""
    contents = []
    for number, (words, characters) in enumerate([(["a", "b", None], [5, 5, 5]), (["a", "a", "c"], [5, 1, 5])]):
        folder = project.store.work(f"key{number}")
        columns = {"first": pa.array(words, TEXT), "characters": pa.array(characters, pa.int64())}
        content = write_table(folder / "measures.parquet", pa.table(columns))
        contents.append(project.store.commit(f"key{number}", folder, content, {}, 0.0).content)
    return {"steps": ["docs.filter.length", "docs.filter.first"], "measures": contents}


def steps(**settings: object) -> dict[str, Placed]:
    length = Placed("docs.filter.length", 1, Length(characters={"at_least": 2}))  # type: ignore[arg-type]
    return {"docs.filter.length": length, "docs.filter.first": Placed("docs.filter.first", 2, First.model_validate(settings))}


def test_each_label_has_the_rows_that_came_to_the_step_and_those_that_it_kept(project: Project, stage: dict[str, object]) -> None:
    told = by_label(project.store, stage, steps(among=("a", "c")))
    assert told == {"docs.filter.first": {"first": {"a": (2, 2), "b": (1, 0), "c": (1, 1), "not judged": (1, 1)}}}
    assert list(told["docs.filter.first"]["first"]) == ["a", "b", "c", "not judged"], "the most frequent first"


def test_a_filter_that_only_tells_labels_keeps_them_all(project: Project, stage: dict[str, object]) -> None:
    told = by_label(project.store, stage, steps())
    assert told["docs.filter.first"]["first"]["b"] == (1, 1)


def test_a_stage_without_labels_is_not_read(project: Project) -> None:
    stage = {"steps": ["docs.filter.length"], "measures": ["not there"]}
    assert by_label(project.store, stage, steps()) == {}
