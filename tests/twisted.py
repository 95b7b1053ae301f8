"""Steps of another package that change rows, hide spans and study otherwise than they should."""

from __future__ import annotations

STEPS = {
    "dedup.twisted": '''
import numpy as np
import pyarrow as pa
from tilth.record import CUTS, Outcome
from tilth.step import Whole

def cuts(*lines):
    return pa.table({name: pa.array([line[place] for line in lines], CUTS.field(name).type) for place, name in enumerate(CUTS.names)}, schema=CUTS)

class Twisted(Whole):
    """Changes rows, but not as it should."""
    how: str
    def reads(self): return ("text",)
    def sketch(self, batch): return batch.table.select(["id"])
    def decide(self, sketches):
        rows = sketches.num_rows
        return Outcome(("",), np.zeros(rows, np.int16), "twisted", **self._more(rows))
    def _more(self, rows):
        one = np.ones(rows, np.int64)
        match self.how:
            case "cut beyond the text": return {"cuts": cuts((0, "text", 3, 10**6, None))}
            case "cut before the text": return {"cuts": cuts((0, "text", -3, 2, None))}
            case "cut beyond the rows": return {"cuts": cuts((rows, "text", 0, 1, None))}
            case "cut before the rows": return {"cuts": cuts((-1, "text", 0, 1, None))}
            case "cut twice": return {"cuts": cuts((0, "text", 0, 3, None), (0, "text", 2, 4, None))}
            case "cut backwards": return {"cuts": cuts((0, "text", 3, 1, None))}
            case "cut out of order": return {"cuts": cuts((50, "text", 0, 1, None), (1, "text", 0, 1, None), (70, "text", 0, 1, None))}
            case "cut nothing there": return {"cuts": cuts((0, "body", 0, 1, None))}
            case "cut a number": return {"cuts": cuts((0, "n", 0, 1, None))}
            case "cut the id": return {"cuts": cuts((0, "id", 0, 1, None))}
            case "cut inside a character": return {"cuts": cuts(*((row, "text", 0, 1, None) for row in range(rows)))}
            case "cut without a column": return {"cuts": cuts((0, "text", 0, 1, None)).drop_columns(["column"])}
            case "cut no row": return {"cuts": cuts((None, "text", 0, 1, None))}
            case "copy never": return {"copies": one * 0}
            case "copy less": return {"copies": -one}
            case "copy forever": return {"copies": one * 10**9}
            case "copy short": return {"copies": one[1:]}
            case "copy halves": return {"copies": one * 1.5}
            case "set id": return {"columns": {"id": pa.array([bytes(16)] * rows, pa.binary(16))}}
            case "set origin": return {"columns": {"origin": pa.nulls(rows)}}
            case "set parents": return {"columns": {"parents": pa.nulls(rows, pa.list_(pa.binary(16)))}}
            case "set short": return {"columns": {"mark": pa.array(range(rows - 1))}}
            case "set numpy": return {"columns": {"mark": np.arange(rows)}}
            case "set another type": return {"columns": {"text": pa.array(range(rows))}}
            case "find short": return {"found": ["x"]}
            case "which short": return {"which": np.zeros(1, np.int16)}
            case "which beyond": return {"which": np.full(rows, 7, np.int16)}
            case "partner short": return {"partner": np.zeros(1, "V16")}
            case "partner wide": return {"partner": np.zeros(rows, "V8")}
        raise AssertionError(self.how)
''',
    "redact.twisted": '''
import pyarrow as pa
from tilth.record import SPANS
from tilth.redaction import Redaction

def spans(*lines):
    return pa.table({name: pa.array([line[place] for line in lines], SPANS.field(name).type) for place, name in enumerate(SPANS.names)}, schema=SPANS)

class Twisted(Redaction):
    """Finds spans, but not as it should."""
    how: str
    def spans(self, texts):
        if not len(texts): return spans()
        match self.how:
            case "beyond the text": return spans((0, "x", 2, 10**6))
            case "before the text": return spans((0, "x", -3, 2))
            case "beyond the rows": return spans((len(texts), "x", 0, 1))
            case "before the rows": return spans((-1, "x", 0, 1))
            case "backwards": return spans((0, "x", 4, 2))
            case "empty": return spans((0, "x", 2, 2))
            case "inside a character": return spans(*((row, "x", 0, 1) for row in range(len(texts))))
            case "no kind": return spans((0, None, 0, 1))
            case "no table": return None
            case "no column": return spans((0, "x", 0, 1)).drop_columns(["kind"])
            case "raise": raise ValueError("a mistake of its own")
        raise AssertionError(self.how)
''',
    "dedup.studious": '''
import os, time
import numpy as np
from tilth.record import Outcome
from tilth.step import DataName, Whole

class Studious(Whole):
    """Studies, but not as it should."""
    how: str
    data: DataName
    def reads(self): return ("text",)
    def study(self, work):
        time.sleep(10 * float(os.environ.get("ACME_PAUSE", 0)))
        (work.folder / "words").write_text(self.how)
        match self.how:
            case "nothing": return {}
            case "raise": raise ValueError("a mistake of its own")
            case "leave": raise SystemExit(0)
            case "None": return None
            case "not json": return {"x": object()}
            case "nan": return {"x": float("nan")}
            case "count": return {"rows": sum(len(batch) for batch in work.datasets[self.data].batches())}
        raise AssertionError(self.how)
    def sketch(self, batch):
        return batch.table.select(["id"])
    def decide(self, sketches):
        return Outcome(("",), np.zeros(sketches.num_rows, np.int16))
''',
}
