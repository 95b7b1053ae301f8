"""A text does not depend on what is written beside it, and is what Transformers writes for its prompt alone."""

import pytest
import torch
from transformers import GenerationConfig

from tests.model.tuned import loaded, write_base
from tilth.model.adapter import Adapter
from tilth.model.decoding import Line, written
from tilth.model.drawing import Sampling
from tilth.model.load import CPU, Tokenizer, quiet, standing
from tilth.model.ready import Model

FAMILIES = ["llama", "gpt2", "gpt_neox", "t5"]
PROMPTS = ["the cat", "a", "on and on and on", "in the", "Who?", "and the hen sang", "the", "x y z"]
DRAWN = Sampling(9, 1.2, 0.95, 40)


@pytest.fixture(scope="module", params=FAMILIES)
def model(request, tmp_path_factory):
    return Model(write_base(tmp_path_factory.mktemp(request.param) / "base", request.param), "cpu")


def lines(model, sampling, most=9):
    return [Line(model.prompt(prompt), sampling, most, seed) for seed, prompt in enumerate(PROMPTS)]


def texts(model, wanted, stops=(1,)):
    found = dict(written(model.network, wanted, stops, model.tokenizer.filling))
    return [found[number] for number in range(len(wanted))]


@pytest.mark.parametrize("sampling", [Sampling(9), DRAWN, Sampling(9, 1.0)])
def test_a_text_is_the_same_alone_and_among_others(model, sampling):
    wanted = lines(model, sampling)
    together = texts(model, wanted)
    assert together == [texts(model, [line])[0] for line in wanted]
    assert texts(model, wanted[::-1]) == together[::-1]
    assert sampling.temperature == 0 or len({tuple(one) for one in together}) > 4


def test_greedy_and_drawn_texts_share_a_batch(model):
    both = [line for pair in zip(lines(model, Sampling(9)), lines(model, DRAWN), strict=True) for line in pair]
    found = texts(model, both)
    assert found[::2] == texts(model, lines(model, Sampling(9))) and found[1::2] == texts(model, lines(model, DRAWN))


def test_a_greedy_text_is_that_of_transformers_for_the_prompt_alone(model):
    config = GenerationConfig(max_new_tokens=9, do_sample=False, eos_token_id=1, pad_token_id=0)
    for line, found in zip(lines(model, Sampling(9)), texts(model, lines(model, Sampling(9))), strict=True):
        asked = torch.tensor([line.ids])
        with quiet():
            row = model.network.generate(asked, attention_mask=torch.ones_like(asked), generation_config=config)[0].tolist()
        assert found == (row[1:] if model.kind == "encoder_decoder" else row[len(line.ids) :])


def test_a_text_ends_with_its_stop_and_others_go_on(model):
    free = texts(model, lines(model, DRAWN), stops=(1,))
    stop = free[0][2]
    stopped = texts(model, lines(model, DRAWN), stops=(stop,))
    for whole, cut in zip(free, stopped, strict=True):
        if 1 not in whole:
            assert cut == (whole[: whole.index(stop) + 1] if stop in whole else whole)
    assert len(stopped[0]) <= 3 < max(map(len, stopped))


def test_what_is_drawn_first_does_not_depend_on_how_much_is_written(model):
    short, long = (texts(model, lines(model, DRAWN, most)) for most in (4, 9))
    assert short == [one[:4] for one in long]


def test_prompts_of_nearly_the_whole_context_are_written_beside_short_ones(tmp_path):
    model = Model(write_base(tmp_path / "base", "gpt2"), "cpu")
    wanted = [Line([5] * count, Sampling(20), min(20, 40 - count)) for count in (39, 38, 3, 38, 22)]
    found = texts(model, wanted)
    assert [len(one) for one in found] == [1, 2, 20, 2, 18]
    assert found == [texts(model, [line])[0] for line in wanted]


def test_the_settings_of_a_folder_have_no_say(model):
    wanted = texts(model, lines(model, Sampling(9)))
    own = GenerationConfig(repetition_penalty=9.0, no_repeat_ngram_size=1, forced_bos_token_id=7, min_new_tokens=9)
    before, model.network.generation_config = model.network.generation_config, own
    assert texts(model, lines(model, Sampling(9))) == wanted
    assert model.network.generation_config is own
    model.network.generation_config = before


def test_tokens_that_are_alike_to_the_bit_are_chosen_as_alone(tmp_path):
    model = Model(write_base(tmp_path / "base"), "cpu")
    with torch.no_grad():
        model.network.get_input_embeddings().weight[100:200] = model.network.get_input_embeddings().weight[100]
    for sampling in (Sampling(9), Sampling(9, 1.0, top_k=20), Sampling(9, 1.0, 0.5)):
        wanted = lines(model, sampling)
        assert texts(model, wanted) == [texts(model, [line])[0] for line in wanted]


def counted(model, wanted):
    """How many rows the passes of a batch had."""
    rows = set()
    hook = model.network.register_forward_pre_hook(lambda _, __, given: rows.add(len(given["input_ids"])), with_kwargs=True)
    texts(model, wanted)
    hook.remove()
    return rows


def test_weights_that_round_coarsely_write_one_text_at_a_time(tmp_path):
    model = Model(write_base(tmp_path / "base"), "cpu")
    assert counted(model, lines(model, Sampling(9, 1.0, top_k=3))) >= {len(PROMPTS)}
    model.network.to(torch.bfloat16)
    assert counted(model, lines(model, Sampling(9))) == {1}


def test_a_batch_is_bounded_by_what_it_holds(tmp_path, monkeypatch):
    model = Model(write_base(tmp_path / "base"), "cpu")
    wanted = lines(model, Sampling(9))
    whole = texts(model, wanted)
    monkeypatch.setattr("tilth.model.decoding.HELD", 20_000)
    assert max(counted(model, wanted)) < len(PROMPTS)
    assert texts(model, wanted) == whole


def test_the_generators_of_the_process_are_left_alone(model):
    before = torch.random.get_rng_state()
    texts(model, lines(model, DRAWN))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_adapter_beside_its_base_writes_too(tmp_path):
    base = write_base(tmp_path / "base")
    tokenizer, plain = Tokenizer(base), standing(base, type(Model(base, "cpu").network), CPU)
    network = loaded(base, "causal", Adapter())
    network.train(False)
    wanted = [Line(tokenizer.prompt(prompt), Sampling(5), 5) for prompt in PROMPTS]
    assert dict(written(network, wanted, (1,), 0)) == dict(written(plain, wanted, (1,), 0)), "a fresh adapter changes nothing"
