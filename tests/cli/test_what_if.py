"""The verb `what-if` stands in the command with its words."""

from tests.cli.conftest import Tilth
from tests.projects import Project


def test_its_help_says_what_it_takes(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "what-if", "--help")
    assert said.code == 0
    assert "ADDRESS=VALUE" in said.out and "--run" in said.out


def test_where_there_is_no_run_it_says_so(tmp_path: object, tilth: Tilth) -> None:
    said = tilth(tmp_path, "what-if", "docs.filter.length.words.at_least=3")
    assert said.code == 2
    assert "run" in said.err
