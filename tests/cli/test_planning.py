"""The plan in words."""

from typing import Any

from tilth.cli.planning import as_words

KEPT = {"step": "docs.source.files", "state": "kept", "why": "", "rows": 1200, "seconds": 0.0}
TODO = {"step": "docs.filter.length", "state": "to do", "why": "2 of 2 shards are to be done", "rows": 1000, "seconds": 75.0}
MODEL = {"step": "mind.train.pretrain", "state": "to do", "seconds": 7500.0, "parameters": 1_900_000, "tokens": 240_000, "flops": 2.5e12}


def told(**more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {name: [] for name in ("path", "models", "scores", "findings", "network")}
    return {"recipe": "small", **empty, "seconds": 0.0, "disk_bytes": 0.0, "memory_bytes": 0.0, **more}


def test_what_is_kept_and_what_is_to_be_done_with_why() -> None:
    kept, todo, sums = as_words(told(path=[KEPT, TODO], seconds=75.0, disk_bytes=3.2e6)).splitlines()[1:]
    assert kept.split() == ["docs.source.files", "kept", "1,200", "rows"]
    assert todo == f"  {'docs.filter.length':<36} to do  {'~1,000 rows':>16}  about 1 min 15 s  2 of 2 shards are to be done"
    assert sums == "In all about 1 min 15 s, 0 B of memory for models, 3.2 MB of disk."


def test_what_nobody_can_know_yet_is_left_out() -> None:
    line = as_words(told(path=[{**TODO, "rows": None, "seconds": None}])).splitlines()[1]
    assert "rows" not in line and "about" not in line


def test_a_model_tells_its_size_and_what_it_takes() -> None:
    line = as_words(told(models=[{**MODEL, "memory_bytes": 64e6}])).splitlines()[1]
    assert line.endswith("to do   about 2 h 5 min  1.9 M parameters  240 k tokens  2.5 TFLOP  64 MB memory")
    assert as_words(told(models=[{**MODEL, "parameters": 300}])).splitlines()[1].count("  300 parameters  ") == 1


def test_nothing_to_do_is_said_and_findings_are_shown() -> None:
    said = as_words(
        told(path=[KEPT], models=[{**MODEL, "state": "kept", "seconds": 0.0}], findings=["Mind the column."], network=["network: `m`"])
    ).splitlines()
    assert said[-3:] == ["Nothing is to be done: all of it stands from before.", "  network: `m`", "  Mind the column."]


def test_what_models_take_that_steps_ask_is_not_passed_over() -> None:
    said = as_words(told(path=[{**TODO, "asks": ["gpt"]}], seconds=1.0)).splitlines()[-1]
    assert said.startswith("In all about 1.0 s") and said.endswith("; what `gpt` takes for the rows is not known before, and may be far more.")
    assert "what `a`, `b` take for" in as_words(told(path=[{**TODO, "asks": ["a"]}, {**TODO, "asks": ["b"]}]))


OFFER = {"gpu": "L4 24 GB", "provider": "AWS", "fits": True, "hours": 0.5, "dollars": 0.4, "utilisation": 0.3, "date": "2026-05"}


def test_rented_gpus_are_told_for_what_is_to_be_trained_and_fits() -> None:
    line = {**MODEL, "gpus": [OFFER, {**OFFER, "gpu": "T4 16 GB", "fits": False}]}
    said = as_words(told(models=[line])).splitlines()
    assert said[2] == "  mind.train.pretrain on one rented GPU, if it does 30% of its peak rate (list prices of 2026-05):"
    assert said[3].split() == ["L4", "24", "GB", "about", "30", "min", "0", "s", "$0.40", "(AWS)"] and not any("T4" in one for one in said)
    assert "rented" not in as_words(told(models=[{**line, "state": "kept"}]))
