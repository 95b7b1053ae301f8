"""The numbers by which kernels hash: FNV-1a, polynomials, and the stirring of bits."""

from __future__ import annotations

import numpy as np

FNV_START, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
STIR, HALF = np.uint64(0xFF51AFD7ED558CCD), np.uint64(32)
"""The constant of MurmurHash3's finaliser; odd, so that multiplying loses nothing."""
NEXT = np.uint64(0x9E3779B97F4A7C15)
"""The base of polynomials: 2⁶⁴ divided by the golden ratio, odd."""
NOTHING = np.uint64(0)
