"""Models that can be asked: decoders and encoders with decoders, each with its own way of reading a prompt."""

import pytest

from tests.model.tuned import write_base
from tilth.errors import AskedWrong
from tilth.model.endpoint import Endpoint, write_endpoint
from tilth.model.ready import Model, writes
from tilth.model.seq2seq import source


def test_a_decoder_goes_on_within_its_context(tmp_path):
    model = Model(write_base(tmp_path / "base"), "cpu")
    assert (model.kind, model.context, model.vocabulary) == ("decoder", 40, 268)
    assert model.prompt("a") == model.tokenizer.prompt("a")
    assert (model.room(39), model.room(40)) == (1, 0)


def test_an_encoder_and_a_decoder_reads_a_source_and_has_room_apart(tmp_path):
    model = Model(write_base(tmp_path / "base", "t5"), "cpu")
    assert model.kind == "encoder_decoder" and model.context >= 1 << 30
    assert model.prompt("the cat") == source(model.tokenizer, "the cat")
    assert model.room(5000) == model.context


def test_control_tokens_in_a_prompt_mean_what_they_say_and_in_a_row_they_are_letters(tmp_path):
    model = Model(write_base(tmp_path / "base", "t5"), "cpu")
    assert 1 in model.prompt("a<|endoftext|>") and 1 not in source(model.tokenizer, "a<|endoftext|>")


def test_what_writes_nothing_is_refused(tmp_path):
    folder = write_base(tmp_path / "bert", "bert")
    for ask in (lambda: writes(folder), lambda: Model(folder, "cpu")):
        with pytest.raises(AskedWrong, match="`bert` is an encoder; it cannot go on with texts"):
            ask()
    with pytest.raises(AskedWrong, match="This model is an endpoint"):
        writes(write_endpoint(tmp_path / "endpoint", Endpoint("http://localhost:1", "tiny", key=None)))
