"""YAML 1.2 with lines: what a value is, where it stands, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import RecipeError
from tilth.recipe.nodes import MOST_NODES, from_plain, parse, plain


def value(text):
    return plain(parse(f"a: {text}", "recipe.yaml"))["a"]


def refusal(text):
    with pytest.raises(RecipeError) as refused:
        parse(text, "recipe.yaml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("1e-4", 1e-4),
        ("2e4", 20000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0b11", -3),
        ("400_000", 400000),
        ("+5", 5),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01 10:00:00", "2024-01-01 10:00:00"),
        ("1:30", "1:30"),
        ("=", "="),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("1.2.3", "1.2.3"),
        ("0e9e39f", "0e9e39f"),
        ("Grüße 你好 🌱", "Grüße 你好 🌱"),
        (r"'\b[A-Z]{6,}\b'", r"\b[A-Z]{6,}\b"),
    ],
)
def test_what_a_word_is(text, meant):
    assert value(text) == meant and type(value(text)) is type(meant)


def test_a_value_stands_where_its_key_stands():
    root = parse("# first\na:\n  b:\n    - x\n    -\n      c: >\n        long\n        text\n", "recipe.yaml")
    assert root.at(("a",)).line == 2
    assert root.at(("a", "b")).line == 3
    assert [item.line for item in root.at(("a", "b")).items()] == [4, 6]
    assert root.at(("a", "b", 1, "c")).line == 6
    assert root.at(("a", "b", 1, "nothing", "there")).line == 6, "what is not there is where its parent is"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newlines_of_every_system(newline):
    root = parse(newline.join(["a: 1", "", "b: |", "  x", "  y", "c: 3"]), "recipe.yaml")
    assert plain(root) == {"a": 1, "b": "x\ny\n", "c": 3}
    assert root.at(("c",)).line == 6


def test_lines_are_those_of_an_editor():
    root = parse("a: 'one\u2028line\x85'\nb: 2\n", "recipe.yaml")
    assert root.at(("b",)).line == 2


def test_anchors_and_aliases():
    root = parse("a: &x {b: 1}\nc: *x\nd: &x 2\ne: *x\n", "recipe.yaml")
    assert plain(root) == {"a": {"b": 1}, "c": {"b": 1}, "d": 2, "e": 2}
    assert root.at(("c",)).line == 2


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", "recipe.yaml:3", "`a` is written twice; first in line 1. Keep one of them."),
        ("a:\n\tb: 1\n", "recipe.yaml:2", "A tab stands where YAML wants spaces. Indent with spaces."),
        ("a: 1\nb: c: d\n", "recipe.yaml:2", "There is a colon where none can stand."),
        ("a: 1\nb\n", "recipe.yaml:2", "A key has no colon after it. Write `key: value`."),
        ("a: 1\nb: [1, 2\nc: 3\n", "recipe.yaml:3", "A comma or a closing bracket is missing."),
        ("a: 1\nb: [1, 2\n", "recipe.yaml:2", "A bracket is never closed. Close it with `]` or `}`."),
        ("a: 1\nb: 'x\n", "recipe.yaml:2", "A quote is never closed. Close it."),
        ("a: @x\n", "recipe.yaml:1", "A text begins with a character that means something else in YAML. Put the text in quotes."),
        ("a: *x\n", "recipe.yaml:1", "An alias names no anchor above it."),
        ("a: &x [*x]\n", "recipe.yaml:1", "An alias stands inside the value that it names."),
        ('a: "\\q"\n', "recipe.yaml:1", "Between double quotes, a backslash begins an escape that YAML does not know. Use single quotes."),
        ('a: 1\nb: "\\ud800"\n', "recipe.yaml:2", "The text holds half a character (a lone surrogate)."),
        ("a: 1\nb: \x07\n", "recipe.yaml:2", "The character U+0007 may not stand in YAML."),
        ("a: 1\n---\nb: 2\n", "recipe.yaml:2", "There is a second document after `---`. Keep one recipe a file."),
        ('{"a": 1}\n{"a": 2}\n', "recipe.yaml:2", "There is more after the one mapping that a recipe is. Name a recipe here; `tilth look` shows"),
        ("a: 1\n  b: 2\n", "recipe.yaml:2", "There is a colon where none can stand."),
        ("a:\n  - b\nc:\n - d\n e\n", "recipe.yaml:5", "A key has no colon"),
        ("- a\nb: 1\n", "recipe.yaml:2", "The indentation does not fit the lines above"),
        ("a: !include b\n", "recipe.yaml:1", "The tag `!include` is not known. Leave the tag out."),
        ("a: !!binary aGk=\n", "recipe.yaml:1", "The tag `tag:yaml.org,2002:binary` is not known."),
        ("a: !!set {b}\n", "recipe.yaml:1", "The tag `tag:yaml.org,2002:set` is not known."),
        ("a: !!int x\n", "recipe.yaml:1", "`x` cannot be read as a value of the kind int."),
        ("b: &x {c: 1}\na:\n  <<: *x\n", "recipe.yaml:3", "Merge keys (`<<`) are not known."),
        ("{{ a }}: 1\n", "recipe.yaml:1", "A key is a list or a mapping."),
        ("a: " + "9" * 5000, "recipe.yaml:1", "cannot be read as a value of the kind int"),
        ("a: " + "[" * 500, "recipe.yaml:1", "The values are nested too deeply."),
    ],
)
def test_what_is_refused(text, where, found):
    told = refusal(text)
    assert told.startswith(f"{where}\n  ") and found in told, told


def test_aliases_that_grow_without_end():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert f"more than {MOST_NODES:,} values" in refusal("\n".join(lines))


def test_yaml_1_1_is_not_guessed():
    assert "`no` cannot be read as a value of the kind bool." in refusal("%YAML 1.1\n---\na: no\n")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(PLAIN)
def test_nodes_hold_any_value(value):
    assert plain(from_plain(value)) == value


@given(st.text() | st.text("ab:-[]{}&*!|>'\"%@`#,?\n \t$", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        parse(text, "recipe.yaml")
    except RecipeError as refused:
        assert str(refused).startswith("recipe.yaml")
