"""Tokens found word by word are those that the tokenizer gives for the whole text."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tests.model.tokenizers_of_all_kinds import KINDS, make
from tilth.fakes.sentences import SENTENCES
from tilth.model.control_tokens import ALIAS, ControlTokens
from tilth.model.words import GPT_2, LONG, RULES

LETTERS = [*"\t\n\r !'.-aAsSxlLvmtT019_<>~\0\x0b\x0c\x1c\x7f", *"é\u0301\u3000\u00a0ſ中²١\x85\u2028\u200bİK"]
PIECES = ["  ", "\n\n", " \n", "'ll", "'S", " the", "<|im_end|>", " a b", "I've", f"{ALIAS}aaaaaaaa", f"{ALIAS}aaaaaaab", "tool"]
TEXTS = st.lists(st.sampled_from([*LETTERS, *PIECES]) | st.text(max_size=3), max_size=14).map("".join)


def byte_level(rule, *, normalizer=None, added=()):
    """A tokenizer that cuts by a rule."""
    made = Tokenizer(models.BPE())
    split, plain = pre_tokenizers.Split(Regex(rule), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False) if rule == GPT_2 else pre_tokenizers.Sequence([split, plain])
    made.decoder, made.normalizer = decoders.ByteLevel(), normalizer
    specials = [AddedToken(one, special=True, normalized=False) for one in ("<|im_start|>", "<|im_end|>")]
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    made.train_from_iterator([*SENTENCES, "I've 2019 1,000 the's THE'S\n\n  'll"] * 3, trainer)
    made.add_tokens(list(added))
    return made


MADE = [byte_level(rule) for rule in RULES] + [
    byte_level(GPT_2, normalizer=normalizers.NFC(), added=["tool", AddedToken("a b", lstrip=True)]),
    byte_level(RULES[1], added=[AddedToken("<|flag|>", special=True, rstrip=True)]),
]


def whole(control, texts):
    """What the tokenizer itself gives, its control tokens spelt as in the copy."""
    return [one.ids for one in control._copy._fast.encode_batch_fast(list(texts), add_special_tokens=False)]


@pytest.mark.parametrize("number", range(len(MADE)))
@given(st.lists(TEXTS, max_size=3))
@settings(max_examples=200, deadline=None)
def test_words_have_the_tokens_that_they_have_in_the_text(number, texts):
    control = ControlTokens(MADE[number])
    assert control._copy._rule is not None
    assert [one.ids.tolist() for one in control.encode([*texts, *texts])] == whole(control, [*texts, *texts])


@pytest.mark.parametrize("number", range(3))
def test_all_short_texts_of_blanks_letters_digits_and_marks_are_cut_alike(number):
    control = ControlTokens(MADE[number])
    texts = ["".join(letters) for letters in itertools.product(" \n\raS0'.", repeat=4)]
    assert [one.ids.tolist() for one in control.encode(texts)] == whole(control, texts)


def test_of_other_tokenizers_texts_are_left_whole(tmp_path):
    for kind in KINDS:
        control = ControlTokens(Tokenizer.from_file(str(make(kind, tmp_path / kind) / "tokenizer.json")))
        assert (control._copy._rule is not None) == ("bytes" in kind)
        assert [one.ids.tolist() for one in control.encode(["the cat  sat", ""])] == whole(control, ["the cat  sat", ""])
    for change in (lambda made: setattr(made, "normalizer", normalizers.Lowercase()), lambda made: made.add_tokens(["é"])):
        made = byte_level(GPT_2)
        change(made)
        assert ControlTokens(made)._copy._rule is None


def test_a_text_of_known_words_asks_the_tokenizer_nothing_and_long_pieces_are_not_kept():
    control, asked = ControlTokens(MADE[0]), list[str]()

    class Heard:
        """The tokenizer, and what it was asked."""

        def encode_batch_fast(self, texts, add_special_tokens):
            asked.extend(texts)
            return MADE[0].encode_batch_fast(texts, add_special_tokens=add_special_tokens)

    control._copy._fast = Heard()
    list(control.encode(["the cat sat on the mat"]))
    assert sorted(asked) == [" cat", " mat", " on", " sat", " the", "the"]
    list(control.encode(["the mat on the cat" * 20]))
    assert len(asked) == 6 + 1, "catthe"
    for _ in range(2):
        list(control.encode(["中" * (LONG + 1)]))
    assert asked[7:] == ["中" * (LONG + 1)] * 2
