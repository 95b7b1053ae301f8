"""Examples in lines: each once, none too many, as tight as best-fit decreasing; and none sees another."""

import subprocess
import sys
from itertools import permutations

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM

from tilth.errors import AskedWrong
from tilth.model.examples import Example
from tilth.model.material import filled
from tilth.model.pack import IGNORED
from tilth.model.packing import best_fit

SIZES = {"vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64}
NETWORKS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, intermediate_size=48, num_key_value_heads=2)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=97, n_embd=32, n_layer=2, n_head=4, n_positions=64)),
    "gpt_neox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**SIZES, intermediate_size=48)),
}


def best_fit_one_by_one(lengths, length):
    """The rooms that are left in the lines, by the definition."""
    rooms = []
    for size in sorted(lengths, reverse=True):
        holding = [place for place, room in enumerate(rooms) if room >= size]
        if holding:
            rooms[min(holding, key=lambda place: rooms[place])] -= size
        else:
            rooms.append(length - size)
    return sorted(rooms)


def fewest(lengths, length):
    """The fewest lines that are possible, by trying every order."""

    def lines(order):
        count, room = 0, 0
        for size in order:
            count, room = (count, room - size) if size <= room else (count + 1, length - size)
        return count

    return min(lines(order) for order in permutations(lengths))


@given(st.integers(1, 70).flatmap(lambda length: st.tuples(st.just(length), st.lists(st.integers(1, length), max_size=60))))
def test_every_example_is_in_one_line_and_the_lines_are_those_of_best_fit(case):
    length, lengths = case
    bins = best_fit(lengths, length)
    assert sorted(number for one in bins for number in one) == list(range(len(lengths)))
    assert all(one == sorted(one) for one in bins) and [one[0] for one in bins] == sorted(one[0] for one in bins)
    rooms = [length - sum(lengths[number] for number in one) for one in bins]
    assert all(room >= 0 for room in rooms) and sorted(rooms) == best_fit_one_by_one(lengths, length)


@given(st.lists(st.integers(1, 20), max_size=6))
def test_there_are_at_most_eleven_ninths_of_the_fewest_lines_and_one(lengths):
    assert len(best_fit(lengths, 20)) <= 11 / 9 * fewest(lengths, 20) + 1


@pytest.mark.parametrize("seed", range(5))
def test_short_rows_fill_their_lines(seed):
    lengths = np.clip(np.random.default_rng(seed).lognormal(4.4, 0.8, 20_000), 1, 512).astype(int)
    bins = best_fit(lengths, 512)
    assert len(bins) <= 11 / 9 * -(-lengths.sum() // 512) + 1 and lengths.sum() / (len(bins) * 512) > 0.99


@given(st.lists(st.tuples(st.integers(1, 15), st.integers(1, 15)), max_size=30))
def test_a_pair_stays_together(pairs):
    bins = best_fit([size for pair in pairs for size in pair], 30, together=2)
    assert sorted(number for one in bins for number in one) == list(range(2 * len(pairs)))
    assert all(one[place] % 2 == 0 and one[place + 1] == one[place] + 1 for one in bins for place in range(0, len(one), 2))


@pytest.mark.parametrize(("lengths", "together", "said"), [([3, 9], 1, "9 (example 2)"), ([1, 2, 4, 5], 2, "9 (example 3)"), ([4, 0], 1, "0 (exa")])
def test_what_no_line_can_hold_is_named(lengths, together, said):
    with pytest.raises(AskedWrong) as raised:
        best_fit(lengths, 8, together)
    assert said in str(raised.value)


def test_a_line_may_be_longer_than_all_there_is():
    assert best_fit([3, 5, 4], 1 << 40) == [[0, 1, 2]]


def test_every_process_packs_alike():
    code = "import numpy as np; from tilth.model.packing import best_fit; print(best_fit(np.random.default_rng(3).integers(1, 90, 400), 90))"
    told = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert told[0] == told[1] == f"{best_fit(np.random.default_rng(3).integers(1, 90, 400), 90)}\n"


def examples():
    generator = np.random.default_rng(7)
    sizes = (9, 5, 1, 14)
    return [Example(row, generator.integers(0, 97, size, np.int32), np.ones(size, np.bool_)) for row, size in enumerate(sizes)]


def network(name):
    torch.manual_seed(0)
    return NETWORKS[name]().eval()


@torch.no_grad()
def apart(made, found):
    return torch.cat([made(input_ids=torch.from_numpy(one.ids).long()[None], use_cache=False).logits[0] for one in found])


@pytest.mark.parametrize("name", NETWORKS)
def test_packed_examples_do_not_see_each_other(name):
    made, found = network(name), examples()
    lines = filled([found], 0)
    with torch.no_grad():
        packed = made(input_ids=lines["input_ids"], position_ids=lines["position_ids"], attention_mask=None, use_cache=False).logits[0]
    torch.testing.assert_close(packed, apart(made, found), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", NETWORKS)
def test_packed_losses_and_gradients_are_those_of_rows_apart(name):
    made, found = network(name), examples()

    def gradients(lines):
        made.zero_grad()
        whole = 0.0
        for batch in lines:
            logits = made(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False).logits
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED, reduction="sum")
            loss.backward()
            whole += loss.item()
        return whole, [weight.grad.clone() for weight in made.parameters()]

    packed, its = gradients([filled([found[:2], found[2:]], 0)])
    alone, theirs = gradients([filled([[one]], 0) for one in found if len(one.ids) > 1])
    assert packed == pytest.approx(alone, abs=1e-4)
    torch.testing.assert_close(its, theirs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_mask_of_ones_would_let_them_see_each_other(name):
    """The trap: Transformers reads the bounds of examples from the positions only where no mask is given."""
    made, found = network(name), examples()
    lines = filled([found], 0)
    with torch.no_grad():
        ones = torch.ones_like(lines["input_ids"])
        masked = made(input_ids=lines["input_ids"], position_ids=lines["position_ids"], attention_mask=ones, use_cache=False).logits[0]
    assert (masked - apart(made, found)).abs().max() > 1e-3


def test_the_first_token_of_an_example_is_never_a_label():
    found = examples()
    labels = filled([found], 0)["labels"][0].tolist()
    wanted = [token for one in found for token in [*one.ids[1:].tolist(), IGNORED]]
    assert labels == wanted
