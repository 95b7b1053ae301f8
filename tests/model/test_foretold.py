"""What formulas foretell is about what the graph of the real network tells."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from tilth.model.adapter import Adapter  # noqa: E402
from tilth.model.adapters import Fitting, adapt  # noqa: E402
from tilth.model.architecture import Architecture, Family  # noqa: E402
from tilth.model.budget import Regime, Shape, measure  # noqa: E402
from tilth.model.families import configuration, fresh  # noqa: E402
from tilth.model.foretold import GAPS, LOGITS, PROCESS, How  # noqa: E402
from tilth.model.sizes import of_architecture  # noqa: E402
from tilth.work import Launcher  # noqa: E402

WIDE = Architecture(layers=4, width=256, heads=8, context=256)
HOW = How(of_architecture(WIDE, 1000), 256)


def test_whole_weights_are_trained_with_gradients_and_moments() -> None:
    told = HOW.memory(2)
    assert HOW.trainable == HOW.parameters == WIDE.parameters(1000)
    assert (told["weights"], told["gradients"], told["optimizer"]) == (4 * HOW.parameters, 4 * HOW.parameters, 8 * HOW.parameters)
    assert HOW.flops_per_token == WIDE.flops_per_token(1000)
    on_cpu = replace(HOW, process=PROCESS).memory(2)
    assert on_cpu == {**told, "allocator": round(GAPS * told["activations"]), "process": PROCESS}


def test_an_adapter_leaves_the_base_as_it_lies_or_in_few_bits() -> None:
    small = replace(HOW, adapter=Adapter(rank=4))
    half = replace(HOW.sizes, bytes=2 * HOW.sizes.parameters)
    for number, bytes_of_base in ((2, half.bytes), (4, 2 * half.bytes)):  # products of fp32 are of a base in fp32
        lying = replace(small, sizes=half, number=number)
        assert lying.memory(1)["weights"] == bytes_of_base + 4 * lying.trainable
    assert small.trainable == HOW.sizes.adapted(Adapter(rank=4)) < small.parameters / 20
    assert small.memory(1)["weights"] == HOW.sizes.bytes + 4 * small.trainable and small.flops_per_token < HOW.flops_per_token
    assert replace(HOW, adapter=Adapter(type="qlora", rank=4)).memory(1)["weights"] < 0.4 * small.memory(1)["weights"]


@given(st.integers(1, 64), st.booleans(), st.sampled_from([2, 4]))
def test_more_at_once_never_takes_less_and_computing_again_takes_less(many: int, again: bool, number: int) -> None:  # noqa: FBT001
    how = replace(HOW, checkpointing=again, number=number)
    assert how.peak(many) <= how.peak(many + 1)
    assert replace(how, checkpointing=True).peak(many) < replace(how, checkpointing=False).peak(many)


def test_logits_are_held_in_pieces_and_a_classifier_has_none() -> None:
    huge = replace(HOW, sizes=replace(HOW.sizes, vocabulary=200_000))
    assert huge.memory(64)["activations"] - replace(huge, head=False).memory(64)["activations"] == pytest.approx(12 * LOGITS, rel=1e-6)


def test_the_batch_stays_when_memory_is_short_and_what_helps_is_told() -> None:
    whole, half = HOW.fit(8, 1e12), HOW.fit(8, HOW.peak(4) / 0.92 + 1)
    assert (whole.micro_batch, whole.passes, half.micro_batch, half.passes) == (8, 1, 4, 2)
    assert HOW.fit(8, 1e12, most=2).micro_batch == 2
    assert not HOW.fit(8, 1e6).fits and any("checkpointing" in said for said in HOW.helps(HOW.peak(1) * 0.9))


def test_processes_share_what_their_strategy_divides() -> None:
    launched = replace(HOW, launcher=Launcher(processes=2, strategy="fsdp2"))
    assert launched.memory(1)["optimizer"] == HOW.memory(1)["optimizer"] / 2
    assert replace(HOW, launcher=Launcher(processes=2)).memory(1)["exchange"] == HOW.memory(1)["gradients"]


def test_disk_is_the_model_and_its_checkpoints() -> None:
    assert HOW.disk() == 4 * HOW.parameters
    assert HOW.checkpoints(2, best=True) == (2 * 12 + 4) * HOW.parameters
    assert replace(HOW, adapter=Adapter()).checkpoints(2, best=False) == 24 * HOW.sizes.adapted(Adapter())


@pytest.mark.parametrize("family", ["llama", "gpt2", "gpt_neox"])
@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("adapter", [None, Adapter(rank=8)], ids=["full", "lora"])
def test_formulas_are_near_the_graph(family: Family, checkpointing: bool, adapter: Adapter | None) -> None:  # noqa: FBT001
    wanted = WIDE.model_copy(update={"type": family, "tie_embeddings": True})

    def build():  # type: ignore[no-untyped-def]
        made = fresh(configuration(wanted, 1000), "causal", 1)
        return made if adapter is None else adapt(made, adapter, Fitting("causal"))

    graph = measure(build, Shape(4, 256, 0.5, 2), Regime(checkpointing=checkpointing))
    how = How(of_architecture(wanted, 1000), 256, adapter, checkpointing=checkpointing, learned=0.5)
    assert (how.parameters, how.trainable) == (graph.parameters, graph.trainable)
    assert how.peak(4) == pytest.approx(graph.peak, rel=0.35)
