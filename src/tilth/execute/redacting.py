"""Redactions in a pass: what they hide is counted by kind, and told row by row without a word of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.execute.books import hidden_lines
from tilth.record import Batch, Numbers, as_ids, flat
from tilth.redaction import Look, Redaction

LOOKS = ("drawn", "drawn_lacking", "marked", "marked_lacking")

Hidden = dict[str, dict[str, Any]]
"""By a step's address: `spans` and `rows` by kind, the counts of second looks, and by kind what only these found."""


def redacted(address: str, step: Redaction, batch: Batch, told: Hidden) -> tuple[Batch, pa.Table]:
    """The batch with everything hidden, and the lines of the books. What was hidden is added to `told`."""
    looks: list[tuple[Numbers, Look]] = []
    after = batch.with_columns(step.hidden(batch, lambda rows, look: looks.append((rows, look))))
    spans = pa.concat_tables([_of_rows(rows, look.spans) for rows, look in looks])
    counts = told.setdefault(address, blank())
    for kind in flat(spans["kind"]).unique().to_pylist():
        mine = spans.filter(pc.equal(spans["kind"], kind))
        _add(counts["spans"], kind, mine.num_rows)
        _add(counts["rows"], kind, pc.count_distinct(mine["row"]).as_py())
    for _, look in looks:
        for name in LOOKS:
            counts[name] += getattr(look, name)
        for kind in look.missed["kind"].to_pylist():
            _add(counts["missed"], kind, 1)
    return after, hidden_lines(address, as_ids(batch["id"]), spans)


def blank() -> dict[str, Any]:
    """The counts before anything was found."""
    return {"spans": {}, "rows": {}, "missed": {}, **dict.fromkeys(LOOKS, 0)}


def summed(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The counts of all shards."""
    whole = blank()
    for one in told:
        for name, value in one.items():
            if isinstance(value, Mapping):
                for kind, count in value.items():
                    _add(whole[name], kind, count)
            else:
                whole[name] += value
    return {name: dict(sorted(value.items())) if isinstance(value, dict) else value for name, value in whole.items()}


def _of_rows(rows: Numbers, spans: pa.Table) -> pa.Table:
    """The spans with the numbers of rows in place of those of texts."""
    return pa.table({"row": pa.array(rows[np.asarray(flat(spans["row"]), np.int64)], pa.int64()), "kind": spans["kind"]})


def _add(counts: dict[str, int], kind: str, more: int) -> None:
    counts[kind] = counts.get(kind, 0) + more
