"""What is learned of a conversation is its answers and their terminators, to the character, whatever is written in it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.model.tokenizers_of_all_kinds import KINDS, SPECIALS, make
from tilth.errors import AskedWrong, DataRefused
from tilth.model.examples import Example
from tilth.model.formats import Conversation, Text
from tilth.model.load import Tokenizer
from tilth.model.masks import Proofs, Unproved, examples, refuse, see
from tilth.model.rendering import Renderer
from tilth.model.spelling import Spelling
from tilth.model.templates import NAMED, Template, choose
from tilth.work import Row

LIKE_CHATML = {"user": ("<|im_start|>user\n", "<|im_end|>\n"), "assistant": ("<|im_start|>assistant\n", "<|im_end|>\n")}
LIKE_LLAMA_2 = {"user": ("<s>[INST] ", " [/INST]"), "assistant": (" ", " </s>")}
LIKE_PHI = {"user": ("<|user|>\n", "<|im_end|>\n"), "assistant": ("<|assistant|>\n", "<|im_end|>\n")}
LIKE_QUESTIONS = {"user": ("### Question:\n", "\n\n"), "assistant": ("### Answer:\n", "</s>")}
GLUED = {"user": ("", ""), "assistant": ("", "</s>\n")}
AROUND = (LIKE_CHATML, LIKE_LLAMA_2, LIKE_PHI, LIKE_QUESTIONS, GLUED)
"""What stands before and after a user's and an assistant's message."""
MARKERS = [
    *SPECIALS,
    "### Answer:\n",
    "<|im_",
    "end|>",
    "assistant",
    "\n\n",
    "\n",
    " ",
    "  ",
    "\t",
    "Zqtext",
    "the",
    "e\u0301",
    "\u2581",
    "\ufffd",
    "\0",
]
WRITTEN = st.lists(st.sampled_from(MARKERS) | st.text(max_size=6), max_size=4).map("".join)
DIALOGUES = st.lists(st.tuples(WRITTEN, WRITTEN), min_size=1, max_size=3)


def source(around, *, begins, trims):
    """The template as Jinja."""
    content = "message.content | trim" if trims else "message.content"
    turns = [
        f"{{% if message.role == '{role}' %}}{{{{ {before!r} + ({content}) + {after!r} }}}}{{% endif %}}" for role, (before, after) in around.items()
    ]
    asked = "" if around is LIKE_LLAMA_2 else f"{{% if add_generation_prompt %}}{{{{ {around['assistant'][0]!r} }}}}{{% endif %}}"
    return f"{'<s>' if begins else ''}{{% for message in messages %}}{''.join(turns)}{{% endfor %}}{asked}"


def conversation(dialogue):
    messages = [{"role": role, "content": text} for pair in dialogue for role, text in zip(("user", "assistant"), pair, strict=True)]
    return Conversation(tuple(messages), tuple(range(1, len(messages), 2)))


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    return {kind: Tokenizer(make(kind, tmp_path_factory.mktemp("kind"))) for kind in KINDS}


def renderer(tokenizer, text, name="own words"):
    return Renderer(tokenizer, Template(name, text, dict(tokenizer.full.special_tokens_map)))


def one(made, told, turns="all", proofs=None):
    (found,) = examples(made, [(7, told)], turns, proofs)
    return found


def decoded(tokenizer, ids):
    return tokenizer.fast.decode(list(ids), skip_special_tokens=False)


def controls(tokenizer, ids):
    """The control tokens among these, in order."""
    special = {tokenizer.fast.token_to_id(token) for token in SPECIALS if token != "<unk>"}
    return [int(one) for one in ids if int(one) in special]


def own_controls(tokenizer, around, dialogue, *, begins):
    """The control tokens that the template itself writes for a dialogue."""
    written = "".join(piece for _ in dialogue for role in ("user", "assistant") for piece in around[role])
    return controls(tokenizer, tokenizer.full(("<s>" if begins else "") + written, add_special_tokens=False)["input_ids"])


def check(tokenizer, made, told, found):
    """What is proved of every example, computed anew."""
    assert found.row == 7 and found.learned.dtype == bool and found.ids.dtype == "int32"
    assert len(found.answers) == len(told.learned)
    inside = {place for start, stop in found.answers for place in range(start, stop)}
    assert inside == set(found.learned.nonzero()[0].tolist()) and inside
    for (start, _), number in zip(found.answers, told.learned, strict=True):
        assert found.ids[:start].tolist() == made.prompt(told.messages[:number])


@pytest.mark.parametrize("kind", ["bytes"])
@given(st.sampled_from(AROUND), st.booleans(), st.booleans(), DIALOGUES)
@example(LIKE_CHATML, True, False, [("hi", "")])
@example(LIKE_CHATML, True, False, [("hi", " ")])
@example(LIKE_QUESTIONS, True, False, [("hi", "\n\n")])
@example(LIKE_QUESTIONS, False, False, [("", "<|im_end|>\n<|im_start|>user\n")])
@example(GLUED, True, False, [("the ca", "t sat")])
@settings(max_examples=400, deadline=None)
def test_the_trained_tokens_are_the_answers_and_their_terminators(tokenizers, kind, around, begins, trims, dialogue):
    tokenizer, told = tokenizers[kind], conversation(dialogue)
    made = renderer(tokenizer, source(around, begins=begins, trims=trims))
    found = one(made, told)
    if isinstance(found, Unproved):
        nothing_before = found.reason == "prompt" and around is GLUED and not begins and not dialogue[0][0].strip(" \n\t")
        assert nothing_before or (found.reason == "boundary" and len(dialogue) > 1 and around is not LIKE_LLAMA_2)
        return
    check(tokenizer, made, told, found)
    before, after = around["assistant"]
    for (start, stop), (_, answer) in zip(found.answers, dialogue, strict=True):
        lead = before if around is LIKE_LLAMA_2 else ""
        assert decoded(tokenizer, found.ids[start:stop]) == lead + (answer.strip() if trims else answer) + after.rstrip("\n")
    assert controls(tokenizer, found.ids) == own_controls(tokenizer, around, dialogue, begins=begins)
    assert decoded(tokenizer, found.ids) == made.written(told.messages).text


@pytest.mark.parametrize("kind", KINDS[1:])
@given(st.sampled_from([LIKE_CHATML, LIKE_LLAMA_2, LIKE_QUESTIONS]), st.booleans(), DIALOGUES)
@settings(max_examples=150, deadline=None)
def test_of_other_tokenizers_what_the_answer_becomes_by_itself_is_trained(tokenizers, kind, around, begins, dialogue):
    tokenizer, told = tokenizers[kind], conversation(dialogue)
    made = renderer(tokenizer, source(around, begins=begins, trims=False))
    found = one(made, told)
    if isinstance(found, Unproved):
        assert found.reason in ("boundary", "decoded", "control tokens")
        assert found.reason != "control tokens" or any(token in text for pair in dialogue for text in pair for token in SPECIALS)
        return
    check(tokenizer, made, told, found)
    assert controls(tokenizer, found.ids) == own_controls(tokenizer, around, dialogue, begins=begins)
    for start, stop in found.answers:
        assert controls(tokenizer, found.ids[start:stop])[-1] == controls(tokenizer, found.ids[:stop])[-1] == int(found.ids[stop - 1])


@pytest.mark.parametrize("kind", KINDS)
@given(st.sampled_from(AROUND[:4]), st.booleans(), st.lists(st.tuples(st.text("thea \n.é"), st.text("tonsl \n,é")), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_tokens_are_those_of_apply_chat_template(tokenizers, kind, around, trims, dialogue):
    tokenizer, told = tokenizers[kind], conversation(dialogue)
    text = source(around, begins=True, trims=trims)
    made = renderer(tokenizer, text)
    wanted = tokenizer.full.apply_chat_template(list(told.messages), chat_template=text)["input_ids"]
    asked = tokenizer.full.apply_chat_template(list(told.messages[:1]), chat_template=text, add_generation_prompt=True)["input_ids"]
    assert made.prompt(told.messages[:1]) == asked
    proofs = Proofs()
    found = one(made, told, proofs=proofs)
    assert isinstance(found, Unproved) or proofs.cut or found.ids.tolist() == wanted


@pytest.mark.parametrize("name", NAMED)
@given(DIALOGUES)
@settings(max_examples=100, deadline=None)
def test_named_templates_end_each_answer_with_the_end_token(tokenizers, name, dialogue):
    tokenizer, told = tokenizers["bytes"], conversation(dialogue)
    found = one(Renderer(tokenizer, choose(name, tokenizer, "messages", False)), told)
    if isinstance(found, Unproved):
        assert found.reason == "boundary" and len(dialogue) > 1
        return
    assert [decoded(tokenizer, found.ids[start:stop]) for start, stop in found.answers] == [answer + "</s>" for _, answer in dialogue]
    assert found.ids[0] == tokenizer.full.bos_token_id and list(found.ids).count(tokenizer.full.bos_token_id) == 1


@given(WRITTEN)
def test_of_a_plain_text_all_is_learned_with_its_end(tokenizers, text):
    tokenizer = tokenizers["bytes"]
    found = one(Renderer(tokenizer, choose(None, tokenizer, "text", False)), Text(text))
    assert found.ids[0] == tokenizer.full.bos_token_id and found.learned.tolist() == [False] + [True] * (len(found.ids) - 1)
    assert decoded(tokenizer, found.ids[1:]) == text + "</s>" and found.ids[-1] == tokenizer.full.eos_token_id


def test_a_plain_text_has_no_template_with_turns(tokenizers):
    with pytest.raises(AskedWrong, match="Plain texts have no turns"):
        one(Renderer(tokenizers["bytes"], choose("chatml", tokenizers["bytes"], "text", False)), Text("a"))


def test_without_a_begin_token_a_text_follows_the_end_token(tmp_path):
    tokenizer = Tokenizer(make("bytes", tmp_path, bos_token=None))
    found = one(Renderer(tokenizer, choose(None, tokenizer, "text", False)), Text("the cat"))
    assert found.ids[:1].tolist() == tokenizer.prompt("") == [tokenizer.full.eos_token_id] and found.learned[1:].all()


def test_only_the_last_answer_is_learned_where_that_is_asked(tokenizers):
    tokenizer, told = tokenizers["bytes"], conversation([("a", "b"), ("c", "d"), ("e", "f")])
    made = renderer(tokenizer, source(LIKE_CHATML, begins=False, trims=False))
    every, last = one(made, told), one(made, told, "last")
    assert every.ids.tolist() == last.ids.tolist() and last.answers == every.answers[-1:] and last.learned.sum() == 2


def test_what_follows_the_last_learned_answer_is_left_out(tokenizers):
    tokenizer, told = tokenizers["bytes"], conversation([("a", "b"), ("c", "d")])
    made = renderer(tokenizer, source(LIKE_CHATML, begins=False, trims=False))
    assert one(made, Conversation(told.messages, (1,))).ids.tolist() == one(made, Conversation(told.messages[:2], (1,))).ids.tolist()
    assert one(made, Conversation(told.messages, ())).reason == "nothing learned"


def test_rows_keep_their_order_and_proofs_are_counted(tokenizers):
    tokenizer, proofs = tokenizers["bytes"], Proofs()
    made = Renderer(tokenizer, choose("plain", tokenizer, "completion", True))
    texts = [("a<|im_end|>", "b"), ("the ca", "t sat"), ("x", "\ud800"), ("a ", "b"), ("", "é")]
    found = list(examples(made, ((row, conversation([pair])) for row, pair in enumerate(texts)), proofs=proofs))
    assert [one.row for one in found] == [0, 1, 2, 3, 4]
    assert [one.reason for one in found if isinstance(one, Unproved)] == ["characters"]
    there = [one for one in found if isinstance(one, Example)]
    assert proofs.rows == proofs.answers == 4 and proofs.letters == 1 and proofs.normal == proofs.appended == 0
    assert proofs.tokens == sum(len(one.ids) for one in there) and proofs.learned == sum(int(one.learned.sum()) for one in there)
    assert proofs.cut == 1, "the ca|t sat"


def test_an_end_that_the_template_does_not_write_is_put_after_the_last_answer(tokenizers):
    tokenizer, proofs = tokenizers["bytes"], Proofs()
    bare = {"user": ("USER: ", "\n"), "assistant": ("BOT: ", "\n")}
    made = renderer(tokenizer, source(bare, begins=True, trims=False))
    found = one(made, conversation([("a", "b")]), proofs=proofs)
    assert decoded(tokenizer, found.ids[found.learned]) == "b\n</s>" and proofs.appended == 1 and made.terminator is None
    two = conversation([("a", "b"), ("c", "d")])
    with pytest.raises(AskedWrong, match="could not learn to stop") as caught:
        one(made, two)
    assert "takes for letters" not in str(caught.value)
    strange = {"user": ("<|user|>", "<|over|>"), "assistant": ("<|bot|>", "<|over|>")}
    with pytest.raises(AskedWrong, match="writes '<|over|>.*' there, which this tokenizer takes for letters"):
        one(renderer(tokenizer, source(strange, begins=True, trims=False)), two)
    assert decoded(tokenizer, (last := one(made, two, "last")).ids[last.learned]) == "d\n</s>"


def test_a_turn_without_an_end_in_a_template_that_has_one_is_a_row_s_fault(tokenizers):
    tokenizer = tokenizers["bytes"]
    closing = "'<|im_end|>\\n' }}{% endif %}{% endfor"
    text = source(LIKE_CHATML, begins=False, trims=False).replace(closing, f"('' if message.open else {closing[:14]}) {closing[15:]}")
    made = renderer(tokenizer, text)
    messages = ({"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "open": True}, {"role": "user", "content": "c"})
    found = one(made, Conversation((*messages, {"role": "assistant", "content": "d"}), (1, 3)))
    assert isinstance(found, Unproved) and found.reason == "no end" and "message 2" in found.words


def test_a_refusal_names_rows_reasons_and_what_to_do():
    unproved = [Unproved(row, "rewrites" if row else "control tokens", "it does so") for row in range(1200)]
    error = refuse(unproved, 5000, "chats", {0: "chats.jsonl:1"})
    assert isinstance(error, DataRefused) and error.exit_code == 3 and error.where == "`chats`"
    assert "Of 5,000 rows, 1,200 cannot" in error.found and "(rewrites 1,199, control tokens 1)" in error.found
    assert "it does so: row 1 (chats.jsonl:1), row 2, row 3, row 4, row 5, and 1,195 more." in error.found
    assert "turns: last" in error.remedy and "clean.replace" in error.remedy


def test_an_example_is_shown_as_it_is_learned(tokenizers):
    tokenizer = tokenizers["bytes"]
    found = one(renderer(tokenizer, source(LIKE_CHATML, begins=True, trims=False)), conversation([("a", "b"), ("c", "d")]))
    shown = see(found, Row(8, bytes(16)), Spelling(tokenizer.fast), tokenizer.full.bos_token_id, len(found.ids) + 2)
    assert shown.trained_text == "b<|im_end|>d<|im_end|>" and shown.text.startswith("<s><|im_start|>user\na<|im_end|>\n<|im_start|>")
    kinds = [token.kind for token in shown.tokens]
    assert kinds[0] == "begin" and kinds.count("end") == 2 and kinds.count("trained") == 2 and kinds[-2:] == ["filling"] * 2
    assert [token.learned for token in shown.tokens[:-2]] == found.learned.tolist() and [
        token.text for token in shown.tokens if token.kind == "end"
    ] == ["<|im_end|>"] * 2
    assert shown.number == 8 and shown.rows == (Row(8, bytes(16)),) and [token.starts for token in shown.tokens[:2]] == [8, None]
