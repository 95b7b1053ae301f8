"""`${NAME}`: paths and secrets from the environment and from `.env`."""

import pytest

from tilth.errors import RecipeError
from tilth.recipe.environment import Variables, looks_secret, read_env
from tilth.recipe.nodes import parse, plain


def pulled(text, variables):
    return plain(variables.pull(parse(text, "recipe.yaml")))


def test_a_name_becomes_its_value_and_always_a_text(tmp_path):
    variables = Variables(tmp_path, {"HOME_OF_DATA": "/data", "N": "5"})
    assert pulled("a: ${HOME_OF_DATA}/x\nb: ['${N}']\nc: {d: '${N}${N}'}\n", variables) == {"a": "/data/x", "b": ["5"], "c": {"d": "55"}}


def test_a_default_stands_for_what_is_not_set_or_empty(tmp_path):
    variables = Variables(tmp_path, {"EMPTY": ""})
    assert pulled("a: ${NONE:-x/y}\nb: ${EMPTY:-z}\nc: '[${NONE:-}]'\n", variables) == {"a": "x/y", "b": "z", "c": "[]"}


def test_the_plain_text_of_a_placeholder_and_what_is_none(tmp_path):
    variables = Variables(tmp_path, {})
    assert pulled("a: $${NAME}\nb: $5 ${{ x }} ${1} \\$ $NAME\n", variables) == {"a": "${NAME}", "b": "$5 ${{ x }} ${1} \\$ $NAME"}


def test_a_missing_variable_is_named_with_its_line_and_the_near_one(tmp_path):
    with pytest.raises(RecipeError) as refused:
        pulled("a: 1\nb: ${DATA_FODLER}\n", Variables(tmp_path, {"DATA_FOLDER": "x"}))
    assert str(refused.value) == (
        "recipe.yaml:2\n  The variable `DATA_FODLER` is not set. Did you mean `DATA_FOLDER`? Set it in the environment or in `.env` beside the"
        " recipe, or give a default: `${DATA_FODLER:-…}`. For the text itself write `$${DATA_FODLER}`."
    )


def test_an_empty_variable_without_default(tmp_path):
    with pytest.raises(RecipeError, match="`X` is empty"):
        pulled("a: ${X}", Variables(tmp_path, {"X": ""}))


def test_the_real_environment_stands_above_the_file(tmp_path):
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    assert pulled("a: ${A}\nb: ${B}\n", Variables(tmp_path, {"A": "real"})) == {"a": "real", "b": "file"}


def test_an_env_file(tmp_path):
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbf# first\r\n\r\nA=1\r\nexport B = two words  # said so\nC='x # y' # z\nD=\"q\"\nE=\nF=a#b\nG='open\n")
    assert read_env(file) == {"A": "1", "B": "two words", "C": "x # y", "D": "q", "E": "", "F": "a#b", "G": "'open"}
    assert read_env(tmp_path / "none") == {}


def test_a_line_that_sets_nothing_is_named_and_never_shown(tmp_path):
    (tmp_path / ".env").write_text("A=1\nhunter2\n")
    with pytest.raises(RecipeError) as refused:
        read_env(tmp_path / ".env")
    assert f"{tmp_path / '.env'}:2\n  This line sets no variable." in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_an_env_file_that_is_no_text(tmp_path):
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="cannot be read as UTF-8"):
        read_env(tmp_path / ".env")


def test_a_broken_env_file_harms_no_recipe_that_pulls_nothing(tmp_path):
    (tmp_path / ".env").write_text("nonsense\n")
    assert pulled("a: 1", Variables(tmp_path, {})) == {"a": 1}


def test_what_looks_secret():
    assert all(map(looks_secret, ["OPENAI_API_KEY", "HF_TOKEN", "SECRET", "DB_PASSWORD", "apikey", "AWS_CREDENTIALS"]))
    assert not any(map(looks_secret, ["HOME", "DATA_FOLDER", "TOKENIZER", "RUN"]))


def test_secrets_that_were_used_are_remembered_with_their_placeholder(tmp_path):
    variables = Variables(tmp_path, {"API_KEY": "s3cr3t", "OTHER_KEY": "unused", "FOLDER": "x"})
    pulled("a: ${API_KEY}\nb: ${FOLDER}\nc: ${NO_KEY:-public}\n", variables)
    assert variables.secrets == {"s3cr3t": "${API_KEY}"}
