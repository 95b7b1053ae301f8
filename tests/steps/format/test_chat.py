"""format.chat: every format as messages, the original kept, and rows that cannot be."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest

from tests.projects import Project, line, table
from tilth.errors import AskedWrong
from tilth.model.formats import Conversation, detect, read
from tilth.record import is_json
from tilth.steps.format.chat import Chat

SHARED = Path(__file__).parents[4] / "shared" / "data"
ASKED, SAID = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}


def chat(rows, **settings):
    """The messages of rows, and why there are none."""
    made = Chat.model_validate(settings)(pa.Table.from_pylist(rows))
    told = [None if one is None else json.loads(one) for one in made["messages"].to_pylist()]
    return told, made["refused"].to_pylist()


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Hi", "answer": "Hello"},
        {"instruction": "Hi", "input": "", "output": "Hello"},
        {"prompt": "Hi", "completion": "Hello"},
        {"prompt": [ASKED], "completion": [SAID]},
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
        {"messages": [ASKED, SAID]},
        {"messages": [ASKED, SAID], "label": True},
    ],
)
def test_every_format_becomes_the_same_messages(row):
    assert chat([row]) == ([[ASKED, SAID]], [None])


def test_an_instruction_and_its_input_are_one_message():
    ((told,), _) = chat([{"instruction": "Add", "input": "1 2", "output": "3"}])
    assert told == [{"role": "user", "content": "Add\n\n1 2"}, {"role": "assistant", "content": "3"}]


def test_an_answer_that_is_not_learned_keeps_its_weight():
    ((told,), _) = chat([{"prompt": [ASKED, SAID, ASKED], "completion": [SAID]}])
    assert told == [ASKED, {**SAID, "weight": 0}, ASKED, SAID]
    row = {"messages": told}
    assert read(detect(["messages"], [row]), row) == Conversation((ASKED, SAID, ASKED, SAID), (3,))


def test_a_row_that_is_no_conversation_is_null_and_says_why():
    told, why = chat([{"question": "Hi", "answer": None}, {"question": "Hi", "answer": "Hello"}])
    assert told == [None, [ASKED, SAID]] and why == ["`answer` is null", None]


def test_tools_are_not_lost_from_beside_the_messages():
    tool = {"type": "function", "function": {"name": "look"}}
    told, why = chat([{"messages": {"messages": [ASKED, SAID], "tools": [tool]}}])
    assert told == [None] and why == ["its tools stand beside its messages, and not in a column `tools`"]
    assert chat([{"messages": [ASKED, SAID], "tools": json.dumps([tool])}]) == ([[ASKED, SAID]], [None])


def test_the_format_and_its_columns_may_be_said():
    row = {"frage": "Hi", "antwort": "Hello", "text": "x"}
    assert chat([row], format={"type": "question", "question": "frage", "answer": "antwort"}) == ([[ASKED, SAID]], [None])
    assert Chat.model_validate({"format": {"type": "question", "question": "frage"}}).reads() == ("frage",)
    assert chat([{"question": "a", "answer": "b", "prompt": "Hi", "completion": "Hello"}], format="completion")[0] == [[ASKED, SAID]]


@pytest.mark.parametrize("columns", [["text"], ["text", "label"], ["prompt", "chosen", "rejected"]])
def test_what_is_no_conversation_is_refused_before_the_run(columns):
    with pytest.raises(AskedWrong, match="which is no conversation"):
        Chat().makes(columns)


RECIPE = """
name: talks
data:
  talks:
    - source.files: {path: raw}
    - format.chat
    - filter.where: refused is null
    - clean.replace: {match: secret, with: "***", fields: ["messages[].content"]}
"""


def test_in_a_recipe_the_messages_are_a_json_column_that_other_steps_reach_into(tmp_path):
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    said = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "a secret"}]
    project.write("a.jsonl", [{"conversations": said}, {"conversations": said[:1]}, {"conversations": []}])
    run = project.run()
    rows = table(run, "talks")
    assert json.loads(rows["messages"][0].as_py()) == [ASKED, {"role": "assistant", "content": "a ***"}]
    assert json.loads(rows["conversations"][0].as_py()) == said and is_json(rows.schema.field("messages"))
    assert line(run, "talks.filter.where")["dropped"] == 2


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize(("name", "rows", "refused"), [("instructions/dolly_3k", 2996, 0), ("instructions/lamini_docs", 1400, 1)])
def test_real_rows_become_conversations(name, rows, refused):
    with gzip.open(SHARED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        told, why = chat([json.loads(line) for line in lines])
    assert len(told) == rows and sum(one is not None for one in why) == refused == sum(one is None for one in told)


UNWRAPPED = """
name: lamini
data:
  asked:
    - source.files: {path: DATA}
    - clean.replace: {match: '^### Question:\\n((?s:.*?))\\s*### Answer:\\s*$', with: '\\1', fields: [question]}
    - filter.where: trim(question) <> '' and trim(answer) <> ''
    - dedup.exact: {fields: [question]}
    - format.chat
"""


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_questions_wrapped_in_a_template_are_unwrapped_in_a_recipe(tmp_path):
    project = Project(tmp_path)
    project.write_recipe(UNWRAPPED.replace("DATA", str(SHARED / "instructions" / "lamini_docs.jsonl.gz")))
    run = project.run()
    rows = table(run, "asked").to_pylist()
    assert line(run, "asked.clean.replace")["edited"] == 1400
    assert not any("###" in row["question"] or not row["question"].strip() for row in rows) and {row["refused"] for row in rows} == {None}
    assert (line(run, "asked.filter.where")["dropped"], line(run, "asked.dedup.exact")["dropped"]) == (6, 2)
