"""Control tokens have roles and numbers."""

from tilth.steps.train._special_tokens import SpecialTokens


def test_by_default_one_token_ends_and_begins_a_text():
    assert SpecialTokens().roles(None) == {"pad": "<|pad|>", "bos": "<|endoftext|>", "eos": "<|endoftext|>"}
    assert SpecialTokens().listed(None) == ["<|pad|>", "<|endoftext|>"]


def test_an_unknown_token_stands_in_where_one_is_needed():
    assert SpecialTokens().roles("<u>")["unk"] == "<u>"
    assert SpecialTokens(unk="<unk>").roles("<u>")["unk"] == "<unk>"


def test_numbers_are_pad_unknown_begin_end_and_others():
    said = SpecialTokens(pad="<pad>", unk="<unk>", bos="<s>", eos="</s>", others=("<a>", "<b>"))
    assert said.listed(None) == ["<pad>", "<unk>", "<s>", "</s>", "<a>", "<b>"]
