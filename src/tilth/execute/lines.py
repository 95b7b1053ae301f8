"""The lines of a run: for each step how many rows came, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tilth.execute.passes import Advanced
from tilth.execute.redacting import summed
from tilth.recipe.plan import Segment
from tilth.recipe.resolve import Placed
from tilth.redaction import Redaction
from tilth.store.objects import Made


def source_line(dataset: str, placed: Placed, done: Sequence[Advanced], records: int, bad: int) -> dict[str, Any]:
    """Of a source: how many records it has, and why some could not be read."""
    reasons: dict[str, int] = {}
    for one in done:
        for reason, rows in one.rows.manifest["reasons"].items():
            reasons[reason] = reasons.get(reason, 0) + rows
    line = blank_line(dataset, placed, records, sum(one.seconds for one in done), stored=all(one.rows_stored for one in done))
    return {**line, "kept": records - bad, "quarantined": bad, "reasons": reasons}


def pass_line(steps: Any, done: Sequence[Advanced]) -> dict[str, Any]:
    """The pass for `--json`: seconds of wall and processor time summed over its shards."""
    told = {"wall": round(sum(one.seconds for one in done), 3), "cpu": round(sum(one.cpu for one in done), 3)}
    return {"steps": steps, **told, "bytes_in": sum(int(one.rows.manifest["bytes"]) for one in done)}


def segment_lines(dataset: str, segment: Segment, done: Sequence[Advanced]) -> list[dict[str, Any]]:
    """Of the maps, redactions and filters of a segment."""
    stored, seconds = all(not one.made for one in done), sum(one.seconds for one in done)
    rows = sum(one.entered for one in done)
    lines: list[dict[str, Any]] = []
    for placed in segment.maps:
        edited = sum(int(one.rows.manifest["edited"].get(placed.address, 0)) for one in done)
        hidden = [one.rows.manifest["hidden"][placed.address] for one in done if placed.address in one.rows.manifest.get("hidden", {})]
        line = {**blank_line(dataset, placed, rows, seconds, stored=all(one.rows_stored for one in done)), "kept": rows, "edited": edited}
        lines.append({**line, "facts": {"hidden": summed(hidden)}} if isinstance(placed.step, Redaction) else line)
    for placed in segment.filters:
        reasons: dict[str, int] = {}
        for one in done:
            assert one.verdict is not None
            for rule, count in one.verdict.manifest["dropped"][placed.address].items():
                reasons[rule] = reasons.get(rule, 0) + count
        dropped = sum(reasons.values())
        lines.append({**blank_line(dataset, placed, rows, seconds, stored=stored), "kept": rows - dropped, "dropped": dropped, "reasons": reasons})
        rows -= dropped
    for line in lines[1:]:
        line["seconds"] = None  # the steps of a pass are done together: its first step tells the time
    return lines


def blank_line(dataset: str, placed: Placed, rows: int, seconds: float, *, stored: bool) -> dict[str, Any]:
    """Of any step, before anything is told of its rows."""
    blank = {"kept": 0, "dropped": 0, "quarantined": 0, "edited": 0, "reasons": {}, "parts": {}, "facts": {}}
    told = {"dataset": dataset, "step": placed.address, "name": placed.step.name(), "shape": placed.step.shape(), "rows_in": rows}
    return {**told, **blank, "from_store": stored, "seconds": None if stored else round(seconds, 3)}


def gather_counts(verdicts: Sequence[Made], placed: Placed, rows: int) -> dict[str, Any]:
    """Of a step that looks at all rows: what became of them."""
    reasons: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for one in verdicts:
        for rule, count in one.manifest["dropped"][placed.address].items():
            reasons[rule] = reasons.get(rule, 0) + count
        for part, count in one.manifest["parts"]:
            sizes[part] = sizes.get(part, 0) + count
    dropped = sum(reasons.values())
    return {
        "kept": rows - dropped,
        "dropped": dropped,
        "reasons": reasons,
        "parts": sizes if len(sizes) > 1 else {},
        "facts": verdicts[0].manifest["facts"] if verdicts else {},
    }
