"""The largest part of a batch that fits is found, and the batch stays."""

from hypothesis import given
from hypothesis import strategies as st

from tilth.model.fitting import MARGIN, fitting, what_helps


@given(st.integers(1, 200), st.floats(0, 100), st.floats(0.1, 10), st.floats(1, 1000))
def test_the_largest_divisor_that_fits_is_taken_and_the_batch_stays(batch: int, fixed: float, each: float, memory: float) -> None:
    found = fitting(lambda size: fixed + each * size, memory, batch)
    fit = [size for size in range(1, batch + 1) if batch % size == 0 and fixed + each * size <= memory * MARGIN]
    assert found.micro_batch == max(fit, default=1) and found.fits == bool(fit)
    assert found.micro_batch * found.passes == batch and found.peak == fixed + each * found.micro_batch


def test_it_is_asked_seldom() -> None:
    asked: list[int] = []
    fitting(lambda size: asked.append(size) or float(size), 1e9, 2**20)  # type: ignore[func-returns-value]
    assert len(asked) <= 6 and len(set(asked)) == len(asked)


def test_what_helps_is_told_with_what_it_takes_and_what_fits_comes_first() -> None:
    changes = {"checkpointing: true": 9.5e9, "adapter: {type: lora}": 6e9, "optimizer: sgd": 21e9, "length: 256": 10e9}
    said = what_helps(20e9, changes, 10e9)
    assert said == ["`adapter: {type: lora}`: 6.0 GB", "`checkpointing: true`: 9.5 GB, still too much", "`length: 256`: 10.0 GB, still too much"]
