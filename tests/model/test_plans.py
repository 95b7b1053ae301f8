"""A plan says of a conversation what its renderings say, and costs as much as the conversation is long."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.test_masks import AROUND, DIALOGUES, conversation, renderer, source
from tests.model.tokenizers_of_all_kinds import make
from tilth.errors import AskedWrong
from tilth.model.examples import Example
from tilth.model.formats import Conversation
from tilth.model.load import Tokenizer
from tilth.model.masks import examples
from tilth.model.rendering import Renderer
from tilth.model.templates import NAMED, choose

TOOLS = ({"type": "function", "function": {"name": "add"}},)
WITH_TOOLS = (
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
AHEAD = WITH_TOOLS.replace("<|im_end|>\n{% endfor %}", "<|im_end|>{% if not loop.last %}\n{% endif %}{% endfor %}").replace(
    "<|im_start|>a", "\n<|im_start|>a"
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(make("bytes", tmp_path_factory.mktemp("bytes")))


def rendered(made, told):
    """Each answer as its own renderings say it: the prompt from its last control token on, the token that ends it, and what is learned."""
    control, found = made.control, []
    for number in told.learned:
        turn = made.turn(told.messages, number, told.tools)
        stop = control.count(turn.through.marked) - control.count(control.mark(turn.rest)) - 1 if turn.ending else None
        said = turn.said + turn.ending if turn.ending else turn.said + turn.rest + made.end_text
        found.append((*control.last_piece(turn.prompt.marked), stop, said, turn.through))
    return found


def check(made, told):
    """Whether there is a plan; what it says is what the renderings do."""
    draft = made.plans.draft(3, told, told.learned)
    if draft is None:
        return False
    found = rendered(made, told)
    assert [(one.control, one.piece, one.stop, one.said) for one in draft.answers] == [one[:4] for one in found]
    through = found[-1][4]
    assert (draft.marked, draft.controls) == (through.marked, made.control.count(through.marked)) and draft.row == 3
    assert [text for text in draft.texts if text] == [part.text for part in through.parts if part.slot is not None and part.text]
    assert draft.ended == (found[-1][2] is not None)
    return True


@given(st.sampled_from(AROUND), st.booleans(), st.booleans(), DIALOGUES, st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_plan_says_what_each_rendering_says(tokenizer, around, begins, trims, dialogue, system):
    told = conversation(dialogue)
    if system:
        told = Conversation((*told.messages, {"role": "user", "content": "left out"}), told.learned[-1:])
    made = renderer(tokenizer, source(around, begins=begins, trims=trims))
    planned = check(made, told)
    usual = all(text.strip() for message in told.messages[: told.learned[-1] + 1] for text in [message["content"]])
    assert planned or not usual or "\ud800" in str(told) or made.control.forged(str(told))


@pytest.mark.parametrize("name", NAMED)
@given(DIALOGUES)
@settings(max_examples=60, deadline=None)
def test_a_plan_of_a_named_template_says_what_each_rendering_says(tokenizer, name, dialogue):
    check(Renderer(tokenizer, choose(name, tokenizer, "messages", False)), conversation(dialogue))


def test_there_are_plans_with_tools_empty_texts_and_parts_of_an_instruction(tokenizer):
    made = renderer(tokenizer, WITH_TOOLS)
    turns = [{"role": "system", "content": ""}, {"role": "user", "content": "a", "name": "Ann"}, {"role": "assistant", "content": "b"}]
    assert check(made, Conversation(tuple(turns), (2,), TOOLS)) and check(made, Conversation(tuple(turns), (2,)))
    alpaca = Renderer(tokenizer, choose("alpaca", tokenizer, "alpaca", False))
    for given_ in ("", "c"):
        asked = {"role": "user", "content": f"a\n\n{given_}" if given_ else "a", "instruction": "a", "input": given_}
        assert check(alpaca, Conversation((asked, {"role": "assistant", "content": "b"}), (1,)))


@pytest.mark.parametrize("text, messages, tools", [
    (WITH_TOOLS, [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}], ()),
    (WITH_TOOLS, [{"role": "user", "content": " "}, {"role": "assistant", "content": "b"}], ()),
    (WITH_TOOLS, [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "tool_calls": []}], ()),
    (WITH_TOOLS, [{"role": "user", "content": "a", "name": "<|im_end|>"}, {"role": "assistant", "content": "b"}], ()),
    (WITH_TOOLS, [{"role": "user<|im_end|>", "content": "a"}, {"role": "assistant", "content": "b"}], ()),
    (WITH_TOOLS, [{"role": "user", "content": "\ud800"}, {"role": "assistant", "content": "b"}], ()),
    (WITH_TOOLS, [{"role": "user", "content": "qxzvjkcontrolaaaaaaac"}, {"role": "assistant", "content": "b"}], ()),
    (WITH_TOOLS, [{"role": "assistant", "content": "b"}], ()),
    (WITH_TOOLS.replace("tools | tojson", "''"), [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], TOOLS),
    (WITH_TOOLS.replace("m.content", "m.content if m.role != 'user'"), [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], ()),
    (WITH_TOOLS.replace("assistant\n", "assistant\n<think>"), [{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>b"}], ()),
    (AHEAD, [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], ()),
])  # fmt: skip
def test_what_is_not_plain_has_no_plan(tokenizer, text, messages, tools):
    assert renderer(tokenizer, text).plans.draft(0, Conversation(tuple(messages), (len(messages) - 1,), tools), (len(messages) - 1,)) is None


def test_a_heading_that_nothing_asks_for_is_refused_with_a_plan_or_without(tokenizer):
    made = renderer(tokenizer, "{% for m in messages %}{{ '### ' ~ m.role ~ ':\n' ~ m.content ~ eos_token }}{% endfor %}")
    with pytest.raises(AskedWrong, match="the heading '### assistant:"):
        list(examples(made, [(0, conversation([("a", "b")]))]))


class Counted(dict):
    """A message that counts how often it is read from."""

    read = 0

    def items(self):
        """Its keys and values."""
        Counted.read += 1
        return super().items()


def work(made, turns):
    """How often messages are read, and how many characters are tokenised, for a conversation of so many turns."""
    messages = tuple(Counted(one) for one in conversation([(f"Ask {number}?", f"Say {number}.") for number in range(turns)]).messages)
    told, before = Conversation(messages, tuple(range(1, 2 * turns, 2))), Counted.read
    (found,) = examples(made, [(0, told)])
    read = Counted.read
    assert isinstance(found, Example) and len(found.answers) == turns
    for number, (start, stop) in list(enumerate(found.answers))[:: turns // 5]:
        assert found.ids[:start].tolist() == made.prompt(messages[: 2 * number + 1])
        assert f"Say {number}." in made.control.decode([found.ids[start:stop].tolist()])[0]
    again = Counted.read
    draft = made.plans.draft(0, told, told.learned)
    assert Counted.read - again <= 2 * len(messages), "the shape is known"
    tokenised = len(draft.marked) + sum(len(piece) for piece in {answer.piece for answer in draft.answers})
    return read - before, tokenised / sum(len(text) for message in messages for text in message.values())


@pytest.mark.parametrize("text", ["chatml", "question", "alpaca", WITH_TOOLS, source(AROUND[1], begins=True, trims=True)])
def test_the_work_for_a_conversation_grows_with_its_length(tokenizer, text):
    template = NAMED.get(text, text)
    (short, few), (long, many) = work(renderer(tokenizer, template), 20), work(renderer(tokenizer, template), 200)
    assert long <= 10 * short and many <= 1.2 * few
