"""Kill runs at random moments for as long as is asked, and compare what comes of them: `python -m bench.soak MINUTES`.

Each round makes a new project and kills its run, whole group or first process alone, until one comes to
its end; then its contents must be those of a run that nobody disturbed, its store must verify, and
nothing half-made may be left.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.execute.test_killed import RECIPE, made
from tests.outside import doing, half_made, install, left_over, start


def main() -> None:
    """Go on until the time is up; exit 1 at the first difference."""
    until, seed = time.monotonic() + 60 * float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    chance, killed, rounds = random.Random(seed), Counter[str](), 0
    with tempfile.TemporaryDirectory() as place:
        acme = install(Path(place) / "acme")
        expected = _content(Path(place) / "undisturbed", acme, None, killed)
        while time.monotonic() < until:
            rounds += 1
            found = _content(Path(place) / f"round-{rounds}", acme, chance, killed)
            if found != expected:
                sys.exit(f"Round {rounds} of seed {seed} gave {found}, not {expected}.")
    sys.stdout.write(f"{rounds} rounds, {killed.total()} kills, all with the same content: {dict(killed)}\n")


def _content(folder: Path, acme: Path, chance: random.Random | None, killed: Counter[str]) -> object:
    project = made(folder, RECIPE)
    while True:
        process = start(project, acme, "run", "recipe.yaml", "--json", "--workers", str(chance.choice([1, 2]) if chance else 2), pause=0.02)
        if chance is not None:
            time.sleep(chance.choice([chance.uniform(0, 1), chance.uniform(0.6, 2), chance.uniform(0.6, 4)]))
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL) if chance.random() < 0.3 else os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        if process.returncode == -signal.SIGKILL:
            killed[doing(project, process) or "start"] += 1
            continue
        if process.returncode != 0 or left_over(process) or half_made(project):
            sys.exit(f"Exit {process.returncode}; left over: {left_over(process)}, {half_made(project)}.\n{err}")
        told = json.loads(out)
        return [told[name] for name in ("content", "models", "scores")]


if __name__ == "__main__":
    main()
