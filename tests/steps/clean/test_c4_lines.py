"""clean.c4_lines: which lines of a page stay."""

import pandas as pd
import pytest
from pydantic import ValidationError

from tilth.judging import judge
from tilth.step import to_batch
from tilth.steps.clean.c4_lines import C4Lines
from tilth.steps.filter.quality import Quality


def clean(text, **settings):
    return C4Lines(**settings)({"text": [text]})["text"][0]


@pytest.mark.parametrize(
    ("settings", "line", "stays"),
    [
        ({}, "This line has an end.", True),
        ({}, "This line has none", False),
        ({}, "This line goes on...", False),
        ({}, "This line goes on…", False),
        ({}, "“This line ends in speech”", True),
        ({}, "(This line stands in brackets!)", True),
        ({}, "这是一个句子。", True),
        ({}, "हम घर जाते हैं।", True),
        ({}, "هل أنت هنا؟ نعم،", False),
        ({}, "ประโยคภาษาไทยไม่มีจุด", True),
        ({}, "Too few.", False),
        ({}, "Just enough words.", True),
        ({}, f"One long {'w' * 1000}", False),
        ({}, f"One long {'w' * 999}.", True),
        ({}, f"One too long {'w' * 1000}.", False),
        ({}, "Please turn on JavaScript now.", False),
        ({}, "Read our Privacy Policy first.", False),
        ({}, "Our site uses cookies everywhere.", False),
        ({}, "We bake cookies and use them.", True),
        ({"terminal_punctuation": False}, "This line has none", True),
        ({"terminal_punctuation": False}, "About us", False),
        ({"terminal_punctuation": False, "least_words": 0}, "Menu", True),
        ({"least_words": 5}, "Only four words here.", False),
        ({"longest_word": 5}, "Not longer words.", False),
        ({"phrases": ["click here"]}, "Now Click Here to go on.", False),
        ({"phrases": []}, "Please turn on JavaScript now.", True),
    ],
)
def test_a_line_stays_or_goes(settings, line, stays):
    assert clean(f"The first line stays.\n{line}\nThe last line stays.", **settings).split("\n")[1:-1] == ([line] if stays else [])


def test_marks_of_citations_go_before_a_line_is_judged():
    text = "A fact.[1] Another fact[23][citation needed].\nHistory[edit]\nThe last one.[4]"
    assert clean(text) == "A fact. Another fact.\nThe last one."
    assert clean(text, citations=False) == "A fact.[1] Another fact[23][citation needed]."


def test_what_is_no_citation_stays():
    # datatrove takes [] away, and leaves `int[] sizes` of code as `int sizes`.
    assert clean("Write int[] sizes, [x] or [1a].") == "Write int[] sizes, [x] or [1a]."


def test_words_are_counted_when_citations_are_gone():
    # datatrove counts them before: a line of three marks has three words.
    assert clean("[1] [2] [3] fact.", terminal_punctuation=False) == ""


def test_paragraphs_stay_apart_where_lines_between_them_went():
    # datatrove takes blank lines away, and with them all paragraphs.
    assert clean("Menu\n\nThe first paragraph.\n\nShare\nTweet\n\nThe second paragraph.\nFooter\n") == "The first paragraph.\n\nThe second paragraph."


def test_a_text_that_needs_nothing_keeps_every_byte():
    text = "\n  The first line. \r\n\r\n\r\nThe second line.\n\n"
    assert clean(text) == text


def test_a_row_whose_lines_all_go_stays_with_an_empty_text_and_a_missing_one_stays_missing():
    assert C4Lines()({"text": ["Menu\nHome", None, ""]})["text"] == ["", None, ""]


def test_the_rules_for_pages_see_what_the_rules_for_lines_left():
    # As in datatrove: a curly bracket, or lorem ipsum, drops a page only if its line has stayed.
    page = "var a = {}\nlorem ipsum\n" + "A sentence of some words. " * 5
    batch = to_batch({"text": [page, page.replace("some", "{some}"), page.replace("of some", "lorem ipsum")]})

    def kept(batch):
        checks = Quality(rules=["c4"]).checks()
        return judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch)).kept.tolist()

    assert kept(batch) == [False, False, False]
    assert kept(batch.with_columns(C4Lines().columns(batch))) == [True, False, False]


def test_several_fields_and_chat_messages():
    frame = C4Lines(fields=("text", "title"))(pd.DataFrame({"text": ["Home\nA good line."], "title": ["Home"], "other": ["Home"]}))
    assert frame.to_dict("list") == {"text": ["A good line."], "title": [""], "other": ["Home"]}
    table = C4Lines(fields=("messages[].content",))({"messages": ['[{"role":"user","content":"Home\\nA good line."}]']})
    assert table["messages"] == ['[{"role":"user","content":"A good line."}]']


@pytest.mark.parametrize("settings", [{"least_words": -1}, {"longest_word": 0}, {"phrases": [""]}, {"fields": []}, {"words": 3}])
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ValidationError):
        C4Lines.model_validate(settings)
