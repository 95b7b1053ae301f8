"""A token by itself reads as the text it stands for; bytes that are no whole character are written out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.spelling import Spelling, alphabet, text_of


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory):
    fast = Tokenizer.from_file(str(tiny_tokenizer(tmp_path_factory.mktemp("tiny")) / "tokenizer.json"))
    fast.encode_special_tokens = True
    return fast


def test_the_alphabet_is_the_one_of_byte_level_tokenizers():
    assert sorted(alphabet()) == sorted(pre_tokenizers.ByteLevel.alphabet())


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_tokens_of_ascii_make_up_the_text(bytewise, text):
    spelling = Spelling(bytewise)
    assert "".join(spelling[one] for one in bytewise.encode(text).ids) == text


@given(st.binary(max_size=8))
def test_bytes_that_are_no_character_are_written_out_and_the_others_are_text(whole):
    data = whole
    expected = ""
    while data:
        length = next((size for size in range(1, 5) if _is_character(data[:size])), 0)
        expected += data[:length].decode() or f"⟨{data[0]:02X}⟩"
        data = data[max(1, length) :]
    assert text_of(whole) == expected


def _is_character(data):
    try:
        return len(data.decode()) == 1
    except UnicodeDecodeError:
        return False


def test_a_character_cut_in_the_middle_shows_its_bytes(bytewise):
    spelling = Spelling(bytewise)
    assert [spelling[one] for one in bytewise.encode("né").ids] == ["n", "⟨C3⟩", "⟨A9⟩"]
    assert spelling.text(bytewise.encode("né").ids) == "né"


def test_control_tokens_are_written_out_and_a_number_that_is_no_token_is_said(bytewise):
    spelling = Spelling(bytewise)
    assert (spelling[1], spelling[99_999]) == ("<|endoftext|>", "⟨99999⟩")
    assert spelling.text([1]) == "<|endoftext|>"


def test_pieces_with_a_low_line_for_a_blank_and_bytes_to_fall_back_on():
    fast = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁the", -1.0), ("<0xC3>", -2.0), ("<0x41>", -2.0)], 0, byte_fallback=True))
    fast.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    assert [Spelling(fast)[one] for one in range(1, 4)] == [" the", "⟨C3⟩", "A"]


def test_pieces_of_wordpiece_stand_as_they_are():
    fast = Tokenizer(models.WordPiece({"[UNK]": 0, "read": 1, "##ing": 2}, unk_token="[UNK]"))
    fast.decoder = decoders.WordPiece()
    assert [Spelling(fast)[one] for one in (1, 2)] == ["read", "##ing"]
