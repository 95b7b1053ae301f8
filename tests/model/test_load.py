"""Models and tokenizers in folders: made, saved, loaded, and refused with a clear sentence."""

import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tilth.errors import AskedWrong, Missing
from tilth.fakes.model import tiny_model
from tilth.fakes.tokenizer import END, tiny_tokenizer
from tilth.model.architecture import Architecture
from tilth.model.endpoint import Endpoint, write_endpoint
from tilth.model.load import Model, Tokenizer, new_model, save_model

SIZES = {"layers": 2, "width": 32, "heads": 4, "context": 24}


@pytest.fixture
def tokenizer(tmp_path):
    return Tokenizer(tiny_tokenizer(tmp_path / "tokenizer"))


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("tied", [True, False])
def test_what_is_saved_is_loaded_by_transformers_with_the_same_logits(tmp_path, tokenizer, kind, tied, capfd):
    model = new_model(Architecture(type=kind, **SIZES, tie_embeddings=tied), tokenizer, seed=1)
    save_model(model, tokenizer, tmp_path / "model")
    ours = Model(tmp_path / "model", "cpu")
    assert capfd.readouterr() == ("", "")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    ids = torch.tensor([AutoTokenizer.from_pretrained(tmp_path / "model")("the cat sat", add_special_tokens=False).input_ids])
    wanted = model.eval()(input_ids=ids).logits
    assert torch.equal(theirs.eval()(input_ids=ids).logits, wanted)
    assert torch.equal(ours.network(input_ids=ids).logits, wanted)
    assert (ours.context, ours.vocabulary) == (24, 268)
    assert {file.name for file in (tmp_path / "model").iterdir()} == {
        "model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip


def test_fresh_weights_are_fp32_and_drawn_from_the_seed_alone(tokenizer):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    models = [new_model(Architecture(**SIZES), tokenizer, seed) for seed in (5, 5, 6)]
    first, same, other = (model.get_input_embeddings().weight for model in models)
    assert first.dtype == torch.float32
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_model_knows_its_control_tokens(tokenizer):
    config = new_model(Architecture(**SIZES), tokenizer, 0).config
    assert (config.pad_token_id, config.bos_token_id, config.eos_token_id) == (0, 1, 1)


def test_an_embedding_matrix_too_small_for_the_tokenizer_is_refused_with_both_numbers(tokenizer):
    with pytest.raises(AskedWrong, match="`vocabulary` is 100, and the tokenizer has 268 tokens"):
        new_model(Architecture(**SIZES, vocabulary=100), tokenizer, 0)


def test_a_larger_embedding_matrix_is_allowed(tokenizer):
    assert new_model(Architecture(**SIZES, vocabulary=320), tokenizer, 0).config.vocab_size == 320


def test_a_text_that_spells_a_control_token_gets_letters_and_a_prompt_gets_the_token(tokenizer):
    [ids] = tokenizer.encode([f"a{END}"])
    assert 1 not in ids
    assert tokenizer.decode(ids) == f"a{END}"
    assert tokenizer.prompt(f"a{END}")[-1] == 1


def test_a_prompt_begins_with_the_begin_token_once(tokenizer):
    assert tokenizer.prompt("a")[0] == 1
    assert tokenizer.prompt(f"{END}a") == tokenizer.prompt("a")
    assert tokenizer.prompt("") == [1]


def test_a_folder_without_a_tokenizer_is_missing_one(tmp_path):
    folder = tiny_model(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(Missing, match="This folder holds no tokenizer") as caught:
        Model(folder, "cpu")
    assert str(folder) in str(caught.value)


def test_a_folder_without_a_model_is_missing_one(tmp_path):
    with pytest.raises(Missing, match="This folder holds no model"):
        Model(tiny_tokenizer(tmp_path), "cpu")


def test_a_tokenizer_larger_than_the_model_is_refused_with_both_numbers(tmp_path):
    folder = tiny_model(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 200}))
    with pytest.raises(AskedWrong, match="200 rows of embeddings, and its tokenizer 268 tokens"):
        Model(folder, "cpu")


def test_a_tokenizer_without_an_end_of_text_is_refused(tmp_path):
    folder = tiny_tokenizer(tmp_path)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    with pytest.raises(AskedWrong, match="no end-of-text token"):
        _ = Tokenizer(folder).marks


def test_an_endpoint_has_no_weights_and_no_tokenizer_here(tmp_path):
    folder = write_endpoint(tmp_path, Endpoint("https://a.org/v1", "gpt"))
    for load in (Model, Tokenizer):
        with pytest.raises(AskedWrong, match="This model is an endpoint: it can be asked, and its weights and its tokenizer are not here"):
            load(folder)
