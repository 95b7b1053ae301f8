"""`tilth steps` and `tilth schema`: what a recipe may ask for."""

import json
from pathlib import Path

from tests.cli.conftest import Tilth
from tilth.recipe.resolve import step_names


def test_every_step_is_listed_with_its_shape_and_a_sentence(tmp_path: Path, tilth: Tilth) -> None:
    told = json.loads(tilth(tmp_path, "steps", "--json").out)["steps"]
    assert [one["name"] for one in told] == list(step_names())
    assert all(one["shape"] and one["does"] for one in told)
    said = tilth(tmp_path, "steps").out
    assert "\nfilter\n" in said and "  filter.length " in said


def test_of_one_step_every_setting_is_told(tmp_path: Path, tilth: Tilth) -> None:
    said = tilth(tmp_path, "steps", "filter.length").out
    assert "filter.length  Filter: it keeps a row or drops it." in said
    assert "characters.at_least  a number; default null" in said
    assert "decides, so a change reads no text again" in said


def test_a_step_that_does_not_exist_is_answered_with_the_nearest(tmp_path: Path, tilth: Tilth) -> None:
    said = tilth(tmp_path, "steps", "filter.lenght")
    assert said.code == 2 and "Did you mean `filter.length`?" in said.err


def test_the_schema_is_json_with_every_step(tmp_path: Path, tilth: Tilth) -> None:
    schema = json.loads(tilth(tmp_path, "schema").out)
    assert schema == json.loads(tilth(tmp_path, "schema", "--json").out)
    assert "filter.length" in json.dumps(schema["properties"]["data"])
