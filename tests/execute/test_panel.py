"""The live lines: what they say, and that they fit whatever the width."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tilth.execute.panel import BARS, Standing, duration, panel, rate_of, sample, spark

PATH = {
    "docs": ["docs.source.files", "docs.clean.unicode", "docs.filter.length", "docs.dedup.exact", "docs.split.random"],
    "words": ["words.train.tokenizer"],
    "base": ["base.train.pretrain"],
    "held_out": ["held_out.evaluate.perplexity"],
}


def reading() -> Standing:
    one = Standing("small", PATH, 0.0, "docs", ["docs.clean.unicode", "docs.filter.length"], memory=1_234_000_000)
    one.begin("read", 40, 2, 60.0)
    one.done, one.rows, one.bytes = 10, 12_000, 50_000_000
    return one


def training() -> Standing:
    one = Standing("small", PATH, 0.0, "base", ["base.train.pretrain"])
    one.begin("train", 0, 0, 60.0)
    one.count({"doing": "tokenising docs.train", "rows": 90}, 61.0)
    for step in range(101, 151):
        one.count({"step": step, "of": 200, "loss": 500 / step, "learning_rate": 1e-3, "tokens_per_second": 12_345.6}, 70.0)
    one.count({"step": 150, "of": 200, "validation_loss": 4.5}, 70.0)
    return one


def test_a_pass_shows_path_steps_share_rates_and_time() -> None:
    assert panel(reading(), 70.0, 100, coloured=False) == [
        "small  ▸ docs  · words  · base  · held_out  1 of 4",
        "  ✓ source.files  ▸ clean.unicode  ▸ filter.length  · dedup.exact  · split.random  3 of 5 steps",
        "  read  ━━━━━━━━━━──────────────────────────────  10/40  25%",
        "  1,200 rows/s  5.0 MB/s  2 workers busy  memory 1.2 GB",
        "  1 min 10 s so far  30 s left of read",
    ]


def test_a_training_shows_its_curves_and_the_time_left_from_where_it_went_on() -> None:
    lines = panel(training(), 119.0, 100, coloured=False)
    assert lines[0] == "small  ✓ docs  ✓ words  ▸ base  · held_out  3 of 4"
    assert lines[1] == "  train  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────────  150/200  75%"
    assert re.fullmatch(r"  loss 3\.333 █[▁▂▃▄▅▆▇█]{22}▁  validation 4\.5 ▁", lines[2])
    assert lines[3] == "  12,346 tokens/s  learning rate 0.001"
    assert lines[4] == "  1 min 59 s so far  50 s left of train", "it began at step 101 of this process, 49 s before"


def test_a_training_that_tells_more_shows_it() -> None:
    one = training()
    one.count(
        {"step": 151, "of": 200, "grad_norm": 0.8251, "flops_per_second": 4.5e10, "mfu": None, "memory_bytes": 2.5e9, "seconds_left": 90.0}, 70.0
    )
    one.count({"step": 151, "of": 200, "phase": "validation"}, 75.0)
    lines = panel(one, 80.0, 100, coloured=False)
    assert lines[1].startswith("  train: validation  ━")
    assert lines[3] == "  12,346 tokens/s  learning rate 0.001  gradient norm 0.825  45 GFLOP/s  memory 2.5 GB"
    assert lines[4].endswith("1 min 20 s left of train"), "told ten seconds ago"
    one.count({"mfu": 0.413, "grad_norm": None}, 81.0)
    assert "  MFU 41%  " in panel(one, 81.0, 100, coloured=False)[3] and "gradient" not in panel(one, 81.0, 100, coloured=False)[3]


def test_a_rate_has_three_digits_and_the_unit_that_fits() -> None:
    assert [rate_of(one) for one in (3.84e8, 4.5e10, 9.994e11, 3.12e14)] == ["0.384 GFLOP/s", "45 GFLOP/s", "999 GFLOP/s", "312 TFLOP/s"]


@given(st.text(), st.text(), st.integers(20, 100))
def test_what_a_model_wrote_is_one_line_that_moves_no_cursor(prompt: str, text: str, columns: int) -> None:
    line = sample(1200, {"prompt": prompt, "text": text}, columns)
    assert line.startswith("  step 1,200") and line.isprintable() and cell_len(line) <= columns
    whole = sample(1, {"prompt": "Once", "text": "upon\n\x1b[2Ja time"}, 100)
    assert whole == "  step 1  Once → upon [2Ja time"


def test_while_nothing_can_be_counted_it_says_what_is_being_done() -> None:
    one = Standing("small", PATH, 0.0, "base", [])
    one.begin("train", 0, 0, 1.0)
    assert panel(one, 2.0, 80, coloured=False)[1] == "  train …"
    one.count({"doing": "tokenising docs.train", "rows": 90}, 1.0)
    assert panel(one, 2.0, 80, coloured=False)[1] == "  tokenising docs.train …"


def test_when_all_stands_every_name_is_done() -> None:
    one = Standing("small", PATH, 0.0, "")
    one.begin("report", 0, 0, 1.0)
    assert panel(one, 2.0, 80, coloured=False)[0] == "small  ✓ docs  ✓ words  ✓ base  ✓ held_out  4 of 4"


def test_before_anything_is_planned_there_is_only_the_phase() -> None:
    one = Standing()
    one.begin("verify objects", 4, 0, 1.0)
    assert panel(one, 1.0, 80, coloured=False) == ["  verify objects  ────────────────────────────────────────  0/4  0%", "  1.0 s so far"]


def test_a_narrow_terminal_leaves_out_what_is_done_long_ago_and_far_ahead() -> None:
    lines = panel(reading(), 70.0, 40, coloured=False)
    assert lines[0] == "▸ docs  · words  · base  …  1 of 4"
    assert lines[1].startswith("  …  ▸ clean.unicode")
    assert max(map(cell_len, panel(training(), 90.0, 40, coloured=False))) <= 39


@given(st.integers(1, 200), st.booleans(), st.integers(0, 30), st.sampled_from([*PATH, "", "unknown"]), st.integers(0, 10**9), st.integers(0, 10**9))
def test_no_line_is_wider_than_the_terminal(columns: int, coloured: bool, names: int, name: str, done: int, total: int) -> None:
    path = {**PATH, **{f"dataset_{number}_字": [] for number in range(names)}}
    for one in (reading(), training()):
        one.path, one.name, one.done, one.total = path, name, done, total
        for line in panel(one, 1e6, columns, coloured=coloured):
            plain = re.sub(r"\x1b\[\d*m", "", line)
            assert cell_len(plain) <= max(20, columns - 1)
            assert ("\x1b" in line) <= coloured and line.count("\x1b[0m") * 2 == line.count("\x1b[")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(-3, 50))
def test_a_curve_is_no_wider_than_asked_and_its_ends_are_its_extremes(values: list[float], wide: int) -> None:
    curve = spark(values, wide)
    assert len(curve) == min(len(values), max(1, wide)) and set(curve) <= set(BARS)
    if len(values) <= wide and max(values) > min(values):
        assert curve[values.index(max(values))] == "█" and curve[values.index(min(values))] == "▁"


def test_workers_are_busy_while_tasks_are_left() -> None:
    one = Standing()
    one.begin("read", 3, 2, 0.0)
    assert [one.busy() for one.done in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(("done", "since", "left"), [(0, 60.0, None), (10, 61.0, None), (10, 70.0, 30.0), (40, 100.0, None)])
def test_the_time_left_is_told_when_it_can_be_known(done: int, since: float, left: float | None) -> None:
    one = reading()
    one.done = done
    assert one.left(since) == left


@given(st.floats(0, 1e6))
def test_seconds_in_words_are_never_sixty_of_anything_and_about_right(seconds: float) -> None:
    words = duration(seconds)
    parts = {unit: float(number) for number, unit in re.findall(r"([\d.]+) (h|min|s)", words)}
    assert all(parts.get(unit, 0) < 60 for unit in ("min", "s")), words
    in_all = sum(number * {"h": 3600, "min": 60, "s": 1}[unit] for unit, number in parts.items())
    assert in_all == pytest.approx(seconds, abs=60 if "h" in words else 1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (0.44, "0.4 s"), (12.4, "12 s"), (59.7, "1 min 0 s"), (200, "3 min 20 s"), (3599.6, "1 h 0 min"), (90_000, "25 h 0 min")],
)
def test_seconds_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
