"""Folders of models that are broken in every way: each is refused in one paragraph with the folder, and none is trained as if nothing were."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.model.tuned import LABELS, write_base
from tests.tuned import work
from tilth.errors import AskedWrong, Missing
from tilth.model.load import Loading, Tokenizer, network
from tilth.model.opening import opening
from tilth.steps.train.sft import Sft


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("whole") / "base")


def edited(name, **changes):
    """A change of a JSON file; None takes a key away."""

    def change(folder):
        told = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({key: value for key, value in {**told, **changes}.items() if value is not None}))

    return change


def written(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def cut(folder):
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-100])


def pickled(folder):
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def in_python(folder):
    edited("tokenizer_config.json", tokenizer_class="ByT5Tokenizer")(folder)
    (folder / "tokenizer.json").unlink()


def without(*names):
    return lambda folder: [(folder / name).unlink() for name in names]


BROKEN = {
    "no folder": (shutil.rmtree, Missing, "holds no tokenizer"),
    "no tokenizer": (without("tokenizer.json", "tokenizer_config.json"), Missing, "holds no tokenizer"),
    "no tokenizer.json": (without("tokenizer.json"), Missing, "cannot be read: Couldn't instantiate"),
    "a tokenizer that is no JSON": (written("tokenizer.json", b"{"), Missing, "cannot be read"),
    "a tokenizer of something else": (written("tokenizer.json", b"{}"), Missing, "cannot be read"),
    "a tokenizer in Python": (in_python, AskedWrong, "`ByT5Tokenizer`, which has no `tokenizer.json`"),
    "a tokenizer without an end": (edited("tokenizer_config.json", eos_token=None), AskedWrong, "no end-of-text token"),
    "a template that is no text": (written("chat_template.jinja", b"\xff"), Missing, "cannot be read: 'utf-8'"),
    "no configuration": (without("config.json"), Missing, "holds no model"),
    "a configuration that is no JSON": (written("config.json", b"{"), Missing, "is not a valid JSON file"),
    "an unknown model": (edited("config.json", model_type="nonesuch"), Missing, "nonesuch"),
    "no weights": (without("model.safetensors"), Missing, "holds no weights"),
    "empty weights": (written("model.safetensors", b""), Missing, "header too small"),
    "half of the weights": (cut, Missing, "cannot be read: .*not fully covered"),
    "a pickle": (pickled, AskedWrong, "which may run any code"),
    "more tokens than embeddings": (edited("config.json", vocab_size=100), AskedWrong, "100 rows of embeddings, and its tokenizer 268"),
    "more embeddings than there are": (
        edited("config.json", vocab_size=1000),
        Missing,
        r"embed_tokens.weight \(\(268, 64\) in the folder, \(1000, 64\)",
    ),
    "more layers than there are": (edited("config.json", num_hidden_layers=3), Missing, r"of the weights .*: model.layers.2.input_layernorm.weight"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_folder_that_is_broken_is_refused_in_a_paragraph_and_nothing_is_written(whole, tmp_path, case):
    change, kind, said = BROKEN[case]
    folder = shutil.copytree(whole, tmp_path / "base")
    change(folder)
    here = work(tmp_path, {"d": [{"question": "a?", "answer": "b"}]}, {"base": folder})
    with pytest.raises(kind, match=said) as caught:
        Sft(data="d", model="base", template="plain", steps=1, batch=1, precision="fp32").fit(here)
    assert str(folder) in caught.value.where and caught.value.remedy + caught.value.accepted
    assert "\n" not in caught.value.found and not list(here.folder.iterdir())


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_of_a_classifier_the_head_may_be_fresh_and_no_layer(tmp_path, family):
    base = write_base(tmp_path / "base", family)
    found = network(base, "classification", Loading(labels=("one", "other", "third", "last")))
    assert found.fresh in (["classifier"], ["score"])
    file = base / "model.safetensors"
    save_file({name: weight for name, weight in load_file(file).items() if ".0." not in name or "layer" not in name}, file, {"format": "pt"})
    with pytest.raises(Missing, match=r"does not hold .* of the weights that its configuration names: .*layers?\.0\."):
        network(base, "classification", Loading(labels=LABELS))


def test_an_adapter_whose_base_is_gone_is_told(whole, tmp_path):
    here = work(tmp_path, {"d": [{"question": "a?", "answer": "b"}]}, {"base": whole})
    settings = {"data": "d", "template": "plain", "steps": 1, "batch": 1, "precision": "fp32"}
    Sft(**settings, model="base", adapter={"rank": 2}).fit(here)
    shutil.rmtree(here.folder / "base")
    with pytest.raises(Missing, match="There is no such folder"):
        Sft(**settings, model="tuned").fit(work(tmp_path / "again", {"d": [{"question": "a?", "answer": "b"}]}, {"tuned": here.folder}))


def test_memory_that_runs_out_and_our_own_errors_are_not_taken_for_a_broken_folder(tmp_path):
    for error in (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"), AskedWrong("It is asked wrong.")):
        with pytest.raises(type(error)) as caught, opening(tmp_path):
            raise error
        assert caught.value is error
    with pytest.raises(Missing, match="cannot be read: KeyError"), opening(tmp_path):
        raise KeyError


def test_a_folder_that_is_whole_is_opened(whole):
    assert network(whole, "causal").fresh == [] and Tokenizer(whole).size == 268
