"""A recipe as it is written: files, includes, variables, `--set`, and its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recipe.toys.house import OUTSIDE, RECIPE
from tilth.errors import NotThere, RecipeError
from tilth.recipe.nodes import from_plain, parse, plain
from tilth.recipe.read import Document, read
from tilth.recipe.resolve import resolve


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(tmp_path, text, name="recipe.yaml"):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file.relative_to(tmp_path)


def refusal(path, **more):
    with pytest.raises(RecipeError) as refused:
        read(path, **more)
    return str(refused.value)


def test_a_recipe_is_read_with_everything_in_its_place(tmp_path):
    document = read(write(tmp_path, RECIPE), ["seed=8"], {})
    assert plain(document.root)["seed"] == 8
    assert document.root.at(("data", "docs", 3, "filter.marks", "rules")).place == "recipe.yaml:12"


@pytest.mark.parametrize("head", [b"\xef\xbb\xbf", b"", b"%YAML 1.2\n---\n", b"# said first\n"])
def test_a_byte_order_mark_and_what_may_stand_first(tmp_path, head):
    assert plain(read(write(tmp_path, head + b"name: gr\xc3\xbcn\r\nseed: 1\r\n")).root) == {"name": "grün", "seed": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "recipe.yaml\n  The file is empty. Begin with `name:` and `data:`; `tilth init` writes a first recipe."),
        (b"# nothing\n\n", "recipe.yaml\n  The file is empty."),
        (
            b"- a\n- b\n",
            "recipe.yaml:1\n  A recipe is a mapping, and this is none. Its keys: name, seed, audit, data, models, scores, machine, include.",
        ),
        (b"\njust words\n", "recipe.yaml:2\n  A recipe is a mapping, and this is none."),
        (b"a: 1\nb: gr\xfcn\n", "recipe.yaml:2\n  The file is not UTF-8. Save it as UTF-8."),
        ("name: x\n".encode("utf-16"), "recipe.yaml:1\n  The file is not UTF-8."),
        (b"a:\n\tb: 1\n", "recipe.yaml:2\n  A tab stands where YAML wants spaces."),
        (b"include: 3\n", "recipe.yaml:1  include\n  This names no file. It takes a file, or a list of files."),
        (b'include: "a\\0b"\n', "recipe.yaml:1  include\n  This names no file."),
        (b"include: [zz.txt]\n", "recipe.yaml:1  include\n  There is no file `zz.txt`. Recipes there: recipe.yaml."),
        (b"include: recipes.yml\n", "recipe.yaml:1  include\n  There is no file `recipes.yml`. Did you mean `recipe.yaml`?"),
        (b"include: recipe.yaml\n", "recipe.yaml:1  include\n  `recipe.yaml` includes itself."),
    ],
)
def test_what_is_refused(tmp_path, text, told):
    assert refusal(write(tmp_path, text)).startswith(told)


def test_a_file_that_is_not_there(tmp_path):
    recipe = write(tmp_path, "name: x\n")
    with pytest.raises(NotThere) as missing:
        read(recipe.with_name("recipes.yml"))
    assert str(missing.value) == "recipes.yml\n  There is no such file. Did you mean `recipe.yaml`?"
    with pytest.raises(NotThere):
        read(tmp_path / "no" / "folder.yaml")


def test_a_folder_is_no_recipe(tmp_path):
    assert "This is a folder. A recipe is one file." in refusal(tmp_path)


def test_included_files_are_merged_by_name(tmp_path):
    write(tmp_path, "data: {b: [x]}\nmachine: {device: cpu}\ninclude: deeper.yaml\n", "parts/one.yaml")
    write(tmp_path, "models: {m: {from: x}}\n", "parts/deeper.yaml")
    write(tmp_path, "scores: {s: {y: 1}}\n", "two.yaml")
    root = read(write(tmp_path, "name: n\ninclude: [parts/one.yaml, two.yaml]\ndata: {a: [z]}\nmachine: {workers: 2}\n")).root
    assert plain(root) == {
        "name": "n",
        "data": {"a": ["z"], "b": ["x"]},
        "machine": {"workers": 2, "device": "cpu"},
        "models": {"m": {"from": "x"}},
        "scores": {"s": {"y": 1}},
    }
    assert root.at(("data", "b")).place == "parts/one.yaml:1"


def test_a_clash_names_both_places(tmp_path):
    write(tmp_path, "data:\n  b: [x]\n  a: [x]\n", "other.yaml")
    recipe = write(tmp_path, "name: n\ninclude: other.yaml\ndata:\n  a: [z]\n")
    assert refusal(recipe) == "other.yaml:3  data.a\n  It is also written in recipe.yaml:4. Give one of the two another name, or take it out."
    write(tmp_path, "name: m\n", "other.yaml")
    assert refusal(recipe).startswith("other.yaml:1  name\n  It is also written in recipe.yaml:1.")


def test_a_circle_of_includes(tmp_path):
    write(tmp_path, "include: recipe.yaml\n", "other.yaml")
    assert refusal(write(tmp_path, "include: other.yaml\n")).startswith("other.yaml:1  include\n  `recipe.yaml` includes itself.")


def test_a_mistake_in_an_included_file_is_told_there(tmp_path):
    write(tmp_path, "data:\n  more:\n    - clean.tirm\n", "other.yaml")
    with pytest.raises(RecipeError) as refused:
        resolve(read(write(tmp_path, RECIPE + "include: other.yaml\n")), OUTSIDE)
    assert "other.yaml:3  more.clean.tirm\n  There is no such step. Did you mean `clean.trim`?" in str(refused.value)


def test_variables_are_pulled_from_the_environment_and_the_file_beside_the_recipe(tmp_path):
    write(tmp_path, "A=file\nB=file\n", ".env")
    root = read(write(tmp_path, "a: ${A}\nb: ${B}\n"), (), {"A": "real"}).root
    assert plain(root) == {"a": "real", "b": "file"}
    assert plain(root, shown=True) == {"a": "${A}", "b": "${B}"}


def test_no_secret_gets_into_the_text_or_a_message(tmp_path):
    text = RECIPE.replace("rules: [gopher, c4]", 'rules: ["${MY_KEY}"]\n        pattern: "(${MY_TOKEN}"').replace("path: a", 'path: "${FOLDER}/a"')
    document = read(write(tmp_path, text), (), {"MY_KEY": "s3cr3t", "MY_TOKEN": "t0k3n", "FOLDER": "/home/me"})
    with pytest.raises(RecipeError) as refused:
        resolve(document, OUTSIDE)
    said = str(refused.value) + document.text() + repr(document)
    assert "s3cr3t" not in said and "t0k3n" not in said and "/home/me" not in said
    assert "Found `${MY_KEY}`, a text." in said and "The pattern (${MY_TOKEN} is not closed." in said
    assert "path: ${FOLDER}/a" in document.text()


def test_the_text_puts_known_keys_first_and_keeps_the_order_of_names(tmp_path):
    text = read(write(tmp_path, "scores: {z: 1, a: 2}\nx: 1\nname: n\ndata: {b: [c, d]}\n")).text()
    assert text == "name: n\ndata:\n  b:\n  - c\n  - d\nscores:\n  z: 1\n  a: 2\nx: 1\n"


def test_the_text_writes_out_aliases():
    assert Document.text(Document(None, parse("a: &x [1]\nb: *x\n", "r"))) == "a:\n- 1\nb:\n- 1\n"


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20) | st.sampled_from(
    [
        "no",
        "1e-4",
        "2024-01-01",
        "null",
        "~",
        "=",
        "<<",
        "- a",
        "a: b",
        "#",
        "0x1F",
        "a\nb",
        " a ",
        "\ta",
        "'",
        '"',
        "",
        "%",
        "&a",
        "1_000",
        "a\n\n b\n",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT


@given(st.dictionaries(TEXT, SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(TEXT, SCALARS, max_size=3), max_size=4))
def test_the_text_reads_back_as_the_same(value):
    again = plain(parse(Document(None, from_plain(value)).text(), "recipe.yaml"))
    assert again == value
