"""What is written is new text only, ends for a known reason, and depends on seed and prompt alone."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.model.tuned import write_base
from tilth.errors import AskedWrong
from tilth.fakes.model import tiny_model
from tilth.model.generate import Sampling, Writer

DRAWN = Sampling(max_new_tokens=8, temperature=1.0)


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    return Writer(tiny_model(tmp_path_factory.mktemp("tiny")), "cpu")


def test_the_limit_counts_new_tokens_only(writer):
    for prompt in ("a", "a longer prompt"):
        found = writer.write(prompt, Sampling(5), seed=1)
        assert found.tokens <= 5
        assert not found.text.startswith(prompt)


def test_greedy_takes_the_likeliest_token_each_time(writer):
    ids = writer.model.tokenizer.prompt("The")
    wanted = []
    for _ in range(6):
        wanted.append(int(writer.model.network(input_ids=torch.tensor([ids + wanted])).logits[0, -1].argmax()))
    found = writer.write("The", Sampling(6), seed=1)
    assert found.text == writer.model.tokenizer.decode([token for token in wanted if token != 1])
    assert writer.write("The", Sampling(6), seed=2) == found


def test_a_sample_depends_on_its_seed_and_prompt_alone(writer):
    alone = writer.write("The", DRAWN, seed=3)
    torch.manual_seed(99)
    writer.write("Other", DRAWN, seed=3)
    assert writer.write("The", DRAWN, seed=3) == alone
    assert len({writer.write("The", DRAWN, seed).text for seed in range(5)}) > 1


def test_the_generators_of_the_process_are_left_alone(writer):
    before = torch.random.get_rng_state()
    writer.write("The", DRAWN, seed=3)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_drawing_from_one_token_is_greedy(writer):
    greedy = writer.write("The", Sampling(8), seed=1)
    assert writer.write("The", Sampling(8, temperature=1.0, top_k=1), seed=5) == greedy
    assert writer.write("The", Sampling(8, temperature=1.0, top_p=1e-9), seed=5) == greedy


def test_it_says_why_it_ended(writer, tmp_path):
    room = writer.model.context - len(writer.model.tokenizer.prompt("The"))
    short, long = (writer.write("The", Sampling(limit), seed=1) for limit in (4, room + 5))
    assert (short.tokens, short.stopped) == (4, "length")
    assert (long.tokens, long.stopped) == (room, "context")
    ended = Writer(ends_at_once(tmp_path), "cpu").write("The", Sampling(9), seed=1)
    assert (ended.text, ended.tokens, ended.stopped) == ("", 1, "eos")


def ends_at_once(folder):
    """A tiny model whose likeliest token is always the end: every hidden state is the same, and so is its embedding."""
    file = tiny_model(folder) / "model.safetensors"
    weights = load_file(file)
    weights["model.embed_tokens.weight"] = torch.zeros_like(weights["model.embed_tokens.weight"]) + 0.01
    weights["model.embed_tokens.weight"][1] += 1.0
    for name in weights:
        if "self_attn" in name or "mlp" in name:
            weights[name] = torch.zeros_like(weights[name])
    save_file(weights, file, {"format": "pt"})
    return folder


def test_a_prompt_that_fills_the_context_is_refused_with_both_numbers(writer):
    with pytest.raises(AskedWrong, match="A prompt has 101 tokens, and the model sees 32"):
        writer.write("x" * 100, DRAWN, seed=1)


def test_nothing_is_said_on_the_screen(writer, capfd):
    writer.write("The", DRAWN, seed=1)
    writer.write("The", Sampling(3), seed=1)
    assert capfd.readouterr() == ("", "")


def test_many_are_written_as_each_alone_and_told_by_their_numbers(writer):
    prompts = ["The", "A hen sang", "x" * 25, "on", "and the"]
    lines = [writer.line(prompt, way, seed) for seed, prompt in enumerate(prompts) for way in (Sampling(8), DRAWN)]
    found = dict(writer.written(lines))
    alone = [writer.write(prompt, way, seed) for seed, prompt in enumerate(prompts) for way in (Sampling(8), DRAWN)]
    assert [found[number] for number in range(len(lines))] == alone
    assert {one.stopped for one in alone} >= {"length", "context"}


def test_an_encoder_and_a_decoder_answers_a_prompt_of_any_length(tmp_path):
    writer = Writer(write_base(tmp_path / "t5", "t5"), "cpu")
    found = writer.write("the cat " * 40, Sampling(5), 1)
    assert found.tokens <= 5 and found.stopped in ("eos", "length")
