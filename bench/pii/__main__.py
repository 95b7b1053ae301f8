"""`python -m bench.pii`: measure, keep the result, write the page. The same as `python -m bench.measure pii`."""

from __future__ import annotations

import sys

from bench import measure

sys.argv[1:] = ["pii"]
measure.main()
