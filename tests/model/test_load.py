"""Models and tokenizers in folders: made, saved, loaded, and refused with a clear sentence."""

import json
import subprocess
import sys

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tilth.errors import AskedWrong, Missing
from tilth.fakes.model import tiny_model
from tilth.fakes.tokenizer import END, tiny_tokenizer
from tilth.model.architecture import Architecture
from tilth.model.endpoint import Endpoint, write_endpoint
from tilth.model.load import Loading, Tokenizer, network, new_model, save_model
from tilth.model.ready import Model

SIZES = {"layers": 2, "width": 32, "heads": 4, "context": 24}


@pytest.fixture
def tokenizer(tmp_path):
    return Tokenizer(tiny_tokenizer(tmp_path / "tokenizer"))


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gpt_neox"])
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


def written(folder, tokenizer, dtype=torch.float32, **more):
    """A model with fresh weights in a folder."""
    labels = more.pop("labels", ())
    save_model(new_model(Architecture(**{**SIZES, **more}), tokenizer, 1, labels).to(dtype), tokenizer, folder)
    return folder


TASKS = [("llama", "causal", ()), ("gpt2", "classification", ("a", "b", "c")), ("bert", "classification", ("a", "b", "c")), ("t5", "seq2seq", ())]


@pytest.mark.parametrize(("kind", "task", "labels"), TASKS)
def test_a_network_of_half_precision_is_trained_in_fp32_and_a_base_stays_as_it_is(tmp_path, tokenizer, kind, task, labels):
    folder = written(tmp_path / "model", tokenizer, torch.bfloat16, type=kind, labels=labels if kind == "bert" else ())
    masters = network(folder, task, Loading(labels=labels))
    assert {weight.dtype for weight in masters.network.parameters()} == {torch.float32}
    assert (masters.facts["weights"], masters.facts["weights_in_folder"], masters.facts["attention"]) == ("fp32", "bf16", "sdpa")
    base = network(folder, task, Loading(labels=labels, masters=False))
    assert {weight.dtype for weight in base.network.parameters()} == {torch.bfloat16}
    assert base.facts["weights"] == "bf16"


@pytest.mark.parametrize(("kind", "task", "labels"), TASKS)
def test_one_step_changes_every_weight_and_what_is_saved_is_loaded_with_the_same_logits(tmp_path, tokenizer, kind, task, labels):
    folder = written(tmp_path / "model", tokenizer, type=kind, labels=labels if kind == "bert" else ())
    model = network(folder, task, Loading(labels=labels)).network
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    ids = torch.arange(2, 22)[None]
    model(input_ids=ids, labels=torch.tensor([1]) if labels else ids).loss.backward()
    torch.optim.SGD(model.parameters(), lr=10.0).step()
    still = {name for name, weight in model.named_parameters() if torch.equal(weight, before[name])}
    assert still <= {f"bert.encoder.layer.{layer}.attention.self.key.bias" for layer in range(2)}  # moves all scores of a row alike
    save_model(model, tokenizer, tmp_path / "tuned")
    again = network(tmp_path / "tuned", task, Loading(labels=labels)).network
    more = {"decoder_input_ids": ids} if task == "seq2seq" else {}
    assert torch.equal(again(input_ids=ids, **more).logits, model(input_ids=ids, **more).logits)
    if kind in ("llama", "t5"):
        assert again.get_input_embeddings().weight is again.get_output_embeddings().weight


def test_keys_are_not_kept_while_training_and_are_again_by_what_is_saved(tmp_path, tokenizer):
    model = network(written(tmp_path / "model", tokenizer), "causal").network
    assert model.config.use_cache is False
    save_model(model, tokenizer, tmp_path / "tuned")
    assert json.loads((tmp_path / "tuned" / "config.json").read_text())["use_cache"] is True
    assert model.config.use_cache is False


def test_a_fresh_head_is_drawn_from_the_seed_and_an_old_one_is_kept(tmp_path, tokenizer):
    folder = written(tmp_path / "model", tokenizer)
    first, same, other = (network(folder, "classification", Loading(labels=("a", "b"), seed=seed)) for seed in (5, 5, 6))
    assert first.fresh == ["score"]
    assert torch.equal(first.network.score.weight, same.network.score.weight)
    assert not torch.equal(first.network.score.weight, other.network.score.weight)
    save_model(first.network, tokenizer, tmp_path / "classifier")
    kept = network(tmp_path / "classifier", "classification", Loading(labels=("a", "b"), seed=9))
    assert torch.equal(kept.network.score.weight, first.network.score.weight)
    assert kept.fresh == []
    anew = network(tmp_path / "classifier", "classification", Loading(labels=("a", "b", "c"), seed=9))
    assert anew.network.score.weight.shape == (3, 32)
    assert anew.network.config.id2label == {0: "a", 1: "b", 2: "c"}
    assert anew.fresh == ["score"]


def test_without_a_pad_token_rows_are_filled_with_the_end_and_the_tokenizers_files_stay(tmp_path, tokenizer):
    folder = written(tmp_path / "model", tokenizer)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    del config["pad_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    plain = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**plain, "pad_token_id": None}))
    loaded = network(folder, "classification", Loading(labels=("a", "b")))
    assert Tokenizer(folder).filling == loaded.facts["filling_token"] == loaded.network.config.pad_token_id == 1
    assert json.loads((folder / "tokenizer_config.json").read_text()) == config
    assert Tokenizer(tokenizer.folder).filling == 0


def test_a_row_longer_than_the_model_sees_is_refused_with_both_numbers(tmp_path, tokenizer):
    folder = written(tmp_path / "model", tokenizer)
    assert network(folder, "causal", Loading(length=24)).facts["quantized"] is None
    with pytest.raises(AskedWrong, match="`length` is 25 tokens, and the model sees 24"):
        network(folder, "causal", Loading(length=25))
    with pytest.raises(AskedWrong, match="the model sees 24"):
        network(written(tmp_path / "gpt2", tokenizer, type="gpt2"), "causal", Loading(length=25))
    assert network(written(tmp_path / "t5", tokenizer, type="t5"), "seq2seq", Loading(length=2500)).fresh == []


@pytest.mark.parametrize(
    ("kind", "task", "said"),
    [
        ("bert", "causal", "`bert` is an encoder; it cannot go on with texts"),
        ("bert", "seq2seq", "`bert` is an encoder; it cannot answer one text with another"),
        ("t5", "causal", "`t5` is an encoder–decoder; it cannot go on with texts"),
        ("t5", "classification", "`t5` is an encoder–decoder; it cannot be taught labels here"),
        ("llama", "seq2seq", "`llama` is a decoder; it cannot answer one text with another"),
    ],
)
def test_a_family_that_cannot_do_a_task_is_refused_with_what_it_can(tmp_path, tokenizer, kind, task, said):
    folder = written(tmp_path / "model", tokenizer, type=kind, labels=("a", "b") if kind == "bert" else ())
    with pytest.raises(AskedWrong, match=said) as caught:
        network(folder, task)
    assert "train." in caught.value.accepted
    if (kind, task) == ("bert", "causal"):
        with pytest.raises(AskedWrong, match=said):
            Model(folder, "cpu")


def test_an_encoder_from_nothing_needs_labels(tokenizer):
    with pytest.raises(AskedWrong, match="`bert` is an encoder; it cannot go on with texts"):
        new_model(Architecture(**SIZES, type="bert"), tokenizer, 0)
    with pytest.raises(AskedWrong, match="`t5` is an encoder–decoder; it cannot be taught labels here"):
        new_model(Architecture(**SIZES, type="t5"), tokenizer, 0, ("a", "b"))


def test_weights_that_are_a_pickle_are_refused_with_what_to_do(tmp_path, tokenizer):
    folder = written(tmp_path / "model", tokenizer)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    for load in (lambda: network(folder, "causal"), lambda: Model(folder, "cpu")):
        with pytest.raises(AskedWrong, match=r"The weights are a pickle \(pytorch_model.bin\), which may run any code") as caught:
            load()
        assert "save_pretrained" in caught.value.remedy
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(Missing, match="This folder holds no weights"):
        network(folder, "causal")


def test_loading_a_model_without_an_adapter_does_not_load_peft(tmp_path, tokenizer):
    folder = written(tmp_path / "model", tokenizer)
    code = "import sys; from pathlib import Path; from tilth.model.ready import Model; Model(Path(sys.argv[1]), 'cpu'); print('peft' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


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
