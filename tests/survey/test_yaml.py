"""What is written for a recipe is read back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from tilth.recipe.nodes import parse, plain
from tilth.survey.yaml import flow, quoted, said

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False, width=32) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(lambda name: name != "<<"), inner, max_size=4),
    max_leaves=8,
)


@given(VALUES)
def test_a_recipe_reads_back_what_was_written(value):
    assert plain(parse(f"key: {flow(value)}\n", "recipe.yaml")) == {"key": value}


def test_plain_words_stand_without_quotes():
    assert flow({"path": "data/a.jsonl", "keep": ["en"]}) == "{path: data/a.jsonl, keep: [en]}"
    assert flow("{{ title }}\n\n{{ body }}") == '"{{ title }}\\n\\n{{ body }}"'


def test_words_that_mean_something_else_are_quoted():
    assert [flow(word) for word in ("null", "true", "No", "y", "1e3", "- a", "a: b", "#x", "")] == [
        quoted(word) for word in ("null", "true", "No", "y", "1e3", "- a", "a: b", "#x", "")
    ]


@given(TEXTS)
def test_a_comment_stays_on_its_line(text):
    assert len(said(text).splitlines()) <= 1 and said(text).isprintable() and len(said(text)) <= 61
