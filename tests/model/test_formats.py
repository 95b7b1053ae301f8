"""What a row is to a trainer: every format, every reason for which a row is refused, and real datasets."""

import gzip
import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.model.formats import Conversation, Format, FormatSettings, Judged, Labelled, Layout, Pair, RowRefused, Text, detect, layout, read

SHARED = Path(__file__).parents[3] / "shared" / "data"
ASKED, SAID, OTHER = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "assistant", "content": "Go"}
SPEAKING = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
SYSTEM = {"role": "system", "content": "Be kind"}


def seen(row):
    return read(detect(list(row), [row]), row)


def refused(row, like):
    """Why a row is refused, in a dataset of rows like this one."""
    with pytest.raises(RowRefused) as error:
        read(detect(list(like), [like] * 3), {**like, **row})
    return str(error.value)


def test_a_text_and_a_labelled_text_are_as_they_stand():
    assert seen({"text": " a\n"}) == Text(" a\n")
    assert seen({"text": "a", "label": "good"}) == Labelled("a", "good")
    assert seen({"text": "a", "label": 3}) == Labelled("a", "3")
    assert read(layout("classification", ["text", "label"], []), {"text": "a", "label": True}) == Labelled("a", "true")


def test_a_prompt_and_a_completion_are_joined_as_they_are():
    assert seen({"prompt": "Hi ", "completion": " Hello"}) == Conversation(
        ({"role": "user", "content": "Hi "}, {"role": "assistant", "content": " Hello"}), (1,), plain=True
    )


def test_of_a_prompt_and_a_completion_of_messages_the_completion_is_learned():
    assert seen({"prompt": [ASKED, SAID, ASKED], "completion": [OTHER]}) == Conversation((ASKED, SAID, ASKED, OTHER), (3,))
    assert seen({"prompt": "Hi", "completion": [SAID]}) == Conversation((ASKED, SAID), (1,))
    assert refused({"completion": [ASKED]}, {"prompt": [ASKED], "completion": [SAID]}) == "`completion` does not begin with an answer"


def test_a_question_comes_after_its_context_and_the_system_message():
    assert seen({"question": "Hi", "answer": "Hello"}) == Conversation((ASKED, SAID), (1,))
    told = seen({"question": "Hi", "answer": "Hello", "context": "C", "system": "Be kind"})
    assert told == Conversation((SYSTEM, {"role": "user", "content": "C\n\nHi"}, SAID), (2,))
    assert seen({"question": "Hi", "answer": "Hello", "context": None, "system": " "}) == Conversation((ASKED, SAID), (1,))


def test_an_alpaca_row_keeps_instruction_and_input_apart_and_together():
    (question, answer) = seen({"instruction": "Add", "input": "1 2", "output": "3"}).messages
    assert question == {"role": "user", "content": "Add\n\n1 2", "instruction": "Add", "input": "1 2"} and answer["content"] == "3"
    for nothing in ("", None, " "):
        (question, _) = seen({"instruction": "Add", "input": nothing, "output": "3"}).messages
        assert question == {"role": "user", "content": "Add", "instruction": "Add", "input": ""}


def test_every_answer_of_a_conversation_is_learned():
    assert seen({"messages": [SYSTEM, ASKED, SAID, ASKED, OTHER]}) == Conversation((SYSTEM, ASKED, SAID, ASKED, OTHER), (2, 4))
    assert seen({"messages": json.dumps([ASKED, {**SAID, "weight": 0}, ASKED, OTHER])}) == Conversation((ASKED, SAID, ASKED, OTHER), (3,))
    assert seen({"conversations": SPEAKING, "system": "Be kind"}) == Conversation((SYSTEM, ASKED, SAID), (2,))
    twice = refused({"conversations": [{"from": "system", "value": "x"}, *SPEAKING]}, {"conversations": SPEAKING, "system": "Be kind"})
    assert "2 system messages" in twice


def test_tools_come_from_their_column_or_from_beside_the_messages():
    tool = {"type": "function", "function": {"name": "look"}}
    assert seen({"messages": [ASKED, SAID], "tools": json.dumps([tool])}).tools == (tool,)
    assert seen({"messages": {"messages": [ASKED, SAID], "tools": [tool]}}).tools == (tool,)
    assert seen({"messages": [ASKED, SAID]}).tools == ()


def test_a_preference_of_texts_is_plain_and_one_with_a_question_has_roles():
    said = {"chosen": "Hello", "rejected": "Go"}
    assert seen({"prompt": "Hi", **said}) == Pair((ASKED,), (SAID,), (OTHER,), plain=True)
    for column in ("question", "prompt"):
        assert seen({column: "Hi", "system": "Be kind", **said}) == Pair((SYSTEM, ASKED), (SAID,), (OTHER,))


def test_the_prompt_of_whole_conversations_is_what_they_share():
    assert seen({"chosen": [ASKED, SAID, ASKED, SAID], "rejected": [ASKED, SAID, ASKED, OTHER]}) == Pair((ASKED, SAID, ASKED), (SAID,), (OTHER,))
    spoken = "\n\nHuman: Hi\n\nAssistant: "
    assert seen({"chosen": spoken + "Hello", "rejected": spoken + "Go"}) == Pair((ASKED,), (SAID,), (OTHER,))
    assert seen({"prompt": "Hi", "chosen": [ASKED, SAID], "rejected": [ASKED, OTHER]}) == Pair((ASKED,), (SAID,), (OTHER,))


def test_the_prompt_may_be_a_conversation_of_its_own():
    told = seen({"conversations": SPEAKING[:1], "chosen": SPEAKING[1], "rejected": {"from": "gpt", "value": "Go"}})
    assert told == Pair((ASKED,), (SAID,), (OTHER,))
    assert seen({"prompt": [ASKED], "chosen": [SAID], "rejected": [OTHER]}) == Pair((ASKED,), (SAID,), (OTHER,))


def test_an_answer_of_no_weight_in_a_preference_is_told_and_one_without_any_other_is_refused():
    light = {**SAID, "weight": 0}
    told = seen({"prompt": [ASKED], "chosen": [light, ASKED, SAID], "rejected": [OTHER]})
    assert told == Pair((ASKED,), (SAID, ASKED, SAID), (OTHER,), unlearned=((0,), ()))
    with pytest.raises(RowRefused, match="every answer of `chosen` has the weight 0"):
        seen({"prompt": [ASKED], "chosen": [light], "rejected": [OTHER]})


def test_of_a_judged_conversation_only_the_last_answer_is_learned():
    assert seen({"messages": [ASKED, SAID, ASKED, OTHER], "label": True}) == Judged(Conversation((ASKED, SAID, ASKED, OTHER), (3,)), True)
    assert seen({"prompt": "Hi", "completion": "Go", "label": False}) == Judged(Conversation((ASKED, OTHER), (1,), plain=True), False)


QUESTION = {"question": "Hi", "answer": "Hello"}
TALK = {"messages": [ASKED, SAID]}
KTO = {**TALK, "label": True}
BETTER = {"chosen": [ASKED, SAID], "rejected": [ASKED, OTHER]}
PROMPTED = {"prompt": [ASKED], "chosen": [SAID], "rejected": [OTHER]}


@pytest.mark.parametrize(
    ("row", "like", "why"),
    [
        ({"answer": None}, QUESTION, "`answer` is null"),
        ({"answer": " \n"}, QUESTION, "`answer` is blank"),
        ({"answer": 3}, QUESTION, "`answer` is a number, and not a text"),
        ({"answer": ["a"]}, QUESTION, "`answer` is a list, and not a text"),
        ({"question": ""}, QUESTION, "`question` is blank"),
        ({"context": 3}, {**QUESTION, "context": "c"}, "`context` is a number, and not a text"),
        ({"text": None}, {"text": "a"}, "`text` is null"),
        ({"prompt": ""}, {"prompt": "a", "completion": "b"}, "`prompt` is blank"),
        ({"messages": None}, TALK, "`messages` is null"),
        ({"messages": []}, TALK, "`messages` has no messages"),
        ({"messages": [ASKED]}, TALK, "`messages` has no answer"),
        ({"messages": [ASKED, SAID, ASKED]}, TALK, "`messages` ends with a message of role `user`, and not with an answer"),
        ({"messages": [SYSTEM, SYSTEM, ASKED, SAID]}, TALK, "`messages` has 2 system messages, and a template takes one"),
        ({"messages": [ASKED, {"role": "assistant", "content": None}]}, TALK, "`messages` has a blank message of role `assistant`"),
        ({"label": None}, KTO, "`label` is null"),
        ({"label": 1}, KTO, "`label` is a number, and not true or false"),
        ({"label": "yes"}, KTO, "`label` is a text, and not true or false"),
        ({"rejected": [ASKED, SAID]}, BETTER, "`chosen` and `rejected` are the same"),
        ({"rejected": [ASKED, SAID, ASKED]}, BETTER, "one of the two is the beginning of the other"),
        ({"rejected": [{"role": "user", "content": "Ho"}, OTHER]}, BETTER, "the two share no prompt"),
        ({"chosen": [SAID], "rejected": [OTHER]}, BETTER, "there is no prompt: both answers begin without one"),
        ({"rejected": [ASKED, ASKED, OTHER]}, BETTER, "the two part before an answer"),
        ({"prompt": [ASKED, SAID]}, PROMPTED, "the prompt ends with an answer"),
        ({"chosen": "b"}, {"prompt": "a", "chosen": "c", "rejected": "b"}, "`chosen` and `rejected` are the same"),
        ({"label": None}, {"text": "a", "label": "x"}, "`label` is null"),
        ({"label": " "}, {"text": "a", "label": "x"}, "`label` is blank"),
        ({"label": 1.5}, {"text": "a", "label": "x"}, "`label` is a number, and not a class"),
    ],
)
def test_a_row_from_which_nothing_can_be_learned_is_refused_with_its_reason(row, like, why):
    assert refused(row, like) == why


@given(st.text(), st.text())
def test_no_reason_quotes_a_text_and_no_text_is_changed(question, answer):
    row = {"question": question, "answer": answer}
    told = layout("question", list(row), [])
    if question.strip() and answer.strip():
        assert [one["content"] for one in read(told, row).messages] == [question, answer]
        return
    with pytest.raises(RowRefused) as error:
        read(told, row)
    assert str(error.value) in ("`question` is blank", "`answer` is blank")


def test_json_texts_are_read_as_what_they_hold():
    row = {"conversations": SPEAKING[:1], "chosen": SPEAKING[1], "rejected": {"from": "gpt", "value": "Go"}}
    assert seen({name: json.dumps(value) for name, value in row.items()}) == seen(row)
    assert seen({"question": "[1, 2]", "answer": "[3]"}).messages[1]["content"] == "[3]"


REAL = {
    "instructions/alpaca_5000": ("alpaca", 4998, {"`output` is blank": 2}),
    "instructions/alpaca_en_demo": ("alpaca", 999, {}),
    "instructions/identity": ("alpaca", 91, {}),
    "instructions/dolly_3k": ("alpaca", 2996, {}),
    "instructions/lamini_docs": ("question", 1399, {"`answer` is blank": 1}),
    "preferences/hh_harmless_1000": ("preference", 997, {"`chosen` has a blank message of role `assistant`": 3}),
    "preferences/dpo_en_demo": ("preference", 300, {}),
    "preferences/kto_en_demo": ("judged", 300, {}),
    "products/priced_text_3837": ("text", 3837, {}),
}
"""The format of each real dataset, how many of its rows are read, and why the others are not."""


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize("name", REAL)
def test_real_datasets_are_detected_and_read(name):
    with gzip.open(SHARED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    told = detect(list(dict.fromkeys(column for row in rows for column in row)), rows)
    reasons: dict[str, int] = {}
    read_ones = []
    for row in rows:
        try:
            read_ones.append(read(told, row))
        except RowRefused as error:
            reasons[str(error)] = reasons.get(str(error), 0) + 1
    assert (told.format, len(read_ones), reasons) == REAL[name]
    for one in read_ones:
        if isinstance(one, Pair):
            assert one.prompt[-1]["role"] == "user" and one.chosen[0]["role"] == one.rejected[0]["role"] == "assistant" and one.chosen != one.rejected


def test_another_language_of_columns_is_read_when_it_is_said():
    asked = FormatSettings(type="question", question="frage", answer="antwort")
    row = {"frage": "Hi", "antwort": "Hello"}
    assert read(layout(asked, list(row), [row]), row) == Conversation((ASKED, SAID), (1,))


NAMES = (
    "text",
    "label",
    "prompt",
    "completion",
    "question",
    "answer",
    "instruction",
    "input",
    "output",
    "messages",
    "conversations",
    "chosen",
    "rejected",
)
ROLE = st.sampled_from(["user", "human", "gpt", "assistant", "system", "tool", "function_call", "nobody", None, 3])
TURN = st.dictionaries(st.sampled_from(["role", "content", "from", "value", "tool_calls", "weight", "name"]), ROLE | st.text(max_size=5), max_size=4)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | TURN, lambda one: st.lists(one, max_size=3), max_leaves=6
)


@given(
    st.sampled_from(get_args(Format)),
    st.lists(st.fixed_dictionaries({name: VALUE | VALUE.map(json.dumps) for name in NAMES}), min_size=1, max_size=3),
)
def test_any_row_is_read_or_refused_whatever_it_holds(kind, rows):
    told = layout(kind, NAMES, rows) if kind not in ("messages", "sharegpt") else Layout(kind, {"messages": "messages", "conversations": "messages"})
    for row in rows:
        try:
            found = read(told, row)
        except RowRefused as error:
            assert 0 < len(str(error)) < 120
        else:
            assert isinstance(found, Conversation | Pair | Judged | Labelled | Text)
            for said in [found] if isinstance(found, Conversation) else []:
                assert said.learned and all(said.messages[number]["role"] == "assistant" for number in said.learned)
