"""What a training takes, foretold and measured: memory and time on the CPU, over families × {full, LoRA} × {checkpointing on, off}.

`python -m bench.budget` measures and prints; each case trains in a process of its own, so that its memory is its alone.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPTNeoXConfig, LlamaConfig, PreTrainedConfig

from bench import results
from bench.results import Line, Result
from tilth.model.adapter import Adapter
from tilth.model.adapters import Fitting, adapt
from tilth.model.budget import Regime, Shape, matrix_format, optimizer_for
from tilth.model.budget import measure as foretell
from tilth.model.foretold import PROCESS
from tilth.model.load import quiet
from tilth.model.objectives import NextToken, whole_network
from tilth.model.probing import probe

FAMILIES = ("llama", "gpt2", "gpt_neox")
SHAPE = Shape(micro_batch=4, length=256, learned=0.5, passes=2)
STEPS = 2
GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
"""Freed blocks go back to the system, so that resident memory is that of tensors."""
LARGE, TINY = (4000, 256, 4), (200, 32, 1)
"""Tokens of the vocabulary, width, layers: of the network that is measured, and of one that only warms a process up."""


def measure() -> Result:
    """Every case, and how far what was foretold is from what was measured."""
    cases = [
        _case({"family": family, "lora": lora, "checkpointing": again}) for family in FAMILIES for lora in (False, True) for again in (False, True)
    ]
    memory = [case["tensors"]["foretold"] / case["tensors"]["measured"] - 1 for case in cases]
    whole = [case["process"]["foretold"] / case["process"]["measured"] - 1 for case in cases]
    seconds = [case["seconds"]["foretold"] / case["seconds"]["measured"] - 1 for case in cases]
    return Result(
        name="budget",
        title="Memory and time of a training, foretold",
        lines=(
            _line("memory of tensors at the peak, each of 12 cases", 0.10, memory),
            _line("memory of the whole process, each of 12 cases", 0.10, whole),
            _line("time of a training from a probe of 3 steps, each of 12 cases", 0.20, seconds),
        ),
        documents="random tokens",
        how=f"Networks of {LARGE[2]} layers × {LARGE[1]} with {LARGE[0]:,} tokens, {SHAPE.passes} passes "
        f"of {SHAPE.micro_batch} × {SHAPE.length} tokens of "
        f"which half are learned, AdamW, fp32, one thread. Foretold by the graph on fake tensors; measured: the highest resident memory of a process "
        "less what it held after two steps of a tiny network, freed blocks of a megabyte and more given back at once "
        "(glibc's MALLOC_MMAP_THRESHOLD_; a real training does not ask for that, and the C library keeps some more); and seconds of "
        "its one processor, since other work shared the machine.",
        measured={"cases": cases},
    )


def _line(work: str, most: float, errors: list[float]) -> Line:
    worst, middle = max(map(abs, errors)), statistics.median(map(abs, errors))
    return Line(work, f"within {most:.0%}", f"at most {worst:.0%} off, {middle:.0%} in the middle", worst <= most)


def _case(case: dict[str, Any]) -> dict[str, Any]:
    expected = _foretell(case)
    words = [sys.executable, "-m", "bench.budget", json.dumps(case)]
    ran = subprocess.run(words, cwd=Path(__file__).parents[1], env={**os.environ, **GIVEN_BACK}, check=True, capture_output=True, text=True)
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    return {
        **case,
        "tensors": {"foretold": expected["peak"], "measured": found["peak"] - found["base"]},
        "process": {"foretold": expected["peak"] + PROCESS, "measured": found["peak"]},
        "seconds": {"foretold": found["probed"], "measured": found["trained"]},
        "memory": expected["memory"],
        "flops": expected["flops_per_step"],
        "walk_seconds": expected["seconds"],
    }


def _config(family: str, size: tuple[int, int, int]) -> PreTrainedConfig:
    vocabulary, width, layers = size
    marks = {"vocab_size": vocabulary, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
    if family == "gpt2":
        still = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
        return GPT2Config(n_embd=width, n_layer=layers, n_head=width // 32, n_positions=SHAPE.length, **marks, **still)
    kind = LlamaConfig if family == "llama" else GPTNeoXConfig
    inner = width * 8 // 3 // 32 * 32 if family == "llama" else 4 * width
    return kind(
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        max_position_embeddings=SHAPE.length,
        tie_word_embeddings=family == "llama",
        **marks,
    )


def _network(case: Mapping[str, Any], size: tuple[int, int, int]) -> Any:
    with quiet():
        made = AutoModelForCausalLM.from_config(_config(case["family"], size), dtype=torch.float32)
        return adapt(made, Adapter(rank=16), Fitting("causal")) if case["lora"] else made


def _foretell(case: Mapping[str, Any]) -> dict[str, Any]:
    begun = time.perf_counter()
    budget = foretell(lambda: _network(case, LARGE), SHAPE, Regime(checkpointing=case["checkpointing"]))
    return {**budget.told(), "peak": budget.peak, "seconds": time.perf_counter() - begun}


def _train(case: Mapping[str, Any]) -> dict[str, Any]:
    torch.set_num_threads(1)
    with _prepared(case, TINY) as tiny:
        _steps(tiny, 2, TINY[0])
    base = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    with _prepared(case, LARGE) as network:
        probed = probe(network, NextToken(), [_batch(LARGE[0]) for _ in range(2)], Regime(), time.process_time).step(SHAPE.passes)
        begun = time.process_time()
        _steps(network, STEPS, LARGE[0])
        return {"base": base, "peak": _resident("VmHWM"), "probed": probed * STEPS, "trained": time.process_time() - begun}


@contextmanager
def _prepared(case: Mapping[str, Any], size: tuple[int, int, int]) -> Iterator[Any]:
    network = _network(case, size)
    network.train()
    if case["checkpointing"]:
        whole_network(network).activation_checkpointing_enable({"use_reentrant": False})
    yield network


def _batch(vocabulary: int) -> dict[str, torch.Tensor]:
    ids = torch.randint(0, vocabulary, (SHAPE.micro_batch, SHAPE.length))
    return {"input_ids": ids, "labels": torch.where(torch.rand(ids.shape) < SHAPE.learned, ids, -100)}


def _steps(network: Any, steps: int, vocabulary: int) -> None:
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = optimizer_for("adamw", learned, 1e-4)
    for _ in range(steps):
        for _ in range(SHAPE.passes):
            with matrix_format(Regime()):
                loss = NextToken().sums(network, _batch(vocabulary))["loss"]
            loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        optimizer.zero_grad()


def _resident(which: str) -> int:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Vm"))
    return int(lines[which].split()[0]) * 1024


def _row(case: Mapping[str, Any]) -> str:
    name = f"{case['family']:<9}{'LoRA' if case['lora'] else 'full':<6}{'checkpointing' if case['checkpointing'] else '':<14}"
    for what, unit in (("tensors", 1e6), ("process", 1e6), ("seconds", 1.0)):
        told, found = case[what]["foretold"], case[what]["measured"]
        name += f"   {what} {told / unit:7.1f} {found / unit:7.1f} {told / found:5.2f}"
    return f"{name}\n"


def main() -> None:
    """With a case: what is measured of it, as JSON. Without: all of them, kept and printed."""
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(_train(json.loads(sys.argv[1]))) + "\n")
        return
    result = measure()
    sys.stdout.write(f"{results.write(result).name}\n")
    for case in result.measured["cases"]:
        sys.stdout.write(_row(case))
    sys.stdout.writelines(f"{line.work}: {line.measured} (budget {line.budget})\n" for line in result.lines)


if __name__ == "__main__":
    main()
