"""A training is walked as it will be, and what is walked is what it holds."""

import pytest

torch = pytest.importorskip("torch")

from dataclasses import replace  # noqa: E402

import numpy as np  # noqa: E402

from tests.model.tuned import LABELS, write_base  # noqa: E402
from tilth.model.adapter import Adapter  # noqa: E402
from tilth.model.architecture import Architecture  # noqa: E402
from tilth.model.families import configuration  # noqa: E402
from tilth.model.load import CPU  # noqa: E402
from tilth.model.sizes import of_folder  # noqa: E402
from tilth.model.walking import Walk, free_memory, heaviest  # noqa: E402

IDS = torch.ones((2, 16), dtype=torch.int64)
BATCH = {"input_ids": IDS, "labels": torch.where(torch.arange(16) < 8, IDS, -100)}


@pytest.mark.parametrize("family", ["llama", "gpt2", "gpt_neox", "t5", "bert"])
def test_every_family_is_walked_with_the_weights_of_its_folder(tmp_path, family):
    folder = write_base(tmp_path / "base", family)
    task = {"t5": "seq2seq", "bert": "classification"}.get(family, "causal")
    walk = Walk(folder, task, "adamw", "fp32", labels=len(LABELS) if family == "bert" else 0)
    told = walk.budget({"input_ids": IDS} if family == "bert" else BATCH)
    assert told.parameters == told.trainable == of_folder(folder).parameters
    again = replace(walk, checkpointing=True).budget({"input_ids": IDS} if family == "bert" else BATCH)
    assert again.parameters == told.parameters


def test_an_adapter_is_walked_as_it_is_trained(tmp_path):
    folder = write_base(tmp_path / "base", dtype=torch.bfloat16)
    told = Walk(folder, "causal", "adamw", "bf16", Adapter(rank=4)).budget(BATCH)
    assert told.trainable == of_folder(folder).adapted(Adapter(rank=4))
    assert told.memory["weights"] < 3 * of_folder(folder).parameters
    in_full = Walk(folder, "causal", "adamw", "fp32", Adapter(rank=4)).budget(BATCH)
    assert in_full.memory["weights"] > 4 * of_folder(folder).parameters


def test_fresh_weights_are_walked_by_their_configuration(tmp_path):
    wanted = Architecture(layers=1, width=32, heads=2, context=16)
    told = Walk(tmp_path, "causal", "sgd", "fp32", config=configuration(wanted, 100)).budget(BATCH)
    assert told.parameters == wanted.parameters(100) and not told.memory.get("optimizer")


class Items:
    """Items of three sizes."""

    sizes = np.array([3, 9, 5])

    def batch(self, numbers):
        return {"numbers": torch.tensor(numbers)}


def test_the_largest_items_are_walked_over_again_where_they_are_few():
    assert heaviest(Items(), 2)["numbers"].tolist() == [1, 2]
    assert heaviest(Items(), 5)["numbers"].tolist() == [1, 2, 0, 1, 2]


def test_on_the_cpu_the_machines_memory_is_free():
    assert free_memory(CPU, 1 << 30) == 1 << 30
