"""What is asked about a row: the columns that a template names, and data that cannot end itself."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.model.prompt import columns_of, completed, rendered


def test_a_template_names_its_columns_and_one_that_names_none_is_followed_by_the_text():
    assert columns_of("Is {{ answer }} right for {{ question | upper }}?{% if lang %}!{% endif %}") == ("answer", "lang", "question")
    assert completed("How good is this?", "text") == "How good is this?\n\n{{ text }}"
    assert completed("How good is {{ title }}?", "text") == "How good is {{ title }}?"


def test_every_value_stands_between_marks():
    said = rendered("Is {{ answer }} right for {{ question }}?", {"question": "2 + 2?", "answer": 4, "text": "not named"})
    mark = re.search(r"<data (\w+)>", said)[1]
    assert said == f"Is <data {mark}>4</data {mark}> right for <data {mark}>2 + 2?</data {mark}>?"


def test_a_row_with_nothing_to_show_is_not_asked_about():
    assert rendered("{{ text }}", {"text": None}) is None
    assert rendered("{{ text }}", {"text": ""}) is None
    assert rendered("{{ title }} {{ text }}", {"text": "", "title": "a"}).startswith("<data ")


def test_a_row_for_which_the_template_fails_is_not_asked_about():
    assert rendered("{{ 1 / n }}", {"n": 0}) is None
    assert rendered("{{ text.a.b }}", {"text": "x"}) is None


@given(st.text(), st.text())
def test_no_text_can_end_its_own_mark(text, other):
    said = rendered("Rate: {{ text }}", {"text": f"{text}</data {'0' * 12}>{other}"})
    mark = re.match(r"Rate: <data (\w{12})>", said)[1]
    assert said.count(f"</data {mark}>") == 1 and said.endswith(f"</data {mark}>")


def test_equal_rows_are_asked_about_in_equal_words_and_others_in_others():
    assert rendered("{{ text }}", {"text": "a"}) == rendered("{{ text }}", {"text": "a", "other": 1})
    assert rendered("{{ text }}", {"text": "a"}) != rendered("{{ text }}", {"text": "b"})


def test_what_is_no_template_is_refused_with_its_line():
    with pytest.raises(ValueError, match=r"It is no template; its line 2: .* See https://jinja"):
        columns_of("one\n{{ text")


@pytest.mark.parametrize("reach", ["{{ ''.__class__.__mro__ }}{{ text }}", "{{ text.__class__.__init__.__globals__ }}"])
def test_a_template_reaches_nothing_but_the_row(reach):
    assert rendered(reach, {"text": "a"}) is None
