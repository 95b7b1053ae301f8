"""Where the texts of messages stand in a rendering is found by what the template writes around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.model.skeleton import Part, after, forms, located, replaced, sentinel, shape, skeleton, slots, written_in
from tilth.model.templates import Template

CHAT = "{% for m in messages %}<{{ m.role }}>{{ CONTENT }}{{ '</' }}>{% endfor %}"
MESSAGES = [{"role": "user", "content": "Hi", "name": "Ann"}, {"role": "assistant", "content": " Hello "}]


def renderer(content):
    return Template("test", CHAT.replace("CONTENT", content)).render


@pytest.mark.parametrize("content, written", [
    ("m.content", " Hello "), ("m.content | trim", "Hello"), ("m.content.lstrip()", "Hello "), ("m.content.rstrip()", " Hello"),
])  # fmt: skip
def test_a_skeleton_says_what_is_stripped(content, written):
    found = skeleton(renderer(content), MESSAGES)
    assert found.parts(MESSAGES) == [
        Part("<user>"), Part("Hi", (0, "content")), Part("</><assistant>"), Part(written, (1, "content")), Part("</>"),
    ]  # fmt: skip


@given(st.lists(st.text(), min_size=1, max_size=12), st.sampled_from(["m.content", "m.content | trim", "m.content.rstrip()"]))
def test_a_skeleton_with_the_texts_in_it_is_the_rendering(texts, content):
    render = renderer(content)
    messages = [{"role": "user", "content": text} for text in texts]
    assert "".join(part.text for part in skeleton(render, messages).parts(messages)) == render(messages)


def test_a_template_that_refuses_sentinels_or_looks_at_white_space_has_no_skeleton():
    assert skeleton(renderer("raise_exception('no') if 'Zq' in m.content else m.content"), MESSAGES) is None
    assert skeleton(renderer("m.content | length"), MESSAGES) is None and skeleton(renderer("m.role"), MESSAGES).holes == ()
    assert skeleton(renderer("m.content.replace(' ', '_')"), MESSAGES) is None
    assert skeleton(renderer("m.content.replace(' ', '')"), MESSAGES) is None
    assert skeleton(renderer("m.content if ' ' in m.content else ''"), MESSAGES) is None


def test_each_text_is_located_alone_where_a_template_looks_into_texts():
    render = renderer("m.content.split('</think>')[-1] if 'think' in m.content else m.content")
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<think>hm</think>Yes"}, {"role": "user", "content": "So"}]
    text = render(messages)
    found = located(render, messages, text)
    assert "".join(part.text for part in found) == text
    assert [part.slot for part in found if part.slot] == [(0, "content"), (2, "content")], "the changed text is the template's own"


def test_a_text_that_is_written_twice_is_not_located():
    messages = MESSAGES[:1]
    render = renderer("m.content ~ m.content")
    assert located(render, messages, render(messages)) == [Part("<user>HiHi</>")]
    assert [hole.slot for hole in skeleton(render, messages).holes] == [(0, "content")] * 2


def test_what_follows_a_message_is_found_after_its_calls():
    template = Template(
        "test", "{% for m in messages %}{{ m.content }}{% for c in m.calls or [] %}[{{ c.arguments | tojson }}]{% endfor %}#{% endfor %}"
    )
    called = {"role": "assistant", "content": "x", "calls": [{"name": "add", "type": "function", "arguments": {"a": ["1"], "b": 2}}]}
    assert after(template.render, [called], 0) == '"], "b": 2}]#'
    assert after(template.render, [{"role": "assistant", "content": "x"}, called], 1) == '"], "b": 2}]#'
    assert after(Template("test", "-").render, [called], 0) is None
    assert after(Template("test", "{{ raise_exception('no') }}").render, [called], 0) is None


def test_a_shape_depends_on_all_but_texts():
    assert shape(MESSAGES, ()) == shape(replaced(MESSAGES, {(0, "content"): "other", (0, "name"): "Bob"}), ())
    assert len({shape(MESSAGES, ()), shape(MESSAGES[:1], ()), shape(MESSAGES, ({"x": 1},)), shape([{**MESSAGES[0], "n": 1}, MESSAGES[1]], ())}) == 4
    assert list(slots(MESSAGES)) == [(0, "content"), (0, "name"), (1, "content")]
    assert forms(" a ") == (" a ", "a", "a ", " a") and list(written_in({"a": ["b", {"c": 1}], "d": ("e",)})) == ["a", "b", "c", "d", "e"]


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_sentinel_is_in_another(one, other):
    assert one == other or sentinel(one) not in sentinel(other)
