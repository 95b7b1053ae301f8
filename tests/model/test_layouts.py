"""Which layout rows have: by names, by values, by what a recipe says; and what is refused, with the words to write."""

import json

import pytest
from pydantic import ValidationError

from tilth.errors import AskedWrong
from tilth.model.layouts import FormatSettings, Layout, columns_named, detect, layout

TALK = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
SHARED = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
SPOKEN = "\n\nHuman: Hi\n\nAssistant: Hello"


def found(row):
    told = detect(list(row), [row])
    assert told.why.startswith("by the ")
    return told


@pytest.mark.parametrize(
    ("row", "kind", "columns"),
    [
        ({"text": "a"}, "text", {"text": "text"}),
        ({"story": "a", "n": 1}, "text", {"text": "story"}),
        ({"text": "a", "label": "x"}, "classification", {"text": "text", "label": "label"}),
        ({"sentence": "a", "label": 3}, "classification", {"text": "sentence", "label": "label"}),
        ({"prompt": "a", "completion": "b"}, "completion", {"prompt": "prompt", "completion": "completion"}),
        ({"Prompt": "a", "response": "b"}, "completion", {"prompt": "Prompt", "completion": "response"}),
        ({"question": "a", "answer": "b"}, "question", {"question": "question", "answer": "answer"}),
        (
            {"system_prompt": "s", "question": "a", "response": "b"},
            "question",
            {"question": "question", "answer": "response", "system": "system_prompt"},
        ),
        ({"context": "c", "question": "a", "answer": "b"}, "question", {"question": "question", "answer": "answer", "context": "context"}),
        ({"instruction": "a", "output": "b"}, "alpaca", {"instruction": "instruction", "output": "output"}),
        (
            {"instruction": "a", "context": "", "response": "b", "category": "x"},
            "alpaca",
            {"instruction": "instruction", "output": "response", "input": "context"},
        ),
        ({"messages": TALK}, "messages", {"messages": "messages"}),
        ({"dialog": json.dumps(TALK), "text": "a"}, "messages", {"messages": "dialog"}),
        ({"messages": TALK, "tools": []}, "messages", {"messages": "messages", "tools": "tools"}),
        ({"conversations": SHARED}, "sharegpt", {"conversations": "conversations"}),
        ({"chat": SHARED, "system": "s"}, "sharegpt", {"conversations": "chat", "system": "system"}),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, "preference", {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}),
        ({"question": "a", "chosen": "b", "rejected": "c"}, "preference", {"question": "question", "chosen": "chosen", "rejected": "rejected"}),
        ({"chosen": SPOKEN, "rejected": SPOKEN}, "preference", {"chosen": "chosen", "rejected": "rejected"}),
        ({"chosen": TALK, "rejected": TALK, "messages": TALK}, "preference", {"chosen": "chosen", "rejected": "rejected"}),
        (
            {"conversations": SHARED[:1], "chosen": SHARED[1], "rejected": SHARED[1]},
            "preference",
            {"chosen": "chosen", "rejected": "rejected", "messages": "conversations"},
        ),
        ({"messages": TALK, "label": True}, "judged", {"messages": "messages", "label": "label"}),
        (
            {"prompt": "a", "completion": "b", "label": False},
            "judged",
            {"prompt": "prompt", "completion": "completion", "label": "label"},
        ),
        ({"prompt": "a", "completion": "b", "label": "x"}, "completion", {"prompt": "prompt", "completion": "completion"}),
    ],
)
def test_a_layout_is_told_by_the_columns_and_their_values(row, kind, columns):
    told = found(row)
    assert (told.format, told.columns) == (kind, columns)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (["question", "answer", "prompt", "completion"], "completion"),
        (["instruction", "input", "output", "messages"], "messages"),
        (["question", "answer", "instruction", "input", "output"], "alpaca"),
        (["text", "price", "prompt", "completion"], "completion"),
        (["question", "prompt", "chosen", "rejected", "original_chosen"], "preference"),
    ],
)
def test_what_a_format_step_wrote_comes_before_what_it_was_made_from(columns, kind):
    row = dict.fromkeys(columns, "a") | ({"messages": TALK} if "messages" in columns else {})
    assert found(row).format == kind
    assert detect(columns, []).format == kind


def test_messages_come_before_the_conversations_they_were_made_from():
    told = found({"conversations": SHARED, "messages": TALK, "original_messages": TALK})
    assert told.columns == {"messages": "messages"} and "not read: `conversations`" in told.why


def test_the_plan_says_what_is_not_read_and_how_messages_are_written():
    told = found({"chat": SHARED, "score": 1.0})
    assert told.why == "by the columns: `chat` is the conversations; `chat` holds messages (from, value); not read: `score`"
    assert told.ways == {"conversations": "sharegpt"}


def test_a_column_without_a_value_is_not_called_unread():
    assert found({"question": "a", "answer": "b", "text": None}).why == "by the columns: `question`, `answer`"
    assert detect(["question", "answer", "price"], []).why.endswith("not read: `price`")


def test_the_column_text_without_a_value_is_no_text_to_learn_from():
    rows = [{"text": None, "ticket": "a", "reply": "b", "price": 3}] * 3
    with pytest.raises(AskedWrong) as error:
        detect(["text", "ticket", "reply", "price"], rows)
    assert "columns ticket, reply, price are of no format" in error.value.found
    assert "`format: {type: question, question: ticket, answer: reply}`" in error.value.remedy
    assert detect(["text", "story", "price"], [{"text": None, "story": "a", "price": 3}]).columns == {"text": "story"}
    with pytest.raises(AskedWrong, match="no format that is known"):
        detect(["text", "label", "body", "title"], [{"text": None, "label": "good", "body": "a", "title": "b"}])
    assert detect(["text", "label"], []).format == "classification"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"prompt": "a", "completion": "b", "messages": TALK}, "`format: messages` or `format: completion`"),
        ({"prompt": "a", "completion": "b", "chosen": "c", "rejected": "d"}, "`format: preference` or `format: completion`"),
        ({"instruction": "a", "question": "b", "answer": "c"}, "`format: alpaca` or `format: question`"),
    ],
)
def test_columns_that_fit_two_formats_are_refused_with_the_words_to_write(row, words):
    with pytest.raises(AskedWrong) as error:
        detect(list(row), [row])
    assert "more than one format" in error.value.found and words in error.value.remedy


def test_columns_of_no_format_are_refused_with_those_there_are():
    with pytest.raises(AskedWrong) as error:
        detect(["title", "price", "body"], [{"title": "a", "price": 3, "body": "b"}])
    assert "title, price, body are of no format" in error.value.found and "question, answer" in error.value.accepted
    assert "format: {type: question" in error.value.remedy
    with pytest.raises(AskedWrong, match="no column holds the prompt"):
        detect(["chosen", "rejected"], [{"chosen": "a", "rejected": "b"}])


def test_two_columns_of_messages_are_refused_unless_one_is_named():
    row = {"one": TALK, "other": TALK}
    with pytest.raises(AskedWrong):
        detect(list(row), [row])
    assert layout(FormatSettings(type="messages", messages="other"), list(row), [row]).columns == {"messages": "other"}


def test_a_recipe_says_the_format_and_its_columns():
    row = {"frage": "a", "antwort": "b", "text": "c"}
    told = layout(FormatSettings(type="question", question="frage", answer="antwort"), list(row), [row])
    assert told == Layout("question", {"question": "frage", "answer": "antwort"}, told.why, {}) and told.why.startswith("as the recipe says")
    assert layout("text", list(row), [row]).columns == {"text": "text"}
    assert layout(None, list(row), [row]).format == "text"
    judged = FormatSettings(type="judged", messages="talk", label="good")
    assert layout(judged, ["talk", "good"], [{"talk": TALK, "good": True}]).columns == {"messages": "talk", "label": "good"}


def test_a_format_without_its_columns_is_refused_with_what_it_needs():
    with pytest.raises(AskedWrong) as error:
        layout("question", ["frage", "antwort"], [])
    assert "needs `question`, `answer`" in error.value.found and "format: {type: question, question: NAME, …}" in error.value.remedy
    with pytest.raises(AskedWrong, match="said to be in `nowhere`"):
        layout(FormatSettings(type="text", text="nowhere"), ["text"], [])


def test_a_part_that_a_format_has_not_is_refused_when_the_recipe_is_read():
    with pytest.raises(ValidationError, match="has no `prompt`; it has question, answer"):
        FormatSettings(type="question", prompt="a")
    with pytest.raises(ValidationError):
        FormatSettings.model_validate({"type": "qa"})


def test_a_few_broken_values_do_not_change_the_layout():
    rows = [{"messages": value} for value in (None, "oops", "[]", TALK, TALK, TALK)]
    assert detect(["messages"], rows).format == "messages"
    labels = [{"text": "a", "label": 1.5}, {"text": "b", "label": 2.0}]
    assert detect(["text", "label"], labels).format == "text"


def test_the_columns_that_a_recipe_names_are_those_of_each_dataset_once():
    asked = FormatSettings(type="question", question="frage")
    assert columns_named(asked, "a.train", "a.validation") == {"a.train": ("frage",)}
    assert columns_named(asked, "a.train", "b") == {"a.train": ("frage",), "b": ("frage",)} and columns_named(asked, None) == {}
    assert columns_named("question", "a") == columns_named(None, "a") == {"a": ()}
