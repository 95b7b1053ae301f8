"""What a rehearsal found, in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.cli.rehearsing import rehearsed, short, split

FACTS: dict[str, Any] = {
    "rehearsed_rows": 100,
    "layout": {"format": "question", "why": "the columns `question` and `answer`"},
    "template": "plain",
    "proofs": {"answers": 100},
    "learned_tokens": 1200,
    "truncation": {"longer_rows": 3},
    "context": 512,
    "parameters": 9_000_000,
    "trainable_parameters": 300_000,
    "flops_per_token": 5e7,
    "steps": 125,
    "seconds_per_step": 2.0,
    "seconds": 250.0,
    "tokens_per_second": 900.0,
    "checkpoint_bytes": 1.2e6,
    "disk_bytes": 37e6,
    "memory": {"weights": 36e6, "gradients": 1.2e6, "optimizer": 0, "allocator": 5e7, "process": 4e8},
    "tensor_bytes": 37.2e6,
    "peak_memory_bytes": 6e8,
    "memory_bytes": 5e8,
    "memory_here": 16e9,
    "micro_batch": 4,
    "passes": 2,
    "fits": True,
    "fitting": {"micro_batch": 8, "passes": 1},
    "helps": [],
}


def told(**more: Any) -> str:
    steps = [{"step": "docs.source.files", "rows_in": 1000, "kept": 990}]
    model = {"name": "base", "step": "train.sft", "facts": {**FACTS, **more}}
    return "\n".join(rehearsed({"steps": steps, "models": [model], "left_out": ["asked"]}))


def test_steps_are_told_with_their_rows_and_what_was_not_asked() -> None:
    said = told().splitlines()
    assert said[0] == "The rehearsal went through to the end:" and said[1].split() == ["docs.source.files", "1,000", "→", "990"]
    assert said[2] == "  base (train.sft), tried on 100 rows:" and said[-1] == "  Not asked, since no model was trained: asked."
    assert rehearsed({"steps": [], "models": [], "left_out": []}) == ["The rehearsal went through to the end:"]


def test_a_training_tells_data_model_time_and_memory() -> None:
    said = told()
    for words in (
        "laid out as `question` (the columns `question` and `answer`), written by the template `plain`",
        "masks proved for all of them: 100 answers, 1,200 tokens learned",
        "3 rows are longer than 512 tokens",
        "9 M parameters, 300 k trained; 50 MFLOP a token",
        "125 steps of 2.0 s, measured on three: about 4 min 10 s in all, 900 tokens a second",
        "37.2 MB of tensors by the graph (weights 36 MB, gradients 1.2 MB), the process 400 MB,"
        " freed blocks that the C library keeps 50 MB; this process has held 600 MB at most",
        "4 at once × 2 fits (here are 16 GB); at most 8 at once × 1, the batch stays",
    ):
        assert words in said
    assert "all of them trained" in told(trainable_parameters=9_000_000)


def test_what_is_to_be_known_of_a_training_is_said() -> None:
    assert "\n    the tokenizer brings a template\n" in told(warnings=["the tokenizer brings a template"])


def test_what_does_not_fit_is_said_with_what_helps() -> None:
    said = told(fits=False, helps=["`checkpointing: true`: 0.3 GB"])
    assert "4 at once × 2 takes 500 MB and does not fit (here are 16 GB)\n    would help: `checkpointing: true`: 0.3 GB" in said


LISTS: dict[str, Any] = {"rule_of_thumb": [], "helps": [], "warnings": []}
LINE: dict[str, Any] = {"micro_batch": 4, "passes": 4, "memory_bytes": 5e8, "memory_here": 1e9, "fits": True, **LISTS}


def test_the_plan_says_how_a_batch_is_split() -> None:
    assert split(LINE) == ["    4 at once × 4, 500 MB of 1 GB"]
    assert split({**LINE, "measured_before": "in a run"}) == ["    4 at once × 4, 500 MB of 1 GB; time and memory as measured before, in a run"]
    assert split({**LINE, "rule_of_thumb": ["4 bytes of text in a token"], "tokens": 1.0})[0].endswith("; taken: 4 bytes of text in a token")
    assert split({**LINE, "fits": False, "helps": ["x"]}) == ["    4 at once × 4 does not fit: 500 MB of 1 GB", "    would help: x"]
    assert split({**LINE, "warnings": ["the rank"]}) == ["    4 at once × 4, 500 MB of 1 GB", "    the rank"]
    assert split({"parameters": 3}) == []


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0 "), (999, "999 "), (999.6, "1 k"), (1000, "1 k"), (1_900_000, "1.9 M"), (2.5e12, "2.5 T"), (3e18, "3e+03 P")]
)
def test_numbers_as_people_say_them(value: float, words: str) -> None:
    assert short(value) == words


@given(st.floats(1, 9e17))
def test_a_short_number_is_the_number_to_three_digits(value: float) -> None:
    digits, _, letter = short(value).partition(" ")
    assert float(digits) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}[letter] == pytest.approx(value, rel=0.006)
    assert "e" not in digits
