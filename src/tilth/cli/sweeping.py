"""What `tilth sweep` does."""

from __future__ import annotations

import json

from tilth.cli.lines import size
from tilth.cli.places import runs_here, store_here
from tilth.store.objects import disk_error
from tilth.store.sweep import Swept, remove, survey


def sweep(yes: bool) -> Swept:
    """Find what no run reaches, and remove it if `yes`. Raises StoreBusy while another process works there."""
    store = store_here()
    try:
        with store.held():
            store.doing("sweep")
            found = survey(store, runs_here())
            if yes:
                remove(found)
    except OSError as error:
        raise disk_error(error, store.root) from error
    return found


def as_json(found: Swept, yes: bool) -> str:
    """The one object that `--json` prints."""
    told = {"removed": yes, "objects": len(found.objects), "keys": len(found.keys), "work": [str(path) for path in found.work], "bytes": found.bytes}
    told |= {"kept": found.kept, "runs": found.runs, "newer_than_runs": found.newer, "resting": [str(path) for path in found.resting]}
    return json.dumps({**told, "gone": [str(path) for path in found.gone]})


def as_words(found: Swept, yes: bool) -> str:
    """What goes, what stays, and what to do."""
    runs = "one run reaches" if found.runs == 1 else f"{found.runs:,} runs reach"
    lines = [f"{runs} {found.kept:,} objects; they stay." if found.runs else "There is no run here, so nothing in the store is reached by one."]
    lines[0] = lines[0][0].upper() + lines[0][1:]
    lines += [f"The runs that were in {place} are gone; what only they reached goes too." for place in found.gone]
    if not found:
        lines.append("Nothing is left over.")
    else:
        what = f"{len(found.objects):,} objects, {len(found.keys):,} keys and {len(found.work):,} half-made folders: {size(found.bytes)}"
        lines.append(f"Removed {what}." if yes else f"No run reaches {what}.")
        if found.newer and not yes:
            lines.append(f"{found.newer:,} of these objects were made after the newest run: a run that was stopped would go on from them.")
    if found.resting:
        words = "A half-made training stays" if len(found.resting) == 1 else f"{len(found.resting)} half-made trainings stay"
        lines.append(f"{words} for a week after its last checkpoint, so that its run can go on:")
        lines += [f"  {path}" for path in found.resting]
    if found and not yes:
        lines.append("`tilth sweep --yes` removes them.")
    return "\n".join(lines)
