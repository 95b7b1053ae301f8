"""What is proved of a template is so, whatever the texts are; of a template that looks into texts or ahead nothing is proved."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.model.opaque import Blind
from tilth.model.skeleton import Hole
from tilth.model.templates import NAMED, Template, TemplateRefuses

MARKS = {"bos_token": "<s>", "eos_token": "</s>"}
DIALOGUE = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate("abcd")]
ASKS = "{% if add_generation_prompt %}[bot]{% endif %}"


def turns(body, before="", after=ASKS, over="messages"):
    return f"{before}{{% for m in {over} %}}{body}{{% endfor %}}{after}"


def proved(source, messages=DIALOGUE, tools=()):
    return Blind(source, MARKS).prove(messages, tools)


def written(found, messages):
    """What is proved, with the texts in it."""
    texts = [hole.filled(messages[hole.slot[0]][hole.slot[1]]) for hole in found.holes]
    return [own + text for own, text in zip(found.own, [*texts, ""], strict=True)]


HEADS = [
    "",
    "{{ bos_token }}",
    "{% if messages[0].role == 'system' %}S{% endif %}",
    "{% set ns = namespace(n=0, last='') %}",
    "{{ messages[0].content }}",
    "{% if messages %}M{% endif %}",
    "{% set first = messages[0].content | trim %}",
    "{{ messages | length }}",
    "{% set m = messages[-1] %}",
    "{% for m in messages %}{% if m.role == 'user' %}u{% endif %}{% endfor %}",
    "{% if 'a' in messages[0].content %}A{% endif %}",
]
BODIES = [
    "[{{ m.role }}]{{ m.content }}",
    "{{ '[' ~ m.role ~ ']' ~ m.content ~ eos_token }}",
    "[{{ m['role'] }}]{{ m['content'] | trim + '\n' }}",
    "{{ m.content.rstrip() }}|",
    "{% if m.content %}{{ m.content }}{% else %}-{% endif %}",
    "{{ loop.index0 }}{{ m.content }}",
    "{% if not loop.last %},{% endif %}{{ m.content }}",
    "{{ m.content }}{% if loop.last %}.{% endif %}",
    "{{ m.content | length }}",
    "{{ m.content }}{{ loop.nextitem.role }}",
    "{{ m.content.split('</think>')[-1] }}",
    "{{ m.content | replace('a', 'b') }}",
    "{% generation %}{{ m.content }}{% endgeneration %}#",
    "{% set c = m.content | trim %}{{ '<' + c + '>' }}",
    "{{ (' ' + m.content) | trim }}",
    "{% if m.role == 'user' %}{% continue %}{% endif %}{{ m.content }};",
    "{% if loop.index0 == 2 %}{% break %}{% endif %}{{ m.content }}",
    "{% set ns.last = m.content %}{{ m.content }}",
    "{{ m.content | int }}",
    "{{ m.content is string }}{{ m.content }}",
    "{{ m | tojson }}",
    "{% if m.content == '' %}none{% endif %}{{ m.content }}",
    "{% if m.content in ['a', 'b'] %}!{% endif %}{{ m.content }}",
    "{{ m.content[:1] }}",
    "{% if loop.last and add_generation_prompt %}[bot]{% endif %}{{ m.content }}",
    "{{ '%s' % m.content }}",
    "{{ loop.previtem.content }}{{ m.content }}",
    "{{ messages[loop.index0 + 1].role if m.role == 'user' else '' }}{{ m.content }}",
    "{% set m = messages[0] %}{{ m.content }}",
]
TAILS = [
    "",
    ASKS,
    "!",
    f"{{{{ eos_token }}}}{ASKS}",
    "{{ messages[-1].content }}",
    "{{ ns.last }}",
    "{% if 'a' in messages[-1].content and add_generation_prompt %}?{% endif %}",
    "{% if add_generation_prompt and thinks is not defined %}[bot]<think>{% endif %}",
    "{{ m.content }}",
]
OVERS = [
    "messages",
    "messages[1:]",
    "messages if true else []",
    "messages | reverse",
    "messages | selectattr('role', 'equalto', 'user')",
    "messages[:2]",
]
TEXTS = st.lists(st.sampled_from(["a", "b", " ", "\n", "</think>", "1"]), max_size=3).map("".join)


@given(
    st.sampled_from(HEADS),
    st.sampled_from(BODIES),
    st.sampled_from(TAILS),
    st.sampled_from(OVERS),
    st.lists(TEXTS, min_size=1, max_size=5),
    st.booleans(),
)
@settings(max_examples=1500, deadline=None)
def test_what_is_proved_is_what_the_template_writes_for_every_beginning(head, body, tail, over, texts, system):
    source = turns(body, head, tail, over)
    texts = [text if text.strip() else "" for text in texts]
    messages = [
        {"role": "system" if system and not number else ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(texts)
    ]
    found = proved(source, messages)
    if found is None:
        return
    template = Template("test", source, MARKS)
    pieces = written(found, messages)
    assert "".join(pieces) == template.render(messages)
    assert "".join(pieces).removesuffix(found.rest) + found.asked == template.render(messages, generation_prompt=True)
    for number, (holes, length) in found.cuts.items():
        beginning = "".join(pieces[:holes]) + found.own[holes][:length]
        assert beginning + found.asked == template.render(messages[:number], generation_prompt=True)
        assert beginning + found.rest == template.render(messages[:number])


@pytest.mark.parametrize("name", NAMED)
def test_all_is_proved_of_the_named_templates(name):
    found = proved(NAMED[name])
    assert [hole.slot for hole in found.holes] == [(number, "content") for number in range(4)] and sorted(found.cuts) == [1, 2, 3, 4]


def test_a_proof_says_where_texts_stand_and_what_asks_for_an_answer():
    found = proved(turns("<{{ m.role }}>{{ m.content | trim }}</>"), DIALOGUE[:2])
    assert found.own == ("<user>", "</><assistant>", "</>") and (found.asked, found.rest) == ("[bot]", "")
    assert found.holes == (Hole((0, "content"), True, True), Hole((1, "content"), True, True)) and found.cuts == {1: (1, 3), 2: (2, 3)}


@pytest.mark.parametrize(
    "body", [one for one in BODIES if any(mark in one for mark in ("length", "split", "replace", "| int", "in [", "[:1]", "%s", "tojson"))]
)
def test_of_a_template_that_looks_into_texts_nothing_is_proved(body):
    assert proved(turns(body)) is None


@pytest.mark.parametrize("source", [
    turns("{{ m.content }}", "{% macro f(x) %}{{ x }}{% endmacro %}"), turns("{% set x %}{{ m.content }}{% endset %}{{ x }}"),
    turns("{{ m.content }}", "{{ strftime_now('%Y') }}"), turns("{{ m.content }}", after="{{ messages[-1].content }}"), "{{ messages[0].content }}",
    turns("{{ m.content }}{% if loop.last and add_generation_prompt %}x{% endif %}"), turns("{{ m.content }}", after="{% if x"), "plain",
    turns("{{ raise_exception('no') }}"), turns("{{ m.content }}", over="[1, 2]"), turns("{% filter upper %}{{ m.content }}{% endfilter %}"),
])  # fmt: skip
def test_of_a_template_that_captures_texts_or_changes_or_ends_otherwise_nothing_is_proved(source):
    assert proved(source) is None


@pytest.mark.parametrize(
    "body", ["{{ m.content }}{% if loop.last %}.{% endif %}", "{{ m.content }}{{ loop.length }}", "{{ m.content }}{{ (loop.nextitem or m).role }}"]
)
def test_a_turn_that_looks_ahead_has_no_end_of_its_own(body):
    assert proved(turns(body)).cuts == {}


def test_reasoning_which_templates_get_under_other_names_is_not_proved():
    assert proved(turns("{{ m.content }}"), [{**DIALOGUE[0], "thinking": "hm"}]) is None


def test_a_template_that_is_refused_is_refused_by_its_rendering_too():
    source = turns("{% if loop.index0 > 1 %}{{ raise_exception('too many: ' + m.content) }}{% endif %}{{ m.content }}")
    assert proved(source) is None and proved(source, DIALOGUE[:2]) is not None
    with pytest.raises(TemplateRefuses, match="too many: c"):
        Template("test", source, MARKS).render(DIALOGUE)
