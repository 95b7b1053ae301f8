"""What a process holds, and the most that it has held since it was forgotten."""

import sys

import pytest

torch = pytest.importorskip("torch")

from tilth.model import memory  # noqa: E402
from tilth.model.load import CPU  # noqa: E402

LARGE = 40_000_000


def filled():
    made = torch.zeros(LARGE // 4)
    made += 1
    return made


def test_the_peak_is_at_least_what_is_held_and_that_at_least_what_tensors_take():
    made = filled()
    assert memory.peak(CPU) >= memory.held(CPU) > made.numel() * made.element_size()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets the highest memory of a process")
def test_a_peak_is_forgotten_when_what_made_it_is_gone():
    made = filled()
    before = memory.peak(CPU)
    del made
    memory.forget(CPU)
    assert memory.held(CPU) <= memory.peak(CPU) < before - LARGE / 2
    made = filled()
    assert memory.peak(CPU) > memory.held(CPU) - LARGE / 2 and made[0] == 1
    assert memory.peak(CPU) >= before - LARGE / 2
