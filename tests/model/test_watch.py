"""The best step and the losses of a log."""

from hypothesis import given
from hypothesis import strategies as st

from tilth.model.watch import best_step, losses

LOSSES = st.lists(st.floats(0, 9), max_size=8)


@given(LOSSES)
def test_the_best_step_is_the_earliest_of_the_lowest_losses(found):
    log = [entry for step, loss in enumerate(found, 1) for entry in ({"step": step, "loss": 1.0}, {"step": step, "eval_loss": loss})]
    assert losses(log) == list(enumerate(found, 1))
    assert best_step(log) == (found.index(min(found)) + 1 if found else None)
