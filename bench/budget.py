"""What a training takes, foretold and measured: memory and time on the CPU, over families × {full, LoRA} × {checkpointing on, off}.

`python -m bench.budget` measures and prints. Of each case a plan is asked (formulas, nothing loaded), a rehearsal on a hundred rows, and the
training itself, each in a process of its own, as a user's run has them.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench import results
from bench.results import Line, Result
from bench.works.tuning import ROWS, short_rows
from tilth.execute.speed import flops_per_second
from tilth.fakes.work import tiny_work
from tilth.model.architecture import Architecture
from tilth.model.load import Tokenizer, new_model, save_model
from tilth.record import ID, make_ids
from tilth.steps.train.sft import Sft
from tilth.steps.train.tokenizer import Tokenizer as Learned
from tilth.work import Dataset, Known, Machine, Work

FAMILIES = ("llama", "gpt2", "gpt_neox")
NUMBER, BATCH, WIDTH, LAYERS, WORDS = 240, 16, 256, 4, 4096
"""Rows; rows of a step; the network's width and layers; tokens of the vocabulary."""


def measure() -> Result:
    """Every case, and how far what was foretold is from what was measured."""
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as made:
        place = Path(made)
        _data(place)
        bases = {family: _base(place, family) for family in FAMILIES}
        wanted = [(family, lora, again) for family in FAMILIES for lora in (False, True) for again in (False, True)]
        cases = [_case(place, bases[family], {"family": family, "lora": lora, "checkpointing": again}) for family, lora, again in wanted]
    return Result(
        name="budget",
        title="Memory and time of a training, foretold",
        lines=(
            _line("memory, by a rehearsal, each of 12 cases", 0.10, _off(cases, "rehearsed", "memory")),
            _line("time, by a rehearsal, each of 12 cases", 0.20, _off(cases, "rehearsed", "seconds")),
            _line("memory, by the plan's formulas alone, each of 12 cases", None, _off(cases, "planned", "memory")),
            _line("time, by the plan's formulas alone, each of 12 cases", None, _off(cases, "planned", "seconds")),
        ),
        documents=f"{NUMBER} short rows of Alpaca, networks of {LAYERS} layers × {WIDTH} with {WORDS:,} tokens and fresh weights",
        how=f"`train.sft` for one epoch, batches of {BATCH}, AdamW, fp32, one core; plan, rehearsal and training in processes of their own. Memory: "
        "the highest resident memory of the process while it trains. Seconds: those of the training loop.",
        measured={"cases": cases},
    )


def _off(cases: list[dict[str, Any]], which: str, what: str) -> list[float]:
    return [case[which][what] / case["trained"][what] - 1 for case in cases]


def _line(work: str, most: float | None, errors: list[float]) -> Line:
    worst, middle = max(map(abs, errors)), statistics.median(map(abs, errors))
    budget, met = ("told", None) if most is None else (f"within {most:.0%}", worst <= most)
    return Line(work, budget, f"at most {worst:.0%} off, {middle:.0%} in the middle", met)


def _data(place: Path) -> None:
    """The rows as a dataset, and a tokenizer learned from them."""
    pairs = short_rows(NUMBER)
    table = pa.Table.from_pylist(pairs).add_column(0, "id", pa.array(make_ids("rows", "", range(len(pairs))), ID))
    pq.write_table(table, place / "rows.parquet")
    texts = [one["prompt"] + one["completion"] for one in pairs]
    Learned(data="texts", vocab_size=WORDS).fit(tiny_work(place / "words", {"texts": texts}))


def _base(place: Path, family: str) -> Path:
    tokenizer = Tokenizer(place / "words" / "artefact")
    shape = Architecture(type=family, layers=LAYERS, width=WIDTH, heads=4, context=512)
    save_model(new_model(shape, tokenizer, 0), tokenizer, place / family)
    return place / family


def _case(place: Path, base: Path, case: Mapping[str, Any]) -> dict[str, Any]:
    told = {}
    for doing in ("planned", "rehearsed", "trained"):
        words = [sys.executable, "-m", "bench.budget", json.dumps({**case, "doing": doing, "place": str(place), "base": str(base)})]
        alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "XDG_CACHE_HOME": str(place / "cache")}
        ran = subprocess.run(words, cwd=Path(__file__).parents[1], env=alone, check=True, capture_output=True, text=True)
        told[doing] = json.loads(ran.stdout.strip().splitlines()[-1])
    return {**case, **told}


def _done(asked: Mapping[str, Any]) -> dict[str, Any]:
    """One of the three, in this process: memory in bytes, seconds, and memory by kind where that is told."""
    place = Path(asked["place"])
    data = Dataset("rows", (place / "rows.parquet",), "rows", NUMBER)
    adapter = {"adapter": {"rank": 16}} if asked["lora"] else {}
    step = Sft(
        data="rows", model="base", epochs=1, batch=BATCH, learning_rate=1e-3, template="plain", precision="fp32", length=512,
        checkpoint_every=10**6, checkpointing=asked["checkpointing"], truncation="drop", **adapter,
    )  # fmt: skip
    machine = Machine(device="cpu")
    if asked["doing"] == "planned":
        size = sum(len(one["prompt"] + one["completion"]) for one in pq.read_table(place / "rows.parquet").to_pylist())
        facts = step.estimate(Known({"rows": NUMBER}, {"rows": size}, {"base": {"folder": asked["base"]}}, flops_per_second(), machine))
        return {"memory": facts["memory_bytes"], "seconds": facts["seconds"], "kinds": facts["memory"]}
    with tempfile.TemporaryDirectory() as made:
        for name in ("artefact", "scratch"):
            (Path(made) / name).mkdir()
        work = Work({"rows": data}, {"base": Path(asked["base"])}, Path(made) / "artefact", Path(made) / "scratch", "key", 7, machine)
        begun = time.perf_counter()
        if asked["doing"] == "rehearsed":
            facts = step.rehearse(work, NUMBER)
            took = time.perf_counter() - begun
            return {"memory": facts["memory_bytes"], "seconds": facts["seconds"], "kinds": facts["memory"], "took": took}
        facts = step.fit(work)
        return {"memory": facts["peak_memory_bytes"], "seconds": facts["training_seconds"], "before": facts["memory_before_bytes"]}


def _row(case: Mapping[str, Any]) -> str:
    name = f"{case['family']:<9}{'LoRA' if case['lora'] else 'full':<6}{'checkpointing' if case['checkpointing'] else '':<14}"
    for what, unit in (("memory", 1e6), ("seconds", 1.0)):
        found = case["trained"][what]
        name += f"   {what} {found / unit:7.1f}" + "".join(f"  {which} {case[which][what] / found:5.2f}" for which in ("planned", "rehearsed"))
    return f"{name}\n"


def main() -> None:
    """With a case: what is told of it, as JSON. Without: all of them, kept and printed."""
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(_done(json.loads(sys.argv[1]))) + "\n")
        return
    if not ROWS.exists():
        sys.exit(f"The rows are not there: {ROWS}.")
    result = measure()
    sys.stdout.write(f"{results.write(result).name}\n")
    sys.stdout.writelines(map(_row, result.measured["cases"]))
    sys.stdout.writelines(f"{line.work}: {line.measured} (budget {line.budget})\n" for line in result.lines)


if __name__ == "__main__":
    main()
