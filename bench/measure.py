"""All benchmarks, or those that are named: `python -m bench.measure [NAME …]`. Run by `make bench`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

from bench import budget, page, recipes, results
from bench.pii import compared
from bench.results import Result
from bench.works import again, against, cleaning, deciding, look, near, path, quality, tuning

WORKS: dict[str, Callable[[], Result]] = {
    "quality": quality.measure,
    "cleaning": cleaning.measure,
    "path": path.measure,
    "near": near.measure,
    "against": against.measure,
    "deciding": deciding.measure,
    "again": again.measure,
    "look": look.measure,
    "pii": compared.measure,
    "tuning": tuning.measure,
    "budget": budget.measure,
    **{f"recipe-{name}": partial(recipes.measure, name) for name in recipes.WORKS},
}


def main() -> None:
    """Measure, keep the results, and write the page."""
    unknown = [name for name in sys.argv[1:] if name not in WORKS]
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(WORKS)}.")
    for name in sys.argv[1:] or WORKS:
        begun = time.monotonic()
        result = WORKS[name]()
        sys.stdout.write(f"{results.write(result).name}  {time.monotonic() - begun:.0f} s\n")
        sys.stdout.writelines(f"  {line.work}: {line.measured} (budget {line.budget})\n" for line in result.lines)
        sys.stdout.flush()
        page.write()


if __name__ == "__main__":
    main()
