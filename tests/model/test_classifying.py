"""Which classifier lies in a folder, and which of its labels is asked for."""

import json
import subprocess
import sys

import pytest

from tilth.errors import AskedWrong, Missing
from tilth.model.classifying import chosen, fasttext_file, is_transformers, labels_of


def test_a_folder_with_one_file_of_fasttext_is_fasttexts(tmp_path):
    with pytest.raises(Missing, match="no classifier"):
        fasttext_file(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"")
    assert fasttext_file(tmp_path) == fasttext_file(tmp_path / "model.bin") == tmp_path / "model.bin"
    assert not is_transformers(tmp_path)
    (tmp_path / "other.ftz").write_bytes(b"")
    with pytest.raises(Missing, match="several models"):
        fasttext_file(tmp_path)


def test_labels_are_those_of_the_configuration(tmp_path):
    def labels(**config):
        (tmp_path / "config.json").write_text(json.dumps(config))
        return labels_of(tmp_path)

    assert labels(id2label={"1": "good", "0": "bad"}, architectures=["BertForSequenceClassification"]) == ["bad", "good"]
    assert labels() == ["LABEL_0", "LABEL_1"] and labels(num_labels=1) == ["LABEL_0"]
    assert is_transformers(tmp_path)
    with pytest.raises(AskedWrong, match="LlamaForCausalLM, and does not classify"):
        labels(architectures=["LlamaForCausalLM"])


def test_a_label_that_is_none_of_the_models_is_refused_with_those_it_has(tmp_path):
    assert chosen("good", ["bad", "good"], tmp_path) == "good" and chosen(None, ["mark"], tmp_path) == "mark"
    with pytest.raises(AskedWrong, match="no label `god`") as error:
        chosen("god", ["bad", "good"], tmp_path)
    assert "bad, good" in str(error.value.accepted)
    with pytest.raises(AskedWrong, match="several labels, and none is asked for"):
        chosen(None, ["bad", "good"], tmp_path)


def test_reading_the_module_loads_no_torch():
    code = "import sys, tilth.steps.filter.classifier; assert not {'torch', 'transformers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
