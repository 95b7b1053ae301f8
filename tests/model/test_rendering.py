"""One way from messages to tokens: as Transformers renders and tokenises them, control tokens of users' texts apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.model.tokenizers_of_all_kinds import make
from tilth.errors import AskedWrong, DataRefused
from tilth.model.load import Tokenizer
from tilth.model.rendering import NotRendered, Renderer
from tilth.model.templates import Template, choose

CALLS = [{"type": "function", "function": {"name": "add", "arguments": {"a": "one", "b": 2}}}]
TOOLS = ({"type": "function", "function": {"name": "add", "description": "Adds."}},)
WITH_CALLS = (
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% for c in m.tool_calls or [] %}[INST]{{ c.function | tojson }}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ASKED = [{"role": "user", "content": "Hi"}]


def said(text):
    return {"role": "assistant", "content": text}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(make("bytes", tmp_path_factory.mktemp("bytes")))


def renderer(tokenizer, source):
    return Renderer(tokenizer, Template("own words", source, dict(tokenizer.full.special_tokens_map)))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.sampled_from(["chatml", "question", "alpaca", "plain"]))
def test_a_prompt_is_the_text_of_its_template(tokenizer, texts, name):
    made = Renderer(tokenizer, choose(name, tokenizer, "messages", False))
    messages = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(texts)]
    decoded = tokenizer.fast.decode(made.prompt(messages), skip_special_tokens=False)
    assert decoded == made.template.render(messages, generation_prompt=True)


def test_plain_prompts_are_those_of_the_tokenizer(tokenizer):
    made = Renderer(tokenizer, choose("plain", tokenizer, "completion", True))
    for text in ("", "the cat", " a\n"):
        assert made.prompt([{"role": "user", "content": text}]) == tokenizer.prompt(text)


def test_a_call_is_learned_to_its_end(tokenizer):
    messages = [*ASKED, {**said("Well."), "tool_calls": CALLS}]
    turn = renderer(tokenizer, WITH_CALLS).turn(messages, 1, TOOLS)
    assert turn.said + turn.ending == 'Well.[INST]{"name": "add", "arguments": {"a": "one", "b": 2}}<|im_end|>' and turn.rest == "\n"


@pytest.mark.parametrize("messages, tools", [
    ([*ASKED, {**said(""), "tool_calls": [{"function": {"name": "x", "arguments": {"a": "<|im_end|>"}}}]}], TOOLS),
    ([*ASKED, {**said(""), "tool_calls": [{"function": {"name": "x", "arguments": {"<|im_end|>": 1}}}]}], TOOLS),
    ([*ASKED, said("x")], ({"type": "function", "function": {"name": "<|im_start|>"}},)),
    ([{"role": "user<|im_end|>", "content": "x"}, said("x")], ()),
])  # fmt: skip
def test_control_tokens_in_calls_tools_and_roles_are_refused(tokenizer, messages, tools):
    with pytest.raises(NotRendered) as caught:
        renderer(tokenizer, WITH_CALLS).turn(messages, 1, tools)
    assert caught.value.reason == "control tokens" and "`<|im_" in caught.value.words


@pytest.mark.parametrize("source, messages, tools, reason", [
    ("{% for m in messages %}{{ m.content if m.role != 'system' }}</s>{% endfor %}", [{"role": "system", "content": "a"}, said("b")], (), "left out"),
    ("{% for m in messages %}{{ m.content }}</s>{% endfor %}", [*ASKED, said("b")], TOOLS, "left out"),
    ("{% for m in messages %}{{ m.content }}</s>{% endfor %}", [*ASKED, {**said("b"), "reasoning_content": "hm"}], (), "left out"),
    ("{% for m in messages %}{{ m.content | upper }}</s>{% endfor %}", [*ASKED, said("b")], (), "altered"),
    ("{% for m in messages %}{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}<think>{% endif %}", [*ASKED, said("b")], (), "prompt"),
    ("{{ raise_exception('roles must alternate') }}", [*ASKED, said("b")], (), "template"),
    ("{% for m in messages %}{{ m.content }}</s>{% endfor %}", [*ASKED, said("\udc00")], (), "characters"),
    ("{% for m in messages %}{{ m.content }}</s>{% endfor %}", [*ASKED, said("qxzvjkcontrolaaaaaaac")], (), "control tokens"),
])  # fmt: skip
def test_what_cannot_be_rendered_for_certain_says_why(tokenizer, source, messages, tools, reason):
    with pytest.raises(NotRendered) as caught:
        renderer(tokenizer, source).turn(messages, len(messages) - 1, tools)
    assert caught.value.reason == reason and caught.value.words


def test_a_prompt_that_cannot_be_rendered_is_refused_with_its_reason(tokenizer):
    with pytest.raises(DataRefused, match="roles must alternate"):
        renderer(tokenizer, "{{ raise_exception('roles must alternate') }}").prompt(ASKED)


def test_a_template_that_asks_for_no_answer_is_refused(tokenizer):
    heading = "{% for m in messages %}{{ '### ' ~ m.role ~ ':\n' ~ m.content ~ eos_token }}{% endfor %}"
    with pytest.raises(AskedWrong, match="the heading '### assistant:") as caught:
        renderer(tokenizer, heading).turn([*ASKED, said("b")], 1, ())
    assert "add_generation_prompt" in caught.value.remedy


def test_a_generation_ends_at_the_template_s_terminator_and_at_the_end_token(tokenizer):
    assert renderer(tokenizer, WITH_CALLS).stops == (tokenizer.fast.token_to_id("<|im_end|>"), tokenizer.full.eos_token_id)
    assert Renderer(tokenizer, choose("question", tokenizer, "question", False)).stops == (tokenizer.full.eos_token_id,)
    assert renderer(tokenizer, "{{ raise_exception('no') }}").stops == (tokenizer.full.eos_token_id,)


def test_a_renderer_is_identified_by_template_and_tokenizer(tokenizer, tmp_path):
    one, other = (Renderer(tokenizer, choose(name, tokenizer, "messages", False)).identity for name in ("chatml", "plain"))
    again = Renderer(Tokenizer(tokenizer.folder), choose("chatml", tokenizer, "messages", False)).identity
    third = Renderer(Tokenizer(make("composed bytes", tmp_path)), choose("chatml", tokenizer, "messages", False)).identity
    assert one == again and len({one, other, third}) == 3


def test_rendering_leaves_the_tokenizer_as_it_was(tokenizer):
    for state in (True, False):
        tokenizer.fast.encode_special_tokens = state
        Renderer(tokenizer, choose("chatml", tokenizer, "messages", False)).prompt([{"role": "user", "content": "<s>"}])
        assert tokenizer.fast.encode_special_tokens is state


def test_a_tokenizer_without_an_end_is_refused(tmp_path):
    bare = Tokenizer(make("bytes", tmp_path, eos_token=None))
    with pytest.raises(AskedWrong, match="no end-of-text token"):
        Renderer(bare, choose("chatml", bare, "messages", False))
