"""Static encoders: the mean of the vectors of tokens, in every layout in which they lie about."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from tilth.errors import AskedWrong, Missing
from tilth.fakes.encoder import tiny_encoder
from tilth.fakes.model import write_weights
from tilth.model.embedding import parts_of
from tilth.model.encoders import Static, made

TEXTS = ["the cat and the hat", "on", "", "a much longer text, with numbers 1 2 3 and ünïcode ✓"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


def table(folder):
    return load_file(folder / "model.safetensors")["embeddings"]


def tokens(folder, text):
    return Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text, add_special_tokens=False).ids


def test_a_text_is_the_mean_of_its_tokens(folder):
    found = Static(folder).encode(TEXTS)
    vectors = table(folder)
    for text, line in zip(TEXTS, found, strict=True):
        ids = tokens(folder, text)
        assert np.allclose(line, vectors[ids].mean(axis=0) if ids else 0, atol=1e-6)
    assert not found[2].any()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=20), st.data())
def test_a_texts_vector_does_not_depend_on_what_it_is_encoded_with(folder, texts, data):
    encoder = Static(folder)
    whole = encoder.encode(texts)
    some = data.draw(st.permutations(range(len(texts))))[: len(texts) // 2 + 1]
    assert (encoder.encode([texts[one] for one in some]) == whole[some]).all()


def test_long_columns_are_encoded_in_pieces_that_change_nothing(folder):
    texts = [f"{one} and the other {one * 7}" for one in range(3000)]
    encoder = Static(folder)
    found = encoder.encode(texts)
    assert (np.concatenate([encoder.encode([text]) for text in texts[::500]]) == found[::500]).all()


def test_a_quantised_vocabulary_maps_tokens_to_lines_with_weights(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "quantised")
    vectors, draw = table(folder), np.random.default_rng(2)
    weights = draw.uniform(0.5, 2, len(vectors)).astype("<f4")
    mapping = draw.integers(0, 40, len(vectors))
    tensors = {"embeddings": vectors[:40], "weights": weights}
    save_file({**tensors, "mapping": mapping.astype(np.int32)}, tmp_path / "quantised" / "model.safetensors")
    ids = tokens(folder, TEXTS[0])
    expected = (vectors[:40][mapping[ids]] * weights[ids][:, None]).mean(axis=0)
    assert np.allclose(Static(tmp_path / "quantised").encode(TEXTS[:1])[0], expected, atol=1e-5)


def test_unknown_tokens_do_not_count(tmp_path):
    names = {"[UNK]": 0, "cat": 1, "hat": 2}
    whole = {"version": "1.0", "added_tokens": [], "model": {"type": "WordLevel", "vocab": names, "unk_token": "[UNK]"}}
    whole |= {"pre_tokenizer": {"type": "Whitespace"}, **dict.fromkeys(("truncation", "padding", "normalizer", "post_processor", "decoder"))}
    (tmp_path / "tokenizer.json").write_text(json.dumps(whole))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "model2vec"}))
    write_weights({"embeddings": np.array([[9, 9], [1, 0], [0, 1]], "<f4")}, tmp_path / "model.safetensors")
    assert Static(tmp_path).encode(["cat dog hat", "dog"]).tolist() == [[0.5, 0.5], [0, 0]]


def test_no_more_tokens_are_read_than_the_model_says(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "short")
    (tmp_path / "short" / "config.json").write_text(json.dumps({"model_type": "model2vec", "max_length": 3}))
    encoder = Static(tmp_path / "short")
    assert encoder.facts["tokens"] == 3
    ids = tokens(folder, TEXTS[0])[:3]
    assert np.allclose(encoder.encode(TEXTS[:1])[0], table(folder)[ids].mean(axis=0), atol=1e-6)


def test_the_layouts_of_sentence_transformers_hold_the_same_vectors(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "st" / "0_StaticEmbedding")
    write_weights({"embedding.weight": table(folder)}, tmp_path / "st" / "0_StaticEmbedding" / "model.safetensors")
    parts = [{"idx": 0, "name": "0", "path": "0_StaticEmbedding", "type": "sentence_transformers.models.StaticEmbedding"}]
    (tmp_path / "st" / "modules.json").write_text(json.dumps(parts))
    assert (made(tmp_path / "st", parts_of(tmp_path / "st")).encode(TEXTS) == Static(folder).encode(TEXTS)).all()


def test_a_folder_that_lacks_something_is_told(folder, tmp_path):
    with pytest.raises(Missing, match=r"needs `tokenizer\.json`"):
        Static(tmp_path)
    shutil.copytree(folder, tmp_path / "cut")
    (tmp_path / "cut" / "model.safetensors").write_bytes(b"\x08\0\0\0")
    with pytest.raises(Missing, match="cannot be read"):
        Static(tmp_path / "cut")
    write_weights({"other": np.zeros((2, 2), "<f4")}, tmp_path / "cut" / "model.safetensors")
    with pytest.raises(AskedWrong, match="no vectors of tokens"):
        Static(tmp_path / "cut")
