"""How fast this machine is: one small probe that estimates of models are made with."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import numpy as np


@cache
def flops_per_second() -> float:
    """What this machine does in a second, measured once, by a product of two matrices (float32); a few hundredths of a second."""
    matrix = np.ones((768, 768), np.float32)
    matrix @ matrix
    best = min(_timed(matrix) for _ in range(3))
    return 2 * 768**3 / best


def _timed(matrix: np.ndarray[Any, Any]) -> float:
    begun = time.perf_counter()
    matrix @ matrix
    return time.perf_counter() - begun
