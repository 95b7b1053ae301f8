"""A run under cProfile: `python -m bench.ours.profiled RECIPE TARGET`.

Writes the processor seconds of each function of ours, what it calls included; and of every function what it
took by itself, those of libraries included.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import time
from collections import defaultdict
from pathlib import Path

import tilth

PACKAGE = Path(tilth.__file__).parent
MOST = 30


def main() -> None:
    """Run with one worker, so in this process."""
    run, profile = tilth.run, cProfile.Profile(time.process_time)
    profile.runcall(run, sys.argv[1], workers=1, quiet=True)
    stats = vars(pstats.Stats(profile))
    functions, alone = defaultdict[str, float](float), defaultdict[str, float](float)
    for (file, _, function), (_, _, by_itself, with_all, _) in stats["stats"].items():
        name = _name(file, function)
        alone[name] += by_itself  # several functions of a file may have one name: lambdas, methods
        if PACKAGE in Path(file).parents:
            functions[name] = max(functions[name], with_all)
    most = dict(sorted(alone.items(), key=lambda one: -one[1])[:MOST])
    told = {"seconds": stats["total_tt"], "functions": functions, "alone": most}
    Path(sys.argv[2]).write_text(json.dumps(told))


def _name(file: str, function: str) -> str:
    """Where a function is, without the machine's folders."""
    path = Path(file)
    if PACKAGE in path.parents:
        return ".".join([*path.relative_to(PACKAGE).with_suffix("").parts, function])
    return function if file in ("~", "") else f"{path.parent.name}.{path.stem}.{function}"


if __name__ == "__main__":
    main()
