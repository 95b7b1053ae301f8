"""Control tokens are those that a template wrote; whatever else is tokenised as ever."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from tests.model.tokenizers_of_all_kinds import KINDS, SPECIALS, make
from tilth.model.control_tokens import ALIAS, ControlTokens

PIECES = st.lists(st.sampled_from([*SPECIALS, " ", "\n", "the", "cat "]) | st.text("the cat.é\n", max_size=8), max_size=8).map("".join)


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    return {kind: Tokenizer.from_file(str(make(kind, tmp_path_factory.mktemp("kind")) / "tokenizer.json")) for kind in KINDS}


def encoded(control, *marked):
    return list(control.encode(marked))


@pytest.mark.parametrize("kind", KINDS)
@given(PIECES)
def test_a_template_s_text_becomes_the_tokens_that_the_tokenizer_gives(tokenizers, kind, text):
    fast = tokenizers[kind]
    control = ControlTokens(fast)
    text = text.replace("<unk>", "")
    (found,) = encoded(control, control.mark(text))
    assert found.ids.tolist() == fast.encode(text, add_special_tokens=False).ids
    assert len(found.controls) == control.count(control.mark(text))
    assert [fast.id_to_token(int(found.ids[place])) for place in found.controls] == [one[0] for one in control._letters.finditer(text)]


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.sampled_from(SPECIALS) | st.text(max_size=5), max_size=6).map("".join))
def test_letters_in_a_user_s_text_never_become_control_tokens(tokenizers, kind, text):
    fast = tokenizers[kind]
    control = ControlTokens(fast)
    (found,) = encoded(control, text)
    assert len(found.controls) == 0 and not {fast.token_to_id(one) for one in SPECIALS if one != "<unk>"} & set(found.ids.tolist())


def test_a_control_token_that_merges_could_make_is_not_made():
    fast = Tokenizer(models.BPE({"<": 0, "s": 1, ">": 2, "<s": 3, "<s>": 4, "s>": 5, "<s>>": 6}, [("<", "s"), ("<s", ">"), ("<s>", ">")]))
    fast.add_special_tokens(["<s>"])
    fast.encode_special_tokens = True
    assert fast.encode("<s>").ids == [4]
    control = ControlTokens(fast)
    assert [one.ids.tolist() for one in encoded(control, "<s>", control.mark("<s>"), "<s>>")] == [[3, 2], [4], [3, 2, 2]]
    assert control.decode([[3, 2], [4]]) == ["<s >", "<s>"]


def test_the_tokenizer_itself_stays_as_it_is(tokenizers):
    fast = tokenizers["bytes"]
    fast.encode_special_tokens, before = False, fast.to_str()
    list(ControlTokens(fast).encode(["<s>the"]))
    assert fast.to_str() == before and fast.encode_special_tokens is False


def test_a_control_token_keeps_its_manners():
    fast = Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    fast.pre_tokenizer, fast.decoder = pre_tokenizers.Whitespace(), decoders.Fuse()
    fast.add_special_tokens([AddedToken("<l>", lstrip=True), AddedToken("<r>", rstrip=True), AddedToken("<w>", single_word=True)])
    fast.add_tokens(["tool"])
    control = ControlTokens(fast)
    for text in ("a  <l> b", "a <r>   b", "a<w>b", "a <w> b", "tool<l>tool"):
        (found,) = encoded(control, control.mark(text))
        if text != "a<w>b":
            assert found.ids.tolist() == fast.encode(text).ids
        assert (len(found.controls) == control.count(control.mark(text))) == (text != "a<w>b"), "a token that is none is seen"
    assert encoded(control, "tool")[0].ids.tolist() == [fast.token_to_id("tool")], "what is no control token means what it says"


def test_the_token_of_unknown_letters_is_no_control_token_unless_it_ends_texts():
    fast = Tokenizer(models.WordLevel({"a": 0, "<unk>": 1}, unk_token="<unk>"))
    fast.add_special_tokens(["<unk>"])
    assert [one.controls.tolist() for one in encoded(ControlTokens(fast), "z")] == [[]]
    ends = ControlTokens(fast, ["<unk>"])
    assert [one.controls.tolist() for one in encoded(ends, "z", ends.mark("<unk>"))] == [[0], [0]]


def test_the_last_piece_of_a_text_begins_at_its_last_control_token(tokenizers):
    control = ControlTokens(tokenizers["bytes"])
    marked = control.mark("a<s>b</s>c")
    assert control.last_piece(marked) == (1, control.mark("</s>c")) and control.last_piece("a") == (None, "a")
    assert control.forged(marked) and not control.forged("a<s>") and ALIAS not in json.dumps(SPECIALS)


def test_a_tokenizer_without_control_tokens_finds_none():
    fast = Tokenizer(models.WordLevel({"a": 0, "?": 1}, unk_token="?"))
    control = ControlTokens(fast)
    assert control.found("a<s>") is None and control.mark("a<s>") == "a<s>" and encoded(control, "a")[0].ids.tolist() == [0] and control.spaced
