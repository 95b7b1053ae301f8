"""Conversations."""

import json

import pyarrow as pa

from tilth.survey.chats import chats, layout, messages, spoken

MESSAGES = [[{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]] * 3
SHARED = [[{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]]
SPOKEN = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: More\n\nAssistant: "


def written(values: list) -> pa.Array:
    return pa.array([json.dumps(one) for one in values], pa.large_string())


def test_each_way_to_write_a_conversation_is_known() -> None:
    assert layout("m", written(MESSAGES), "chat") == "messages"
    assert layout("m", written(SHARED), "chat") == "sharegpt"
    assert layout("m", pa.array([SPOKEN] * 3, pa.large_string()), "text") == "human_assistant"
    assert layout("m", pa.array(["Human: nature is odd"] * 3, pa.large_string()), "text") == ""


def test_turns_and_roles_are_counted() -> None:
    told = chats("m", written(MESSAGES), "messages")
    assert (told.rows, told.turns.least, told.systems, told.tools, told.oddities) == (3, 3, 3, 0, {})
    assert dict(told.roles) == {"system": 3, "user": 3, "assistant": 3} and told.last_roles == [("assistant", 3)]
    assert told.answer_characters is not None and told.answer_characters.total == 15


def test_what_is_unusual_is_counted_by_rows() -> None:
    odd = [[], [{"role": "user", "content": "Hi"}], [{"role": "user", "content": " "}] * 2 + [{"role": "assistant", "content": "x"}]]
    odd += [[{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}], [{"role": "wizard", "content": "x"}]]
    told = chats("m", written(odd), "messages").oddities
    assert told["no turns"] == 1 and told["no answer"] == 2 and told["does not end with an answer"] == 1
    assert told["two turns of one role in a row"] == 1 and told["empty turn"] == 1 and told["unknown role"] == 1


def test_a_call_of_a_tool_says_nothing_and_is_no_empty_turn() -> None:
    called = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None, "tool_calls": [{"id": 1}]}]]
    told = chats("m", written(called), "messages")
    assert told.tools == 1 and "empty turn" not in told.oddities


def test_spoken_turns_are_parted_at_blank_lines() -> None:
    assert spoken(SPOKEN) == [("human", "Hi", False), ("assistant", "Hello", False), ("human", "More", False), ("assistant", "", False)]
    assert messages(json.dumps(SHARED[0])) == [("human", "Hi", False), ("gpt", "Hello", False)]
