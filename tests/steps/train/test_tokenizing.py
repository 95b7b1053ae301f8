"""The worker of train.tokenizer measures a fair part of a large text."""

from tilth.fakes.sentences import SENTENCES
from tilth.fakes.work import tiny_dataset, tiny_work
from tilth.steps.train import _tokenizing
from tilth.steps.train.tokenizer import Tokenizer


def test_a_small_text_is_measured_whole(tmp_path):
    data = tiny_dataset(tmp_path, "docs", ["a", "b", "c"])
    assert list(_tokenizing._sample(data, "text", 3)) == ["a", "b", "c"]


def test_of_a_large_text_every_so_many_documents_are_measured(tmp_path):
    data = tiny_dataset(tmp_path, "docs", [str(number) for number in range(10)])
    assert list(_tokenizing._sample(data, "text", 3 * _tokenizing.MEASURED_BYTES)) == ["0", "3", "6", "9"]


def test_size_counts_the_last_time_all_texts_went_by():
    size = _tokenizing._Size()
    for _ in range(2):
        assert list(size.count(iter(["a", "é"]))) == ["a", "é"]
    assert (size.documents, size.bytes) == (2, 3)


def test_the_use_of_the_vocabulary_is_told_of_what_was_measured(tmp_path):
    facts = Tokenizer(data="docs", vocab_size=300).fit(tiny_work(tmp_path, {"docs": SENTENCES}))
    told = facts["vocabulary"]
    assert told["tokens"] == facts["tokens"] and told["unused"] + facts["used"] == facts["vocab_size"]
    assert [times for _, times in told["top"]] == [times for _, times in facts["top_tokens"]]
