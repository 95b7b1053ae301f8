"""The tokens of a text are proved to be it, or refused with what is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from tests.model.like_t5 import loaded
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.load import Tokenizer as Loaded
from tilth.model.rendering import NotRendered
from tilth.model.text_tokens import TextTokens


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return TextTokens(loaded(tmp_path_factory.mktemp("t5")).fast, ["</s>"])


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory):
    return TextTokens(Loaded(tiny_tokenizer(tmp_path_factory.mktemp("bytes"))).fast, ["<|endoftext|>"])


def proof(texts, text):
    ids = texts.ids(text)
    texts.refuse_unknown(text, ids)
    return texts.proof(text, ids)


def refused(texts, text):
    with pytest.raises(NotRendered) as error:
        proof(texts, text)
    return error.value.reason, error.value.words


def test_a_text_is_proved_to_the_letter_or_in_the_normal_form(t5):
    assert proof(t5, "the cat, 5.") == "exact"
    assert [proof(t5, text) for text in ("line one\nline two", "  two  blanks ", "ﬁsh", "a▁b")] == ["normal"] * 4


def test_what_has_no_token_is_refused_and_named(t5):
    assert refused(t5, '{"price": 5}\n<b>') == ("unknown", 'the tokenizer has no token for `{"`, `"`, `}`, `<`, `>` in an answer')
    assert refused(t5, "a " + " b ".join("ABCDEFG"))[1].endswith("`A`, `B`, `C`, `D`, `E`, and 2 more in an answer")
    assert refused(t5, "<unk>")[0] == "unknown"


def test_a_control_token_s_letters_are_letters(tmp_path, t5):
    lost = ("unknown", "the tokenizer has no token for `<`, `/`, `>` in an answer")
    assert refused(t5, "a</s>b") == lost, "it does not take the letters for the end"
    letters = TextTokens(loaded(tmp_path, "</>").fast, ["</s>"])
    assert proof(letters, "a</s>b") == "exact" and 1 not in letters.ids("a</s>b")
    assert 1 in letters.closed("a</s>b")[-1:] and 1 not in letters.closed("a</s>b")[:-1]


def test_a_text_is_closed_as_the_tokenizer_closes_it(tmp_path, t5, bytewise):
    fast = loaded(tmp_path).fast
    assert t5.closed("the cat") == fast.encode("the cat").ids and t5.closed("") == [1]
    assert bytewise.closed("the cat") == bytewise.ids("the cat").tolist()


@given(st.text())
def test_tokens_that_are_bytes_are_proved_to_the_letter(bytewise, text):
    assert proof(bytewise, text) == "exact"


@given(st.text(alphabet="abc. \n\t▁é{<"))
def test_what_is_proved_of_t5_s_tokens_says_every_word(t5, text):
    ids = t5.ids(text)
    words = text.replace("▁", " ").split()
    if not set(text) & set("é{<"):
        assert t5.proof(text, ids) in ("exact", "normal") and t5.control.decode([ids.tolist()])[0].split() == words
    else:
        assert refused(t5, text)[0] == "unknown"


def test_a_tokenizer_that_lowers_and_does_not_say_where_blanks_stood_is_held_to_its_words():
    fast = Tokenizer(models.WordPiece({"[UNK]": 0, "the": 1, "cat": 2, ".": 3}, unk_token="[UNK]"))
    fast.normalizer, fast.pre_tokenizer, fast.decoder = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    assert proof(TextTokens(fast), "The cat.") == "normal" and refused(TextTokens(fast), "The dog.")[0] == "unknown"


def test_tokens_that_are_another_text_are_refused(t5, bytewise):
    for texts in (t5, bytewise):
        with pytest.raises(NotRendered, match="do not decode"):
            texts.proof("the cat", texts.ids("the dog"))
    fast = Tokenizer(models.WordLevel({"[UNK]": 0, "cat": 1}, unk_token="[UNK]"))
    fast.pre_tokenizer = pre_tokenizers.Split(" ", "removed")
    fast.decoder = decoders.Fuse()
    assert refused(TextTokens(fast), "cat cat")[0] == "decoded", "the blank is lost, and nothing says that it may be"


def test_what_is_no_text_and_the_letters_by_which_control_tokens_are_told_apart_are_refused(t5):
    assert refused(t5, "a\ud800")[0] == "characters"
    assert refused(t5, "qxzvjkcontrolaaaaaaab")[0] == "control tokens"
