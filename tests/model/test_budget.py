"""What a training takes, told by its graph, is what it takes."""

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from transformers import AutoModelForCausalLM, GPT2Config, GPTNeoXConfig, LlamaConfig  # noqa: E402

from tilth.model.architecture import Architecture  # noqa: E402
from tilth.model.budget import Budget, Regime, Shape, measure, optimizer_for  # noqa: E402
from tilth.model.graph import KINDS, Tracker  # noqa: E402
from tilth.model.objectives import nats  # noqa: E402

VOCABULARY, WIDTH, LENGTH = 300, 32, 64
MARKS = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
STILL = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)


def llama(layers: int = 2, **more: Any) -> Any:
    sizes = {"hidden_size": WIDTH, "intermediate_size": 96, "num_hidden_layers": layers, "num_attention_heads": 4}
    return LlamaConfig(**sizes, max_position_embeddings=LENGTH, tie_word_embeddings=True, **MARKS, **more)


CONFIGS = {
    "llama": llama,
    "gpt2": lambda: GPT2Config(n_embd=WIDTH, n_layer=2, n_head=4, n_positions=LENGTH, **MARKS, **STILL),
    "gpt_neox": lambda: GPTNeoXConfig(
        hidden_size=WIDTH, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=LENGTH, **MARKS
    ),
}


def of(config: Any) -> Callable[[], Any]:
    return lambda: AutoModelForCausalLM.from_config(config, dtype=torch.float32)


def budget(config: Any = None, shape: Shape | None = None, **regime: Any) -> Budget:
    return measure(of(config or llama()), shape or Shape(2, LENGTH), Regime(**regime))


def held_by_a_real_one(family: str, *, checkpointing: bool) -> tuple[int, int]:
    """The most bytes of real tensors in two optimizer steps of two passes, and the operations of a pass."""
    network = of(CONFIGS[family]())()
    network.train()
    if checkpointing:
        network.activation_checkpointing_enable({"use_reentrant": False})
    ids = torch.randint(0, VOCABULARY, (2, LENGTH))
    with Tracker() as tracker:
        for tensor in (*network.parameters(), *network.buffers()):
            tracker.count(tensor)
        optimizer = optimizer_for("adamw", network.parameters())
        for _ in range(2):
            for _ in range(2):
                nats(network, {"input_ids": ids.clone(), "labels": ids.clone()}, apart=True).sum().backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
    return tracker.peak_bytes, tracker.flops // 4


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("family", CONFIGS)
def test_the_graph_tells_what_real_tensors_hold_and_do(family: str, checkpointing: bool) -> None:
    told = measure(of(CONFIGS[family]()), Shape(2, LENGTH, passes=2), Regime(checkpointing=checkpointing))
    held, flops = held_by_a_real_one(family, checkpointing=checkpointing)
    assert told.peak == pytest.approx(held, rel=0.03)
    assert told.flops_per_step == 2 * flops


def test_the_kinds_that_are_known_beforehand_are_exact() -> None:
    told = budget()
    assert set(told.memory) <= set(KINDS) and told.parameters == told.trainable
    assert told.memory["weights"] == pytest.approx(4 * told.parameters, abs=200)  # and the buffers of rotary positions
    assert told.memory["optimizer"] == pytest.approx(8 * told.parameters, abs=200)  # and a step count for each weight


def test_operations_are_those_of_the_formula_and_attention_is_among_them() -> None:
    architecture = Architecture(layers=2, width=WIDTH, heads=4, context=LENGTH, feed_forward=96)
    told = budget()
    assert told.parameters == architecture.parameters(VOCABULARY)
    scores_again = 2 * 2 * WIDTH * LENGTH
    assert told.flops_per_token == pytest.approx(architecture.flops_per_token(VOCABULARY) + scores_again, rel=0.001)
    assert told.flops_per_step == pytest.approx(told.flops_per_token * 2 * LENGTH)


def test_only_learned_places_go_through_the_head() -> None:
    all_of_them, half = budget(), budget(shape=Shape(2, LENGTH, learned=0.5))
    assert all_of_them.flops_per_token - half.flops_per_token == pytest.approx(6 * VOCABULARY * WIDTH / 2)


def test_checkpointing_takes_less_memory_the_more_layers_there_are_and_more_operations() -> None:
    kept, again = (budget(llama(6), Shape(8, LENGTH), checkpointing=on) for on in (False, True))
    kept_more, again_more = (budget(llama(12), Shape(8, LENGTH), checkpointing=on) for on in (False, True))
    assert again.peak < kept.peak and 1.1 < again.flops_per_token / kept.flops_per_token < 1.4
    assert again_more.peak - again.peak < (kept_more.peak - kept.peak) / 2


def test_more_at_once_takes_more_and_passes_only_keep_gradients() -> None:
    one, two, twice = budget(shape=Shape(2, LENGTH)), budget(shape=Shape(4, LENGTH)), budget(shape=Shape(2, LENGTH, passes=2))
    assert one.peak < two.peak and one.peak <= twice.peak <= one.peak + 4 * one.parameters
    assert twice.flops_per_step == 2 * one.flops_per_step and twice.flops_per_token == one.flops_per_token


@pytest.mark.parametrize(("optimizer", "low", "high"), [("sgd", 0, 0), ("adafactor", 0.01, 2), ("adamw", 8, 8.1)])
def test_states_are_as_large_as_the_optimizer_makes_them(optimizer: str, low: float, high: float) -> None:
    told = budget(shape=Shape(1, 2), optimizer=optimizer)
    assert low <= told.memory.get("optimizer", 0) / told.parameters <= high


def test_moments_in_8_bits_are_so_from_4096_numbers_on() -> None:
    told = measure(lambda: torch.nn.ModuleList([torch.nn.Linear(64, 64), torch.nn.Linear(63, 64)]), Shape(1, 2), Regime("adamw_8bit"), both)
    assert told.memory["optimizer"] == 2 * (4096 + 4 * 4096 // 256) + 8 * (63 * 64 + 64 + 64)


def both(layers: Any, batch: dict[str, Any]) -> Any:
    first, second = layers
    return first(torch.ones(2, 64)).sum() + second(torch.ones(2, 63)).sum()


def test_half_precision_halves_what_is_kept_of_products() -> None:
    assert budget(shape=Shape(8, LENGTH), precision="bf16").memory["activations"] < budget(shape=Shape(8, LENGTH)).memory["activations"]


class TestAdapters:
    def adapted(self, **regime: Any) -> Budget:
        adapters = pytest.importorskip("tilth.model.adapters", exc_type=ImportError)
        settings = pytest.importorskip("tilth.model.adapter").Adapter(rank=4)

        def build() -> Any:
            return adapters.adapt(of(llama())(), settings, adapters.Fitting("causal"))

        return measure(build, Shape(2, LENGTH), Regime(**regime))

    def test_an_adapter_is_small_and_only_it_has_gradients_and_moments(self) -> None:
        told, whole = self.adapted(), budget()
        inputs_and_outputs = 4 * 2 * WIDTH + 3 * (WIDTH + 96)
        assert told.trainable == 2 * 4 * inputs_and_outputs and told.parameters == whole.parameters + told.trainable
        assert told.memory["optimizer"] == pytest.approx(8 * told.trainable, abs=400)
        assert 0.6 < told.flops_per_token / whole.flops_per_token < 0.95

    def test_frozen_weights_in_few_bits_take_few_bytes(self) -> None:
        linear = 2 * (4 * WIDTH * WIDTH + 3 * WIDTH * 96)
        whole, packed, half = self.adapted(), self.adapted(quantized=4), self.adapted(quantized=8)
        assert whole.memory["weights"] - packed.memory["weights"] == pytest.approx(linear * (4 - 0.516), abs=2)
        assert whole.memory["weights"] - half.memory["weights"] == linear * 3
