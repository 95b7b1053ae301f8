"""Steps of another package, as people install them: slow ones to be stopped in, and broken ones. Also the
command as a process of its own, and what is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.projects import Project

PAUSE = "ACME_PAUSE"
"""The variable that says how many seconds the slow steps take over each thing they do."""

STEPS = {
    "clean.slow": '''
import os, time
from tilth.step import Map

class Slow(Map):
    """Takes its time."""
    def reads(self): return ()
    def columns(self, batch):
        time.sleep(float(os.environ.get("ACME_PAUSE", 0)) if len(batch) else 0)
        return {}
''',
    "dedup.slow": '''
import os, time
import numpy as np
from tilth.record import Outcome
from tilth.step import Whole

class Slow(Whole):
    """Takes its time, and then every row."""
    def reads(self): return ("text",)
    def sketch(self, batch):
        time.sleep(float(os.environ.get("ACME_PAUSE", 0)) if len(batch) else 0)
        return batch.table.select(["id"])
    def decide(self, sketches):
        time.sleep(10 * float(os.environ.get("ACME_PAUSE", 0)))
        return Outcome(("all",), np.zeros(sketches.num_rows, np.int16))
''',
    "train.slow": '''
import os, time
from tilth.step import DataName, Fit

class Slow(Fit):
    """Counts rows, slowly; goes on counting where it was stopped."""
    data: DataName
    def estimate(self, known): return {}
    def fit(self, work):
        done = work.scratch / "done"
        begun = int(done.read_text()) if done.exists() else 0
        for step in range(begun, 10):
            time.sleep(float(os.environ.get("ACME_PAUSE", 0)))
            half = work.scratch / "half"
            half.write_text(str(step + 1))
            half.replace(done)
        (work.folder / "rows").write_text(str(work.datasets[self.data].rows))
        return {"steps": 10}
''',
    "evaluate.slow": '''
import os, time
import pyarrow as pa
from tilth.step import DataName, Judge, ModelName
from tilth.work import Judgement, Score

class Slow(Judge):
    """Looks at the count, slowly."""
    model: ModelName
    data: DataName
    def estimate(self, known): return {}
    def judge(self, work):
        time.sleep(10 * float(os.environ.get("ACME_PAUSE", 0)))
        count = float((work.models[self.model] / "rows").read_text())
        return Judgement((Score(self.model, "rows", count, None, None, 1),), pa.table({"rows": [count]}), {})
''',
    "source.broken": '''
import pyarrow as pa
from tilth.step import Read, Source
from tilth.steps.source.files import Files

class Broken(Source):
    """Reads files, but not as it should."""
    path: str
    how: str
    def _files(self): return Files(path=self.path)
    def shards(self, base, shard_bytes):
        if self.how == "raise at the door": raise OSError("the line is dead")
        return self._files().shards(base, shard_bytes)
    def peek(self, shards, rows): return self._files().peek(shards, rows)
    def survey(self, shard):
        if self.how == "raise in the survey": raise RuntimeError("no count")
        return self._files().survey(shard)
    def settle(self, surveys): return self._files().settle(surveys)
    def key_column(self): return None
    def bad_share(self): return 0.0
    def read(self, shard, types, first, rows):
        for read in self._files().read(shard, types, first, rows):
            table = read.table
            match self.how:
                case "lose": table = table.slice(1)
                case "invent" | "double": table = pa.concat_tables([table, table.slice(0, 1)])
                case "lose one and double one": table = pa.concat_tables([table.slice(1), table.slice(1, 1)])
                case "raise": raise FileNotFoundError(2, "gone", "elsewhere")
            yield Read(table, read.bad)
''',
    "clean.broken": '''
import os, sys
import pyarrow as pa
from tilth.step import Map

class Broken(Map):
    """Changes texts, but not as it should."""
    how: str
    def reads(self): return ("text",)
    def columns(self, batch):
        if not len(batch): return {"text": batch["text"]}
        match self.how:
            case "lose": return {"text": batch["text"].slice(1)}
            case "invent": return {"text": pa.concat_arrays([batch["text"], batch["text"].slice(0, 1)])}
            case "change ids": return {"id": batch["id"].take(pa.array(range(len(batch))[::-1]))}
            case "change origins": return {"origin": batch["origin"]}
            case "raise": raise ValueError("a mistake of its own")
            case "raise as the system does": raise FileNotFoundError(2, "No such file or directory", "words.txt")
            case "leave": sys.exit(0)
            case "nothing at all": return None
            case "die": os.kill(os.getpid(), 9)
        return {}
''',
    "filter.broken": '''
import pyarrow as pa
from tilth.record import Check, Measure
from tilth.step import Filter

def short(text): return {"short": pa.array(range(max(0, len(text) - 1)), pa.int64())}
def long(text): return {"long": pa.array(range(len(text) + 1), pa.int64()) if len(text) else pa.array([], pa.int64())}
def angry(text):
    if len(text): raise ZeroDivisionError("a mistake of its own")
    return {"angry": pa.array([], pa.int64())}
OF = {"lose": Measure("short", short), "invent": Measure("long", long), "raise": Measure("angry", angry)}

class Broken(Filter):
    """Measures texts, but not as it should."""
    how: str
    def checks(self): return (Check("any", OF[self.how], at_least=0),)
''',
    "dedup.broken": '''
import os
import numpy as np
import pyarrow as pa
from tilth.record import Outcome
from tilth.step import Whole

class Broken(Whole):
    """Decides, but not as it should."""
    how: str
    def reads(self): return ("text",)
    def sketch(self, batch):
        table = batch.table.select(["id"])
        if not len(batch): return table
        match self.how:
            case "lose in the sketch": return table.slice(1)
            case "double in the sketch": return pa.concat_tables([table, table.slice(0, 1)])
            case "reorder": return table.take(pa.array(range(len(table))[::-1]))
            case "change ids": return table.set_column(0, "id", pa.array([os.urandom(16) for _ in range(len(table))], pa.binary(16)))
            case "raise in the sketch": raise KeyError("text of another step")
        return table
    def decide(self, sketches):
        rows = sketches.num_rows
        match self.how:
            case "lose": return Outcome(("all",), np.zeros(rows - 1, np.int16))
            case "invent": return Outcome(("all",), np.zeros(rows + 1, np.int16))
            case "no such part": return Outcome(("one", "two"), np.full(rows, 2, np.int16))
            case "short values": return Outcome(("all",), np.zeros(rows, np.int16), value=np.zeros(1))
            case "raise": raise RuntimeError("a mistake of its own")
        return Outcome(("all",), np.zeros(rows, np.int16))
''',
}


def install(folder: Path, steps: Mapping[str, str] = STEPS) -> Path:
    """Lay the package out as an installer would; the folder to put on PYTHONPATH. What another test imported of it is forgotten."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme"]:
        del sys.modules[name]
    for name, text in steps.items():
        file = folder / "acme" / f"{name.replace('.', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(text)
    (folder / "acme" / "__init__.py").touch()
    told = folder / "acme-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[tilth.steps]\n" + "".join(f"{name} = acme.{name}\n" for name in steps))
    return folder


def start(project: Project, acme: Path, *words: str, pause: float = 0.0, **more: Any) -> subprocess.Popen[str]:
    """`tilth WORDS`, in a process group of its own, as a shell starts it."""
    ours = {name: value for name, value in os.environ.items() if name not in ("TILTH_STORE", "TILTH_RUNS")}
    environment = {**ours, "PYTHONPATH": str(acme), PAUSE: str(pause), **more.pop("env", {})}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True, "cwd": project.folder}
    return subprocess.Popen([sys.executable, "-m", "tilth.cli.main", *words], **{**pipes, "env": environment, **more})


def doing(project: Project, process: subprocess.Popen[str]) -> str:
    """The phase that a process is in, as the store's lock says."""
    try:
        told = (project.store.root / "lock").read_text().strip()
    except FileNotFoundError:
        return ""
    number, _, phase = told.partition(" ")
    return phase.strip("()") if number == str(process.pid) else ""


def caught_in(project: Project, process: subprocess.Popen[str], phase: str) -> bool:
    """Wait until the process is in a phase; False when it ended before."""
    while process.poll() is None:
        if doing(project, process) == phase:
            return True
        time.sleep(0.0005)
    return False


def left_over(process: subprocess.Popen[str], patience: float = 5.0) -> list[str]:
    """The processes of a group that still run after some patience, zombies apart."""
    until = time.monotonic() + patience
    while (alive := _alive(process.pid)) and time.monotonic() < until:
        time.sleep(0.01)
    return alive


def _alive(group: int) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (folder / "stat").read_text().rpartition(") ")
        except OSError:
            continue
        state, _, process_group = rest.split()[:3]
        if int(process_group) == group and state != "Z":
            found.append(name)
    return found


def stamps(project: Project) -> Mapping[Path, int]:
    """When each key of the store was written."""
    return {path: path.stat().st_mtime_ns for path in (project.store.root / "keys").glob("*/*") if not path.name.startswith(".")}


def half_made(project: Project) -> Sequence[str]:
    """What is there that a finished run should not leave."""
    places = [*(project.store.root / "work").iterdir(), *project.folder.rglob(".*")]
    return [str(path) for path in places if path.name not in (".tilth", ".gitignore")]


def end(process: subprocess.Popen[str], number: int = signal.SIGKILL) -> tuple[int, str, str]:
    """Send a signal to the whole group, as a terminal or an operating system does; exit code, stdout and stderr."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err
