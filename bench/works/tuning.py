"""A fine-tuning step against TRL's SFTTrainer: the same model, the same rows, the same batch."""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from bench.projects import ROOT
from bench.results import Line, Result
from bench.timing import Ran, interleaved, run
from tilth.fakes.work import tiny_work
from tilth.model.architecture import Architecture
from tilth.model.load import Tokenizer, new_model, save_model
from tilth.steps.train.tokenizer import Tokenizer as Learned

ROWS = ROOT.parent / "shared" / "data" / "instructions" / "alpaca_5000.jsonl.gz"
NUMBER, SHORT = 768, 480
"""Rows, and the most characters of a row that is short."""
ARCHITECTURE = Architecture(layers=4, width=256, heads=4, context=512)
BATCH, LINES = 16, 4
"""Rows of a step; lines of a step where rows are packed."""
TIMES = 5
SEED, OTHERS = 7, (8, 9, 10)
"""Of the order of the rows; others, by which it is told how much an order alone moves a curve."""


def measure() -> Result:
    """Time both, unpacked and packed, and compare their curves."""
    orders = [f"ours_{seed}" for seed in OTHERS]
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as made:
        place = Path(made)
        rows = _rows(place / "rows.jsonl")
        base = _base(place, rows)
        sides = {
            "ours": lambda: _ours(base, rows, "apart"),
            "ours_packed": lambda: _ours(base, rows, "packed"),
            **{f"ours_{seed}": partial(_ours, base, rows, "apart", seed) for seed in OTHERS},
            "trl": lambda: _trl(base, rows, "apart", BATCH),
            "trl_in_parts": lambda: _trl(base, rows, "apart", 4),
            "trl_packed": lambda: _trl(base, rows, "packed", LINES),
        }
        found = interleaved(sides, {name: 1 if name in orders else TIMES for name in sides})
    told = {name: [one.json() for one in some] for name, some in found.items()}
    rates = {name: statistics.median(one["tokens"] / one["seconds"] for one in some) for name, some in told.items()}
    best = max(rates["trl"], rates["trl_in_parts"])
    apart = _apart(told["ours"][0], told["trl"][0])
    noise = max(_apart(told["ours"][0], told[name][0]) for name in orders)
    return Result(
        name="tuning",
        title="A fine-tuning step",
        lines=(
            Line("tokens a second, rows apart", "≥ 1.0 × TRL", f"{rates['ours'] / best:.2f} ×", rates["ours"] >= best),
            Line(
                "tokens a second, short rows packed",
                "≥ 1.5 × TRL with rows apart",
                f"{rates['ours_packed'] / best:.2f} ×",
                rates["ours_packed"] >= 1.5 * best,
            ),
            Line("the same, against TRL packed", "told", f"{rates['ours_packed'] / rates['trl_packed']:.2f} ×", None),
            Line(
                "mean losses of quarters of the curve, at most apart",
                "as other orders of the rows",
                f"{apart:.3f}; {noise:.3f}",
                apart <= 1.5 * noise,
            ),
        ),
        documents=f"{NUMBER} rows of Alpaca of at most {SHORT} characters, prompt and completion, an untrained llama of 4 × 256 with 4,096 tokens.",
        how=f"Processes on one core, median of {TIMES}, real tokens over the seconds of the training loop alone; batch {BATCH} rows, packed "
        f"{LINES} lines of 512 tokens. TRL with 16 rows and with 4 rows at once, the better taken; ours as many as it chooses. Curves: at most 1.5 "
        "times as far apart as three other orders of ours are from ours.",
        measured={"rates": rates, "told": told},
        peer="trl",
    )


def _apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    return max(abs(mine - theirs) for mine, theirs in zip(_smooth(one), _smooth(other), strict=True))


def _smooth(told: dict[str, Any]) -> list[float]:
    losses = told["losses"]
    size = len(losses) // 4
    return [statistics.mean(losses[start * size : (start + 1) * size]) for start in range(4)]


def short_rows(number: int) -> list[dict[str, str]]:
    """So many short rows of Alpaca, as prompt and completion."""
    with gzip.open(ROWS, "rt", encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    pairs = [{"prompt": f"{one['instruction']}\n{one['input']}\n### ", "completion": one["output"]} for one in told if one["output"].strip()]
    return [pair for pair in pairs if len(pair["prompt"]) + len(pair["completion"]) <= SHORT][:number]


def _rows(file: Path) -> Path:
    file.write_text("".join(json.dumps(pair) + "\n" for pair in short_rows(NUMBER)), encoding="utf-8")
    return file


def _base(place: Path, rows: Path) -> Path:
    """An untrained model with a tokenizer learned from the rows."""
    texts = [one["prompt"] + one["completion"] for one in map(json.loads, rows.read_text("utf-8").splitlines())]
    Learned(data="texts", vocab_size=4096).fit(tiny_work(place / "words", {"texts": texts}))
    tokenizer = Tokenizer(place / "words" / "artefact")
    save_model(new_model(ARCHITECTURE, tokenizer, 0), tokenizer, place / "base")
    return place / "base"


def _ours(base: Path, rows: Path, how: str, seed: int = SEED) -> Ran:
    return run([sys.executable, ROOT / "bench/ours/tune_rows.py", base, rows, str(LINES if how == "packed" else BATCH), how, str(seed)], ROOT)


def _trl(base: Path, rows: Path, how: str, at_once: int) -> Ran:
    return run([sys.executable, ROOT / "bench/peers/run_trl.py", base, rows, str(LINES if how == "packed" else BATCH), how, str(at_once)], ROOT)
