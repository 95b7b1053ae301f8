"""What a rehearsal found, and how a batch is split, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tilth.execute.panel import duration


def rehearsed(told: Mapping[str, Any]) -> list[str]:
    """The steps of the path with the rows that came and stayed, and a few lines for each training."""
    lines = ["The rehearsal went through to the end:"]
    lines += [f"  {line['step']:<36} {line['rows_in']:>9,} → {line['kept']:>9,}" for line in told["steps"]]
    for one in told["models"]:
        lines += [f"  {one['name']} ({one['step']}), tried on {one['facts']['rehearsed_rows']:,} rows:"]
        lines += [f"    {said}" for said in _found(one["facts"])]
    if told["left_out"]:
        lines.append(f"  Not asked, since no model was trained: {', '.join(told['left_out'])}.")
    return lines


def _found(facts: Mapping[str, Any]) -> list[str]:
    """What was found of a training."""
    return [*_of_data(facts), *_of_model(facts), *_of_memory(facts)]


def _of_data(facts: Mapping[str, Any]) -> list[str]:
    lines = []
    if "layout" in facts:
        template = f", written by the template `{facts['template']}`" if "template" in facts else ""
        lines.append(f"laid out as `{facts['layout']['format']}` ({facts['layout']['why']}){template}")
    if "proofs" in facts:
        lines.append(f"masks proved for all of them: {facts['proofs']['answers']:,} answers, {facts['learned_tokens']:,} tokens learned")
    if facts.get("truncation", {}).get("longer_rows"):
        lines.append(f"{facts['truncation']['longer_rows']:,} rows are longer than {facts['context']:,} tokens")
    return [*lines, *facts.get("warnings", [])]


def _of_model(facts: Mapping[str, Any]) -> list[str]:
    trained = facts["trainable_parameters"]
    share = "all of them trained" if trained == facts["parameters"] else f"{short(trained).rstrip()} trained"
    each = facts["seconds_per_step"]
    one = duration(each) if each >= 1 else f"{1000 * each:.3g} ms"
    step = f"{facts['steps']:,} steps of {one}, measured on three: about {duration(facts['seconds'])} in all"
    return [
        f"{short(facts['parameters']).rstrip()} parameters, {share}; {short(facts['flops_per_token'])}FLOP a token",
        f"{step}, {short(facts['tokens_per_second']).rstrip()} tokens a second",
        f"a checkpoint's weights were written and read back: {short(facts['checkpoint_bytes'])}B; the model takes {short(facts['disk_bytes'])}B",
    ]


def _of_memory(facts: Mapping[str, Any]) -> list[str]:
    beside = {"process": "the process", "allocator": "freed blocks that the C library keeps"}
    kinds = ", ".join(f"{kind} {short(size)}B" for kind, size in facts["memory"].items() if size and kind not in beside)
    others = "".join(f", {words} {short(facts['memory'][kind])}B" for kind, words in beside.items() if facts["memory"].get(kind))
    held = f"this process has held {short(facts['peak_memory_bytes'])}B at most"
    now = f"{short(facts['tensor_bytes'])}B of tensors by the graph ({kinds}){others}; {held}"
    at_once = f"{facts['micro_batch']} at once × {facts['passes']}"
    most = facts["fitting"]
    room = f"here are {short(facts['memory_here'])}B"
    fits = f"{at_once} fits ({room}); at most {most['micro_batch']} at once × {most['passes']}, the batch stays"
    return [now, fits if facts["fits"] else f"{at_once} takes {short(facts['memory_bytes'])}B and does not fit ({room})", *_helps(facts)]


def split(line: Mapping[str, Any]) -> list[str]:
    """How a training's batch is split and whether that fits, by formula; by what was measured before, where it was."""
    if "micro_batch" not in line:
        return []
    at_once = f"{line['micro_batch']} at once × {line['passes']}"
    room = f"{short(line['memory_bytes'])}B of {short(line['memory_here'])}B"
    how = f"; time and memory as measured before, {line['measured_before']}" if "measured_before" in line else ""
    thumb = f"; taken: {', '.join(line['rule_of_thumb'])}" if line["rule_of_thumb"] and "tokens" in line else ""
    fits = f"{at_once}, {room}" if line["fits"] else f"{at_once} does not fit: {room}"
    return [f"    {fits}{how}{thumb}", *(f"    {said}" for said in (*_helps(line), *line["warnings"]))]


def _helps(told: Mapping[str, Any]) -> list[str]:
    return [f"would help: {said}" for said in told["helps"]]


def short(value: float) -> str:
    """A number as people say it: 1.9 M, 240 k."""
    for size, letter in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size:  # what would be rounded to 1,000 is 1 of the next
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g} "
