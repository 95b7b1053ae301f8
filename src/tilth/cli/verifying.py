"""What `tilth verify` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from tilth.cli.lines import one_line, size
from tilth.cli.places import find_run, runs_here, store_here
from tilth.errors import StoreDamaged
from tilth.execute.audit import audit
from tilth.execute.progress import Progress
from tilth.store.objects import Store
from tilth.store.runs import Run
from tilth.store.sweep import contents_of, read_record
from tilth.store.verify import Mismatch, check_object, dangling, every_object


@dataclass
class Checked:
    """What was checked, and what is not what it was."""

    store: str
    objects: int
    runs: list[str]
    bytes: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)


def check(said: str | None, quiet: bool) -> Checked:
    """Check one run with all that it reaches, or everything."""
    if said is not None:
        run = find_run(said)
        return _checked(run.store(), sorted(set(contents_of(run.store(), run))), [run], quiet)
    store = store_here()
    mine = [run for run in runs_here().all() if run.store().root == store.root.resolve()]
    checked = _checked(store, every_object(store), mine, quiet)
    checked.mismatches += dangling(store)
    return checked


def _checked(store: Store, contents: Sequence[str], runs: Sequence[Run], quiet: bool) -> Checked:
    checked = Checked(str(store.root), len(contents), [f"{run.name}/{run.number}" for run in runs])
    with Progress(quiet=quiet) as progress:
        progress.phase("verify objects", len(contents))
        for content in contents:
            taken = sum(path.stat().st_size for path in store.path(content).rglob("*") if path.is_file())
            checked.mismatches += check_object(store, content)
            checked.bytes += taken
            progress.done(0, taken)
        progress.phase("verify runs", len(runs))
        for run in runs:
            checked.mismatches += audit(store, run, read_record(run))
            progress.done()
        progress.close()
    return checked


def as_json(checked: Checked) -> str:
    """The one object that `--json` prints."""
    return json.dumps(asdict(checked))


def as_words(checked: Checked) -> str:
    """What was checked, and every mismatch."""
    runs = f"{len(checked.runs):,} {'run' if len(checked.runs) == 1 else 'runs'}"
    lines = [f"{checked.objects:,} objects ({size(checked.bytes)}) and {runs} were checked."]
    lines += [f"  {one_line(one.where, 400)}\n    {one_line(one.found, 400)}" for one in checked.mismatches]
    return "\n".join(lines if checked.mismatches else [*lines, "Everything is what was stored, and all books balance."])


def refuse(checked: Checked) -> None:
    """Raise StoreDamaged when there is a mismatch."""
    if checked.mismatches:
        things = "One thing is" if len(checked.mismatches) == 1 else f"{len(checked.mismatches):,} things are"
        raise StoreDamaged(
            f"{things} not what was stored.",
            where=checked.store,
            remedy="Remove the folders of objects that are named; the next `tilth run` makes them again. If nobody wrote there, look at the disk.",
        )
