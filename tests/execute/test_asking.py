"""Addresses of limits in a finished run, and what is said of those that are none."""

from __future__ import annotations

import pytest

from tests.projects import Project
from tilth.errors import UsageError
from tilth.execute.asking import ask
from tilth.execute.suppose import suppose
from tilth.step import Step
from tilth.store.runs import Run

RECIPE = """
name: small
data:
  docs:
    - source.files: {path: "${PLACE}/*.jsonl"}
    - filter.length: {characters: {at_least: 12}}
    - clean.whitespace
    - filter.where: n > 1
    - filter.language: all
    - filter.length: {words: {at_least: 2, at_most: 60}}
    - filter.quality: {rules: [gopher_repetition]}
"""


@pytest.fixture
def run(project: Project) -> Run:
    project.write_recipe(RECIPE)
    (project.folder / ".env").write_text("PLACE=raw\n")
    return project.run()


def test_an_address_means_a_setting_of_a_step_under_its_filters(run: Run) -> None:
    asked = ask(run, "data.docs.filter.length[2].words.at_least")
    assert (asked.now, asked.path, asked.beside()) == (2.0, ("words", "at_least"), [2.0, 60.0])
    assert [step.name() for step in asked.before] == ["filter.where", "filter.language"]


def test_a_setting_that_is_written_bare_has_the_address_of_its_step(run: Run) -> None:
    for address in ("docs.filter.language", "docs.filter.language.keep"):
        asked = ask(run, address)
        assert (asked.now, asked.address) == ("all", "docs.filter.language")
        assert asked.of(asked.written("[de]")) == ["de"]


def test_a_step_is_made_again_only_where_it_takes_the_value(run: Run) -> None:
    asked = ask(run, "docs.filter.length[2].words.at_least")
    assert isinstance(asked.changed(5), Step)
    assert asked.changed(61) is None, "no text has at least 61 and at most 60 words"
    assert ask(run, "docs.filter.length.fields").changed(["title"]) is None, "that changes what is measured"
    assert ask(run, "docs.filter.length.nonsense").changed(1) is None


@pytest.mark.parametrize(
    ("address", "value", "said"),
    [
        ("docs.filter.quality.rules", "[gopher_repetition, gopher]", "`docs.filter.quality.rules` is no limit"),
        ("docs.filter.where", "n > 2", "`docs.filter.where` is no limit: it changes what is measured"),
        ("docs.clean.whitespace.fields", "3", "is no limit of a step that keeps or drops rows"),
        ("docs.filter.lenght.characters.at_least", "3", "Did you mean `docs.filter.length.characters.at_least`?"),
        ("docs.source.files.bad_records.at_most", "1", "Limits of this run: docs.filter.length.characters.at_least, docs.filter.language.keep"),
        ("docs", "3", "Limits of this run"),
    ],
)
def test_what_is_no_limit_is_answered_with_what_can_be_asked(run: Run, address: str, value: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        suppose(run, address, value)
    assert said in str(error.value) and "whitespace," not in str(error.value)
