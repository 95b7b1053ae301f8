"""A classifier of Transformers that was trained here on a few words tells them apart, whatever it is asked with."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from transformers import BertConfig, BertForSequenceClassification  # noqa: E402

from tilth.errors import AskedWrong, Missing  # noqa: E402
from tilth.fakes.tokenizer import tiny_tokenizer  # noqa: E402
from tilth.model.classifying import classifier  # noqa: E402
from tilth.model.load import Tokenizer, quiet  # noqa: E402

GOOD, BAD = "a calm and useful sentence", "buy buy cheap pills now"


def write_classifier(folder, labels=("bad", "good"), steps=60, **config):
    """A BERT of one layer that was taught which of two sentences is good, and its tokenizer."""
    tiny_tokenizer(folder)
    tokenizer = Tokenizer(folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 64}
    names = dict(enumerate(labels))
    torch.manual_seed(3)
    made = BertConfig(vocab_size=tokenizer.size, pad_token_id=tokenizer.full.pad_token_id, id2label=names, **sizes, **config)
    with quiet():
        network = BertForSequenceClassification(made)
    inputs = tokenizer.full([BAD, GOOD], return_tensors="pt", padding=True)["input_ids"]
    learner = torch.optim.Adam(network.parameters(), 0.01)
    network.train(True)
    for _ in range(steps if len(labels) == 2 and not config else 0):
        learner.zero_grad()
        torch.nn.functional.cross_entropy(network(input_ids=inputs).logits, torch.tensor([0, 1])).backward()
        learner.step()
    with quiet():
        network.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_classifier(tmp_path_factory.mktemp("classifier"))


def test_what_was_learned_is_told(folder):
    bad, good = classifier(folder, 64).scores([BAD, GOOD], "good")
    assert bad < 0.2 < 0.8 < good
    np.testing.assert_allclose(classifier(folder, 64).scores([BAD, GOOD], "bad"), [1 - bad, 1 - good], atol=1e-6)


def test_a_score_does_not_move_with_what_is_scored_beside_it(folder):
    texts = [f"{GOOD} {'and more ' * (number % 7)}{BAD if number % 3 else ''}" for number in range(50)]
    together = classifier(folder, 64).scores(texts, "good")
    alone = np.concatenate([classifier(folder, 64).scores([text], "good") for text in texts])
    assert (together.round(4) == alone.round(4)).all() and np.abs(together - alone).max() < 1e-6
    assert (classifier(folder, 64).scores(texts[::-1], "good")[::-1].round(4) == together.round(4)).all()


def test_of_a_long_text_the_head_is_read(folder):
    short = classifier(folder, 8)
    head, long, other = short.scores([GOOD[:4], GOOD[:4] + "!" * 9000, BAD], "good")
    assert short.facts["tokens"] == 8 and classifier(folder, 9999).facts["tokens"] <= 64
    assert long == short.scores([GOOD[:4] + "!" * 500], "good")[0] != other
    assert np.isfinite(head)


def test_nothing_is_scored_where_nothing_is_asked(folder):
    assert len(classifier(folder, 64).scores([], "good")) == 0


def test_labels_that_do_not_exclude_each_other_are_scored_alone(tmp_path):
    several = write_classifier(tmp_path, ("rude", "sad", "long"), problem_type="multi_label_classification")
    scores = [classifier(several, 64).scores([GOOD], label)[0] for label in ("rude", "sad", "long")]
    assert all(0 < score < 1 for score in scores) and abs(sum(scores) - 1) > 0.01


def test_a_single_output_is_the_score_itself(tmp_path):
    write_classifier(tmp_path, ("mark",), problem_type="regression")
    (score,) = classifier(tmp_path, 64).scores([GOOD], "mark")
    assert score != 1


def test_a_folder_that_lacks_weights_or_a_token_to_fill_up_with_says_so(tmp_path):
    write_classifier(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(Missing, match="cannot be (loaded|read)"):
        classifier(tmp_path, 64)
    write_classifier(tmp_path)
    told = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({name: value for name, value in told.items() if name not in ("pad_token", "eos_token")})
    )
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "pad_token_id": None}))
    with pytest.raises(AskedWrong, match="no token to fill up with"):
        classifier(tmp_path, 63)
