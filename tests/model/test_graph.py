"""What is counted on tensors without content is what real ones hold and do."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from tilth.model.graph import Tracker, without_content  # noqa: E402


def walk(network: nn.Module, tracker: Tracker, *, rows: int = 16) -> None:
    for weight in network.parameters():
        tracker.count(weight, "weights")
    tracker.making = "activations"
    loss = network(torch.ones(rows, 8)).sum()
    tracker.making = "temporaries"
    loss.backward()


def two_layers() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 4))


def test_fake_tensors_hold_as_much_as_real_ones_and_do_as_much() -> None:
    real, fake = Tracker(), Tracker(1.0)
    network = two_layers()
    with real:
        walk(network, real)
    with torch.device("meta"):
        network = two_layers()
    with without_content(network, "cpu"), fake:
        walk(network, fake)
    assert fake.peak_bytes == real.peak_bytes > 0 and fake.flops == real.flops and fake.peak == real.peak


def test_the_operations_of_a_linear_layer_are_those_of_its_products() -> None:
    with torch.device("meta"):
        network = nn.Linear(8, 4)
    with without_content(network, "cpu"), Tracker(1.0) as tracker:
        walk(network, tracker, rows=16)
    assert tracker.flops == 2 * (2 * 16 * 8 * 4)  # out, and the weights' gradient; the input has none


def test_what_is_let_go_is_no_longer_counted_and_the_peak_stays() -> None:
    with Tracker() as tracker:
        held = torch.zeros(1000)
        assert tracker.bytes == 4000
        del held
        assert tracker.bytes == 0 and tracker.peak_bytes == 4000 and tracker.held["weights"] == 0


def test_a_view_holds_nothing_of_its_own_and_a_kind_can_be_told_later() -> None:
    with Tracker() as tracker:
        held = torch.zeros(10, 10)
        seen = held.t()[1:]
        assert tracker.bytes == 400 and len(seen) == 9
        tracker.count(held, "optimizer")
        assert tracker.held["optimizer"] == 400 and tracker.held["weights"] == 0


def test_of_a_mask_the_share_is_taken_and_of_a_value_something_plain() -> None:
    with torch.device("meta"):
        network = nn.Linear(8, 8)
    with without_content(network, "cpu"), Tracker(0.25):
        mask = torch.ones(4, 6) > 0
        assert torch.ones(4, 6, 8)[mask].shape == (6, 8)
        assert mask.nonzero().shape == (6, 2) and torch.ones(4, 6).masked_select(mask).shape == (6,)
        assert bool(mask.all()) and torch.ones(3).sum().item() == 1.0


def test_tied_weights_stay_tied() -> None:
    with torch.device("meta"):
        first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
        second.weight = first.weight
        network = nn.Sequential(first, second)
    with without_content(network, "cpu"):
        assert network[0].weight is network[1].weight and network[0].weight.device.type == "cpu"
