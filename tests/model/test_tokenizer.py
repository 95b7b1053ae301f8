"""Tokenizers are learned, numbered the same in every process, and loaded by Transformers."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from transformers import AutoTokenizer

from tilth.fakes.sentences import SENTENCES
from tilth.model.checkpoint import digest
from tilth.model.tokenizer import Plan, canonical_unigram, learn, save

SHARED = Path(__file__).parents[3] / "shared" / "data"
STORIES = SHARED / "stories" / "tinystories.txt.gz"
CODE = """
import sys
from pathlib import Path
from tilth.model.tokenizer import Plan, learn, save
texts = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
for algorithm in ("bpe", "wordpiece", "unigram"):
    unknown = None if algorithm == "bpe" else "<unk>"
    made = learn(Plan(algorithm, int(sys.argv[2]), 2, ("<pad>", "<unk>", "<end>"), unknown), lambda: texts)
    save(made, {"pad": "<pad>", "eos": "<end>"}, Path(sys.argv[3]) / algorithm)
"""


def plan(algorithm, size):
    return Plan(algorithm, size, 2, ("<pad>", "<unk>", "<end>"), None if algorithm == "bpe" else "<unk>")


def in_another_process(texts, size, folder, hash_seed):
    folder.mkdir()
    (folder / "texts").write_text("\n".join(texts), encoding="utf-8")
    more = {"PYTHONHASHSEED": str(hash_seed), "RAYON_NUM_THREADS": str(1 + hash_seed % 3)}
    subprocess.run([sys.executable, "-c", CODE, folder / "texts", str(size), folder], check=True, env={**os.environ, **more})
    return {algorithm: digest(folder / algorithm / "tokenizer.json") for algorithm in ("bpe", "wordpiece", "unigram")}


def test_every_process_numbers_bpe_and_wordpiece_the_same(tmp_path):
    texts = [*SENTENCES, "Ünïcödé 漢字 ##a 123 ++ 99", "naïve façade — “quoted”"] * 2
    found = [in_another_process(texts, 400, tmp_path / str(seed), seed) for seed in range(3)]
    for algorithm in ("bpe", "wordpiece"):
        assert len({digests[algorithm] for digests in found}) == 1, algorithm


@pytest.mark.skipif(not STORIES.exists(), reason="real stories are not here")
def test_on_real_text_unigram_too_is_the_same_once_it_is_settled(tmp_path):
    with gzip.open(STORIES, "rt", encoding="utf-8") as lines:
        texts = [line.strip() for line, _ in zip(lines, range(4000), strict=False)]
    first, second = (in_another_process(texts, 1000, tmp_path / str(seed), seed) for seed in range(2))
    assert first == second


@pytest.mark.parametrize(("algorithm", "size"), [("bpe", 300), ("unigram", 60), ("wordpiece", 120)])
def test_transformers_loads_it_with_its_control_tokens_first(tmp_path, algorithm, size):
    made = learn(plan(algorithm, size), lambda: SENTENCES)
    save(made, {"pad": "<pad>", "unk": "<unk>", "bos": "<end>", "eos": "<end>"}, tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert (loaded.pad_token_id, loaded.unk_token_id, loaded.eos_token_id, loaded.bos_token_id) == (0, 1, 2, 2)
    assert len(loaded) == made.get_vocab_size() <= size
    ids = loaded("The small cat sat on the mat and slept.", add_special_tokens=False).input_ids
    assert 1 not in ids
    assert loaded.decode(ids) in ("The small cat sat on the mat and slept.", "The small cat sat on the mat and slept .")
    assert loaded.convert_ids_to_tokens([2]) == ["<end>"]
    assert loaded("cat<end>", add_special_tokens=False).input_ids[-1] == 2


@given(st.text(max_size=60))
def test_byte_level_bpe_loses_nothing(text):
    assert BPE.decode(BPE.encode(text).ids) == text


BPE = learn(plan("bpe", 300), lambda: SENTENCES)


@given(st.text(alphabet="The cat.\n", max_size=60))
def test_unigram_keeps_blanks_and_lines_of_what_it_knows(text):
    assert UNIGRAM.decode(UNIGRAM.encode(text).ids) == text


UNIGRAM = learn(plan("unigram", 80), lambda: [*SENTENCES, "one line\nand another\n\n  indented"] * 3)


def test_no_piece_of_unigram_crosses_the_end_of_a_line():
    assert all(piece == "\n" for piece in UNIGRAM.get_vocab() if "\n" in piece)


def test_numbers_are_without_a_gap():
    for algorithm in ("bpe", "unigram", "wordpiece"):
        vocabulary = learn(plan(algorithm, 320), lambda: SENTENCES).get_vocab()
        assert sorted(vocabulary.values()) == list(range(len(vocabulary))), algorithm


def test_what_tokenizers_leaves_to_chance_in_unigram_is_settled():
    one = {"the": -2.0000000001, "é": -9.0, "ü": -8.9999, "ab": -9.0, "z": -8.9998}
    other = {"ab": -9.0, "z": -9.0, "é": -8.9998, "the": -2.0, "ü": -8.9999}
    assert canonical_unigram(one) == canonical_unigram(other)
    assert canonical_unigram(one)[0] == ("the", -2.0)
    assert canonical_unigram({}) == []


def test_wordpiece_keeps_the_most_frequent_letters_when_there_are_more_than_fit():
    texts = ["".join(chr(0x4E00 + number) for number in range(500)), *["一丁"] * 9]
    made = learn(plan("wordpiece", 43), lambda: texts)
    vocabulary = made.get_vocab()
    assert len(vocabulary) <= 43
    assert "一" in vocabulary
    assert chr(0x4E00 + 499) not in vocabulary
