"""train.tokenizer: settings are checked when made; the facts tell what was learned."""

import pytest
from pydantic import ValidationError
from transformers import AutoTokenizer

from tilth.errors import NothingLeft
from tilth.fakes.sentences import SENTENCES
from tilth.fakes.work import tiny_work
from tilth.steps.train.tokenizer import Tokenizer
from tilth.work import Known


def test_a_folder_that_transformers_loads_and_facts_that_agree_with_it(tmp_path):
    work = tiny_work(tmp_path, {"docs": SENTENCES})
    facts = Tokenizer(data="docs", vocab_size=300, terms=["the moon", "1..999"]).fit(work)
    loaded = AutoTokenizer.from_pretrained(work.folder)
    tokens = sum(len(ids) for ids in loaded(list(SENTENCES), add_special_tokens=False).input_ids)
    assert facts["vocab_size"] == len(loaded) == facts["vocab_size_asked"] == 300
    assert (facts["tokens"], facts["documents"]) == (tokens, len(SENTENCES))
    assert facts["bytes_per_token"] == pytest.approx(sum(len(text) for text in SENTENCES) / tokens)
    assert facts["unknown_rate"] == 0.0
    assert facts["reproducible"] is True
    assert "".join(facts["terms"]["the moon"]) == "the moon"
    assert facts["terms"]["1..999"]["one_token"] == 9
    assert (loaded.pad_token, loaded.eos_token, loaded.bos_token) == ("<|pad|>", "<|endoftext|>", "<|endoftext|>")


def test_control_tokens_are_as_the_recipe_says_and_come_first(tmp_path):
    work = tiny_work(tmp_path, {"docs": SENTENCES})
    names = {"pad": "<pad>", "unk": "<unk>", "bos": "<s>", "eos": "</s>", "others": ["<|user|>"]}
    Tokenizer(data="docs", algorithm="unigram", vocab_size=80, special_tokens=names).fit(work)
    loaded = AutoTokenizer.from_pretrained(work.folder)
    assert loaded.convert_ids_to_tokens(list(range(5))) == ["<pad>", "<unk>", "<s>", "</s>", "<|user|>"]
    assert (loaded.pad_token_id, loaded.unk_token_id, loaded.bos_token_id, loaded.eos_token_id) == (0, 1, 2, 3)


def test_too_little_text_gives_fewer_tokens_and_says_so(tmp_path):
    facts = Tokenizer(data="docs", vocab_size=5000).fit(tiny_work(tmp_path, {"docs": SENTENCES}))
    assert 258 < facts["vocab_size"] < facts["vocab_size_asked"] == 5000


def test_unigram_says_that_it_is_not_reproducible_and_why(tmp_path):
    facts = Tokenizer(data="docs", algorithm="unigram", vocab_size=60).fit(tiny_work(tmp_path, {"docs": SENTENCES}))
    assert facts["reproducible"] is False
    assert "hash order" in facts["why_not_reproducible"]


def test_unknown_tokens_are_counted(tmp_path):
    texts = [*SENTENCES, *("漢字" * 3 for _ in range(3))]
    facts = Tokenizer(data="docs", algorithm="wordpiece", vocab_size=80, min_frequency=50).fit(tiny_work(tmp_path, {"docs": texts}))
    assert facts["unknown_rate"] >= 0.0
    assert facts["data_documents"] == len(texts)


@pytest.mark.parametrize("algorithm", ["bpe", "unigram", "wordpiece"])
@pytest.mark.parametrize("texts", [[""], [None], []])
def test_no_text_is_an_error_of_its_own(tmp_path, algorithm, texts):
    with pytest.raises(NothingLeft):
        Tokenizer(data="docs", algorithm=algorithm, vocab_size=300).fit(tiny_work(tmp_path, {"docs": texts}))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"vocab_size": 200}, "less than the 256 bytes and 2 special tokens"),
        ({"special_tokens": {"pad": "<x>", "eos": "<x>"}}, "special token '<x>' is given twice"),
        ({"terms": ["9..1"]}, "the range 9..1 is empty"),
        ({"terms": ["1..99999999"]}, "longer than a million"),
        ({"algorithm": "bpee"}, "bpe"),
        ({"vocabsize": 300}, "vocabsize"),
    ],
)
def test_what_cannot_be_is_refused_when_the_recipe_is_read(settings, said):
    with pytest.raises(ValidationError, match=said):
        Tokenizer(data="docs", **settings)


def test_the_estimate_knows_size_tokens_and_time(tmp_path):
    step = Tokenizer(data="docs", vocab_size=4096)
    told = step.estimate(Known({"docs": 10}, {"docs": 1_000_000}, {}, 1e11))
    assert told["vocab_size"] == 4096
    assert 3 < told["bytes_per_token"] < 4
    assert told["tokens"] == pytest.approx(1_000_000 / told["bytes_per_token"])
    assert "seconds" not in step.estimate(Known({}, {"docs": None}, {}, 1e11))
