"""The verdict on rows by limits on what was measured of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import TEXT, Check, Verdict, flat, texts


def judge(checks: Sequence[Check], measures: Mapping[str, pa.Array] | pa.Table, rows: int) -> Verdict:
    """Apply rules to measures: every limit includes its bound, null passes, the first failure is the reason."""
    failed = np.full(rows, -1, np.int16)
    value, limit = np.full(rows, np.nan), np.full(rows, np.nan)
    found: list[str | None] = [None] * rows if any(check.among is not None for check in checks) else []
    for number, check in enumerate(checks):
        if check.among is None and check.at_least is None and check.at_most is None:
            continue
        array = flat(measures[check.measure.column])
        if check.among is not None:
            array = texts(array)
            outside = pc.invert(pc.fill_null(pc.is_in(array, pa.array(check.among, TEXT)), True))
            fails = np.asarray(pc.and_(outside, pc.is_valid(array))) & (failed < 0)
            for row in np.flatnonzero(fails):
                found[row] = str(array[int(row)].as_py())
            failed[fails] = number
            continue
        numbers = pc.fill_null(pc.cast(array, pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        for bound, fails in ((check.at_least, numbers < _or_nan(check.at_least)), (check.at_most, numbers > _or_nan(check.at_most))):
            new = fails & (failed < 0)
            failed[new], value[new], limit[new] = number, numbers[new], _or_nan(bound)
    return Verdict(tuple(check.rule for check in checks), failed, value, limit, tuple(found) or None)


def _or_nan(bound: float | None) -> float:
    return float("nan") if bound is None else float(bound)
