"""What a training would take on GPUs that can be rented."""

import re

import pytest

from tilth.model import gpus
from tilth.model.fitting import MARGIN
from tilth.model.gpus import OUTSIDE, cost, date, kinds


def test_the_table_is_dated_and_every_kind_is_whole() -> None:
    assert re.fullmatch(r"20\d\d-\d\d", date())
    assert len({gpu.name for gpu in kinds()}) == len(kinds()) >= 10
    for gpu in kinds():
        assert gpu.memory == float(gpu.name.split()[-2]) * 1e9 and 50e12 < gpu.rate < 3e15 and 0 < gpu.price < 20 and gpu.provider


def test_a_plan_is_told_a_few_with_the_date() -> None:
    told = gpus.told(1e18, 1e9)
    assert len(told) == 8 and {one["date"] for one in told} == {date()} and all(one["fits"] and 0 < one["utilisation"] < 1 for one in told)


def test_hours_and_dollars_follow_from_operations_and_rate() -> None:
    offer = next(one for one in cost(989e12 * 3600 * 0.5, 1e9, utilisation=0.5) if one.gpu.name.startswith("H100"))
    assert offer.fits and offer.hours == pytest.approx(1.0) and offer.dollars == pytest.approx(offer.gpu.price)
    assert offer.told()["dollars"] == offer.dollars and offer.told()["gpu"] == offer.gpu.name


@pytest.mark.parametrize(("memory", "smallest"), [(1e9, 16e9), (20e9, 24e9), (60e9, 80e9), (200e9, None)])
def test_it_fits_where_there_is_room_beside_what_is_no_tensor(memory: float, smallest: float | None) -> None:
    fitting = [offer for offer in cost(1e18, memory) if offer.fits]
    assert min((offer.gpu.memory for offer in fitting), default=None) == smallest
    assert all(memory <= offer.gpu.memory * MARGIN - OUTSIDE for offer in fitting)


def test_those_that_fit_come_first_and_the_cheapest_first_of_all() -> None:
    offers = cost(1e18, 30e9)
    assert [offer.fits for offer in offers] == sorted((offer.fits for offer in offers), reverse=True)
    dollars = [offer.dollars for offer in offers if offer.fits]
    assert dollars == sorted(dollars)


@pytest.mark.parametrize(
    ("name", "precision", "rate"),
    [
        ("NVIDIA H200", "bf16", 989e12),
        ("NVIDIA H100 80GB HBM3", "bf16", 989e12),
        ("NVIDIA H100 PCIe", "fp16", 756e12),
        ("NVIDIA A100-SXM4-80GB", "bf16", 312e12),
        ("NVIDIA A10", "bf16", 125e12),
        ("NVIDIA L40S", "bf16", 362e12),
        ("Tesla V100-SXM2-16GB", "fp16", 125e12),
        ("Tesla V100-SXM2-16GB", "bf16", None),
        ("NVIDIA H100 80GB HBM3", "fp32", None),
        ("NVIDIA GeForce RTX 3090", "bf16", 71e12),
        ("NVIDIA L40", "bf16", None),
        ("Some other GPU", "bf16", None),
    ],
)
def test_the_peak_of_a_gpu_is_known_by_its_name_or_not_at_all(name: str, precision: str, rate: float | None) -> None:
    assert gpus.peak_rate(name, precision) == rate
