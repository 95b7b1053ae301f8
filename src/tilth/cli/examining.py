"""What `tilth doctor` looks at. Nothing is written, and no network is used."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from tilth.cli.keys import Key, keys
from tilth.cli.lines import aligned, one_line, paint, size
from tilth.cli.places import told
from tilth.errors import Missing, RecipeError
from tilth.store.objects import FORMAT
from tilth.store.runs import Runs

MARKS = {"ok": ("✓", "green"), "absent": ("–", "dim"), "warning": ("!", "red"), "missing": ("✗", "red")}
NEEDED = re.compile(r"(?P<name>[\w.-]+)[^;>=<~!]*(?:>=(?P<least>[\d.]+))?[^;]*(?:;\s*extra\s*==\s*['\"](?P<extra>[\w-]+)['\"])?")
ROOM = 5_000_000_000
"""Bytes of free disk below which a warning is given: a first run with its models takes about one."""

ASK = """
import json
import torch
from tilth.model import device
found = device.pick("auto")
name = torch.cuda.get_device_name(found) if found.type == "cuda" else ""
print(json.dumps({"device": str(found), "name": name, "precision": device.precision("auto", found), "threads": torch.get_num_threads()}))
"""
"""Torch is asked in a process of its own: it takes seconds to load, and a broken one must not break the doctor."""


@dataclass(frozen=True)
class Finding:
    """Something that was looked at. `state`: `ok`, `absent` (and not needed), `warning` or `missing`."""

    about: str
    name: str
    state: str
    said: str
    remedy: str = ""


def examine(quiet: bool) -> list[Finding]:
    """Everything, in the order in which it is told."""
    found = [Finding("core", "python", "ok", platform.python_version()), *_packages("")]
    extra = list(_packages("train"))
    found += extra
    if all(one.state == "ok" for one in extra):
        if not quiet:
            sys.stderr.write("asking torch for its device …\n")
        found.append(_device())
    found += [*_machine(), *_kernels(), *_store()]
    named, wrong = keys(Path())
    found += [_key(key) for key in named]
    return [*found, *(Finding("keys", ".env", "warning", one) for one in wrong)]


# ── packages ───────────────────────────────────────────────────────────────────────────────────


def _packages(extra: str) -> Iterator[Finding]:
    """The packages of the core, or of an extra, beside what is asked of them."""
    line = f'Type: pip install "tilth[{extra}]"' if extra else "Type: pip install --upgrade tilth"
    for wanted in requires("tilth") or []:
        match = NEEDED.match(wanted)
        if match is None or (match["extra"] or "") != extra:
            continue
        about, absent = (f"extra {extra}", "absent") if extra else ("core", "missing")
        try:
            here = version(match["name"])
        except PackageNotFoundError:
            yield Finding(about, match["name"], absent, "not installed", line)
            continue
        old = match["least"] is not None and _numbers(here) < _numbers(match["least"])
        yield Finding(
            about, match["name"], "warning" if old else "ok", f"{here}, and {match['least']} is needed" if old else here, line if old else ""
        )


def _numbers(said: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", re.split(r"[a-z+]", said)[0])]


def _device() -> Finding:
    try:
        done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, timeout=300, check=False)
        answer = json.loads(done.stdout.strip().splitlines()[-1]) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        done, answer = None, {}
    if not answer:
        last = done.stderr.strip().splitlines()[-1:] if done is not None else []
        return Finding("machine", "device", "warning", f"torch cannot be used: {(last or ['it gave no answer'])[0]}", "Install torch again.")
    name = f" ({answer['name']})" if answer["name"] else f", {answer['threads']} threads"
    bf16 = "bf16" if answer["precision"] == "bf16" else "fp32; no bf16 in hardware"
    return Finding("machine", "device", "ok", f"{answer['device']}{name}, {bf16}")


# ── the machine and its folders ────────────────────────────────────────────────────────────────


def _machine() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    yield Finding("machine", "cores", "ok", str(cores))
    yield Finding("machine", "memory", "ok", size(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")))
    place = _there(_store_root())
    free = shutil.disk_usage(place).free
    little = "Make room, or name another store with TILTH_STORE." if free < ROOM else ""
    yield Finding("machine", "disk", "warning" if little else "ok", f"{size(free)} free at {place.resolve()}", little)
    if not os.access(place, os.W_OK):
        yield Finding(
            "machine", "folder", "warning", f"{place.resolve()} cannot be written", "Go to a folder of yours, or set TILTH_STORE and TILTH_RUNS."
        )


def _place(name: str, usual: str) -> Path:
    """A place that the environment or `.env` names; what is wrong with `.env` is told among the keys."""
    try:
        return told(name, Path()) or Path(usual)
    except RecipeError:
        return Path(usual)


def _store_root() -> Path:
    return _place("TILTH_STORE", ".tilth")


def _there(place: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(folder for folder in (place.absolute(), *place.absolute().parents) if folder.is_dir())


def _kernels() -> Iterator[Finding]:
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    place = (named if named.is_absolute() else Path(os.path.expanduser("~/.cache"))) / "tilth" / "kernels"
    if os.access(_there(place), os.W_OK):
        yield Finding("machine", "kernel cache", "ok", str(place))
    else:
        said = f"{place} cannot be written, so every process compiles its kernels anew"
        yield Finding("machine", "kernel cache", "warning", said, "Let XDG_CACHE_HOME name a folder that can be written.")


def _store() -> Iterator[Finding]:
    root = _store_root()
    file = root / "format"
    if not file.exists():
        yield Finding("store", str(root), "absent", "none here yet; the first `tilth run` makes it")
        return
    form, taken = file.read_text("utf-8").strip(), sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    if form != FORMAT:
        yield Finding(
            "store", str(root), "warning", f"format {form}, and this version reads {FORMAT}", "Use the version that made it, or another store."
        )
    else:
        runs = len(Runs(_place("TILTH_RUNS", "runs")).all())
        yield Finding("store", str(root), "ok", f"format {form}, {size(taken)}, {'one run' if runs == 1 else f'{runs:,} runs'}")


def _key(key: Key) -> Finding:
    where = f" in {'the environment' if key.found_in == 'environment' else key.found_in}"
    match key.state:
        case "absent":
            return Finding("keys", key.name, "absent", f"not set{f'; {key.use}' if key.use else ''}")
        case "plausible":
            return Finding("keys", key.name, "ok", f"set{where}")
        case "placeholder":
            return Finding("keys", key.name, "warning", f"a placeholder stands{where}", f"Put the real value there, or take {key.name} out.")
        case "empty":
            return Finding("keys", key.name, "warning", f"set{where}, but empty", f"Put a value there, or take {key.name} out.")
    return Finding("keys", key.name, "warning", f"set{where}, but does not look like {key.use or 'a key'}", "Compare it with where it came from.")


# ── telling ────────────────────────────────────────────────────────────────────────────────────


def as_json(found: Sequence[Finding]) -> str:
    """The one object that `--json` prints."""
    return json.dumps({"ok": not any(one.state == "missing" for one in found), "findings": [asdict(one) for one in found]})


def as_words(found: Sequence[Finding]) -> str:
    """What is here, group by group, with what to do beside what is not."""
    lines = []
    for about in dict.fromkeys(one.about for one in found):
        some = [one for one in found if one.about == about]
        rows = [(paint(*MARKS[one.state]), one_line(one.name, 40), _said(one)) for one in some]
        lines.append(f"{paint(about, 'bold')}\n{aligned(rows, indent='  ')}")
    return "\n\n".join(lines)


def _said(one: Finding) -> str:
    return one_line(one.said, 300) + (f". {one.remedy}" if one.remedy else "")


def refuse(found: Sequence[Finding]) -> None:
    """Raise Missing when a package of the core is not there."""
    gone = [one.name for one in found if one.state == "missing"]
    if gone:
        raise Missing(f"Not installed: {', '.join(gone)}.", remedy="Type: pip install --upgrade tilth")
