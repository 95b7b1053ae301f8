"""`tilth what-if`: what another limit would do, told to a person and to a program."""

import json

from tests.cli.conftest import Tilth
from tests.projects import Project

LIMIT = "docs.filter.length.characters.at_least"


def test_a_person_reads_how_many_rows_turn_which_and_how_to_do_it(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "what-if", f"{LIMIT}=24", "--run", "small/1")
    assert said.code == 0
    assert f"{LIMIT} = 24, where it was 12  (small/1)" in said.out
    assert "rows came to docs.filter.length" in said.out
    assert "would fall, dropped by characters" in said.out
    assert "would fare as they did." in said.out and ", limit 24  row " in said.out
    assert f"To do it: tilth run RECIPE --set {LIMIT}=24" in said.out


def test_a_program_gets_one_object_with_all_ids(done: Project, tilth: Tilth) -> None:
    told = json.loads(tilth(done.folder, "what-if", f"{LIMIT}=24", "--run", "small/1", "--json").out)
    assert told["kept"] - told["would_keep"] == told["gone"]["rows"] == len(told["gone"]["ids"]) > 0
    assert told["back"]["ids"] == []


def test_without_a_value_it_is_a_curve_with_the_present_limit_marked(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "what-if", LIMIT, "--run", "small/1")
    marked = [line for line in said.out.splitlines() if "→" in line]
    assert len(marked) == 1 and " 12 " in marked[0] and "█" in marked[0]
    points = json.loads(tilth(done.folder, "what-if", LIMIT, "--run", "small/1", "--json").out)["points"]
    assert [12, next(kept for value, kept in points if value == 12)] in points


def test_texts_of_rows_are_shown_harmlessly(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "what-if", f"{LIMIT}=1000", "--run", "small/1")
    assert "\x1b" not in said.out and "\u202e" not in said.out


def test_a_limit_that_is_not_there_is_exit_2_with_those_that_are(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "what-if", "docs.filter.lenght.characters.at_least=24", "--run", "small/1")
    assert said.code == 2
    assert LIMIT in said.err
