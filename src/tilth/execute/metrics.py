"""The metrics of a training: JSON Lines while it goes on, Parquet beside them when it has ended.

They are an object of their own in the store. The content of a model is that of its files, and the same
training repeats it; how fast it went never repeats, so no word of that may stand in the model's folder.
"""

from __future__ import annotations

import datetime
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from tilth.store.files import digest_file
from tilth.store.keys import key_of
from tilth.store.objects import Store
from tilth.store.tables import write_table

LINES, TABLE = "metrics.jsonl", "metrics.parquet"
"""What the files of metrics are called: the first one also in the scratch folder, where it grows."""


class Metrics:
    """A file that takes what a training tells of its steps: a line for each telling, written through at once.

    A training that goes on after a kill begins again at a checkpoint: the lines of later steps, and one that was cut off,
    are taken out, since their steps are told again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stream: TextIO | None = None

    def tell(self, told: Mapping[str, Any]) -> None:
        """Take a telling that has a `step`; any other is no metric. A number that is not finite is written as null."""
        if "step" not in told:
            return
        if self._stream is None:
            _forget_from(self._file, int(told["step"]))
            self._stream = self._file.open("a", encoding="utf-8")
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in told.items()}
        self._stream.write(json.dumps({"at": at, **line}, ensure_ascii=False, allow_nan=False) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Write no more; what was told stays."""
        if self._stream is not None:
            self._stream.close()


def read_lines(file: Path) -> list[dict[str, Any]]:
    """The whole lines of a file of metrics; none where there is no file."""
    whole = file.read_bytes().rpartition(b"\n")[0] if file.exists() else b""
    return [json.loads(line) for line in whole.split(b"\n") if line]


def _forget_from(file: Path, step: int) -> None:
    """Take out the lines from the first one on that tells of this step or a later one."""
    kept: list[dict[str, Any]] = []
    for line in read_lines(file):
        if int(line["step"]) >= step:
            break
        kept.append(line)
    half = file.with_suffix(".half")
    half.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept), encoding="utf-8")
    half.replace(file)


def table(lines: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The lines as a table: a column for each name, null where a line does not tell it; what is nested, as JSON."""
    names = list(dict.fromkeys(name for line in lines for name in line))
    return pa.table({name: _column([line.get(name) for line in lines]) for name in names})


def _column(values: Sequence[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int}:
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    written = [value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]
    return pa.array(written, pa.string())


def keep(store: Store, file: Path) -> str | None:
    """Keep the metrics that a training has told into `file` as an object of the store; its content, or None where there are none."""
    lines = read_lines(file)
    if not lines:
        return None
    content = key_of(["metrics", digest_file(str(file))])
    folder = store.work(content)
    shutil.copyfile(file, folder / LINES)
    write_table(folder / TABLE, table(lines))
    return store.commit(content, folder, content, {"what": "metrics", "lines": len(lines)}).content
