"""Messages of a conversation: both ways to write them, tools, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.model.conversations import RowRefused, check, decoded, learned_in, messages_of, spoken, spoken_in, tools_of, way, weightless

ASKED, SAID = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
CALL = {"type": "function", "function": {"name": "look", "arguments": {"at": "sky"}}}


def refused(call, *given):
    with pytest.raises(RowRefused) as error:
        call(*given)
    return str(error.value)


def test_openai_messages_stay_as_they_are():
    assert messages_of([ASKED, SAID], "m") == (ASKED, SAID)
    assert messages_of(json.dumps([ASKED, SAID]), "m") == (ASKED, SAID)
    assert messages_of({"messages": [ASKED, SAID], "tools": []}, "m") == (ASKED, SAID)
    assert messages_of(SAID, "m") == (SAID,)


def test_the_roles_of_sharegpt_are_renamed():
    said = [{"from": one, "value": one} for one in ("system", "human", "gpt", "observation", "tool", "user", "assistant")]
    assert [one["role"] for one in messages_of(said, "c")] == ["system", "user", "assistant", "tool", "tool", "user", "assistant"]
    assert [one["content"] for one in messages_of(said, "c")] == [one["value"] for one in said]


def test_a_function_call_of_sharegpt_is_a_call_of_the_assistant():
    (made,) = messages_of([{"from": "function_call", "value": '{"name": "look", "arguments": {"at": "sky"}}'}], "c")
    assert made == {"role": "assistant", "content": "", "tool_calls": [CALL]}
    assert "call of a tool" in refused(messages_of, [{"from": "function_call", "value": "look at the sky"}], "c")


def test_the_arguments_of_a_call_are_an_object_however_they_were_written():
    for arguments in ({"at": "sky"}, '{"at": "sky"}'):
        call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": arguments}}
        (made,) = messages_of([{"role": "assistant", "content": None, "tool_calls": [call]}], "m")
        assert made == {"role": "assistant", "content": "", "tool_calls": [{"id": "1", **CALL}]}
    bad = [{"role": "assistant", "tool_calls": [{"function": {"name": "look", "arguments": "up"}}]}]
    assert refused(messages_of, bad, "m") == "`m` has a call of a tool whose arguments are no object"
    assert "without a name" in refused(messages_of, [{"role": "assistant", "tool_calls": [{}]}], "m")


def test_nulls_that_arrow_fills_in_are_no_keys():
    filled = {**SAID, "tool_calls": None, "name": None, "reasoning_content": "so"}
    assert messages_of([filled], "m") == ({**SAID, "reasoning_content": "so"},)


def test_parts_of_text_are_joined_and_others_refused():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert messages_of([{"role": "user", "content": parts}], "m") == ({"role": "user", "content": "ab"},)
    picture = [{"role": "user", "content": [{"type": "image", "url": "x"}]}]
    assert refused(messages_of, picture, "m") == "`m` has a message that holds something other than text"
    assert "other than text" in refused(messages_of, [{"role": "user", "content": 3}], "m")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "`m` is null"),
        ([], "`m` has no messages"),
        ("[]", "`m` has no messages"),
        ("hello", "`m` is no list of messages"),
        (3, "`m` is no list of messages"),
        ([3], "`m` holds something that is no message"),
        ([{"role": "narrator", "content": "x"}], "`m` has the role `narrator`, which is not known"),
        ([{"from": "narrator", "value": "x"}], "`m` has the role `narrator`, which is not known"),
        ([{"content": "x"}], "`m` has a role that is no word, which is not known"),
    ],
)
def test_what_is_no_conversation_is_refused_with_its_reason(value, why):
    assert refused(messages_of, value, "m") == why


@pytest.mark.parametrize(
    ("roles", "why"),
    [
        ("system system user assistant", "`m` has 2 system messages, and a template takes one"),
        ("user system assistant", "`m` has a system message that is not its first"),
        ("user assistant user", "`m` ends with a message of role `user`, and not with an answer"),
        ("user assistant tool", "`m` ends with a message of role `tool`, and not with an answer"),
        ("system user", "`m` has no answer"),
    ],
)
def test_a_conversation_that_no_template_can_show_is_refused(roles, why):
    messages = [{"role": role, "content": "x"} for role in roles.split()]

    def both():
        check(messages, "m")
        learned_in(messages, "m")

    assert refused(both) == why


def test_blank_messages_are_refused_but_where_a_tool_is_called_or_answers():
    for role in ("user", "assistant"):
        assert refused(check, [{"role": role, "content": " \n"}], "m") == f"`m` has a blank message of role `{role}`"
    check([ASKED, {"role": "assistant", "content": "", "tool_calls": [CALL]}, {"role": "tool", "content": ""}, SAID], "m")


def test_an_answer_of_weight_0_is_not_learned():
    unlearned, learned = {**SAID, "weight": 0}, {**SAID, "weight": 1}
    assert learned_in([ASKED, SAID, ASKED, learned], "m") == (1, 3)
    assert learned_in([ASKED, unlearned, ASKED, SAID], "m") == (3,)
    assert refused(learned_in, [ASKED, unlearned], "m") == "every answer of `m` has the weight 0"
    assert "other than 0 and 1" in refused(learned_in, [ASKED, {**SAID, "weight": 0.5}], "m")
    assert weightless([ASKED, unlearned]) == (ASKED, SAID)


def test_tools_come_as_lists_and_as_json():
    tool = {"type": "function", "function": {"name": "look"}}
    for value in ([tool], json.dumps([tool]), [json.dumps(tool)], tool):
        assert tools_of(value, "tools") == (tool,)
    assert tools_of(None, "tools") == tools_of(" ", "tools") == tools_of([], "tools") == ()
    for value in ("hammer", [3], 3):
        assert refused(tools_of, value, "tools") == "`tools` is no list of functions"


def test_turns_inside_a_text_are_told_apart():
    text = "\n\nHuman: Hi\n\nthere\n\nAssistant: Hello.\n\nHuman: Bye\n\nAssistant:"
    assert spoken_in(text) and not spoken_in("Human: Hi") and not spoken_in(3)
    assert [(one["role"], one["content"]) for one in spoken(text, "c")] == [
        ("user", "Hi\n\nthere"),
        ("assistant", "Hello."),
        ("user", "Bye"),
        ("assistant", ""),
    ]
    assert refused(spoken, "Once upon a time", "c") == "`c` does not begin with `Human:`"


def test_the_way_of_writing_is_told_by_the_keys_of_all_messages():
    assert way([ASKED, SAID]) == way(json.dumps([ASKED])) == way(ASKED) == "messages"
    assert way([{"from": "human", "value": "Hi"}]) == "sharegpt"
    for value in ([], "Hi", "[1, 2]", [ASKED, 3], None, {"a": 1}, [{"from": "x"}]):
        assert way(value) == ""


@given(st.text())
def test_a_text_is_taken_for_json_only_if_it_is(text):
    found = decoded(text)
    assert found == text or json.loads(text) == found


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text()), min_size=1))
def test_no_text_of_a_message_is_changed(turns):
    messages = [{"role": role, "content": said} for role, said in turns]
    assert messages_of(json.dumps(messages, ensure_ascii=False), "m") == messages_of(messages, "m") == tuple(messages)
