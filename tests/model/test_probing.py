"""A few real steps are timed, and nothing of them stays."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from tilth.model.budget import Regime  # noqa: E402
from tilth.model.probing import TIMED, Probed, probe  # noqa: E402


class Squares:
    """A small objective that counts how often it is asked, and draws a number as dropout does."""

    asked = 0

    def weight(self, batch: dict[str, torch.Tensor]) -> float:
        return float(len(batch["input_ids"]))

    def sums(self, network: nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        assert network.training
        self.asked += 1
        torch.rand(3)
        return {"loss": network(batch["input_ids"]).square().sum()}


@pytest.mark.parametrize("optimizer", ["adamw", "adamw_8bit", "sgd", "adafactor"])
def test_weights_gradients_chance_and_mode_are_as_they_were(optimizer: str) -> None:
    network, objective = nn.Linear(4, 4), Squares()
    network.train(False)
    before, chance = network.weight.detach().clone(), torch.get_rng_state()
    found = probe(network, objective, [{"input_ids": torch.ones(2, 4)}], Regime(optimizer=optimizer))  # type: ignore[arg-type]
    assert torch.equal(before, network.weight) and network.weight.grad is None and not network.training
    assert torch.equal(chance, torch.get_rng_state())
    assert objective.asked == TIMED + 2 and found.of_pass > 0 and found.of_move > 0


def test_times_are_medians_without_the_first() -> None:
    times = iter([0, 100, 0, 50, 0, 1, 0, 10, 0, 2, 0, 20, 0, 9, 0, 90])
    found = probe(nn.Linear(4, 4), Squares(), [{"input_ids": torch.ones(2, 4)}], Regime(), lambda: float(next(times)))
    assert found == Probed(2.0, 20.0) and found.step(3) == 26.0
