"""What a text may spell: a number, a date, a link, JSON, HTML, or nothing in other words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

PLACEHOLDERS = frozenset(
    "n/a na #n/a n.a. nil none null nan nat - -- --- — . ? ?? unknown undefined missing empty tbd todo not available not applicable (null) <na> "
    "[] {}".split()
    + ["not available", "not applicable", "no data", "none.", "n / a"]
)
"""What people write where there is nothing, in lower case."""

_SPELLED = r"^\s*[-+]?\s*(?:[$€£¥₹]|USD|EUR|GBP)?\s*[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?\s*(?:%|[$€£¥₹])?\s*$"
_DIGIT = r"\d"
_DATE = (
    r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:[T ]\d{1,2}:\d{2}.*)?|"
    r"\d{1,2}\.? (?:[A-Z][a-z]{2,8})\.? \d{4}|(?:[A-Z][a-z]{2,8})\.? \d{1,2},? \d{4}(?: \d{1,2}:\d{2}.*)?|\d{4}-\d{2})\s*$"
)
_URL = r"^\s*(?:https?|ftp|s3|gs)://\S+\s*$"
_JSON = r"^\s*(?:\{[\s\S]*\}|\[[\s\S]*\])\s*$"
_HTML = r"(?i)</(?:p|div|a|b|i|li|ul|ol|h[1-6]|span|table|tr|td|strong|em|body|html)>|<br ?/?>"
_ISO = r"^\s*\d{4}-\d{2}-\d{2}"

SEEN = 2000
"""Texts that are looked at for what they spell."""


def looks(texts: pa.LargeStringArray) -> dict[str, int]:
    """How many of some texts read as a number, a date, a link, JSON or HTML."""
    numbers = pc.and_(pc.match_substring_regex(texts, _SPELLED), pc.match_substring_regex(texts, _DIGIT))
    dates = pc.match_substring_regex(texts, _DATE)
    found = {"number": numbers, "date": dates, "url": pc.match_substring_regex(texts, _URL)}
    found |= {"json": pc.match_substring_regex(texts, _JSON), "html": pc.match_substring_regex(texts, _HTML)}
    return {name: int(pc.sum(mask).as_py() or 0) for name, mask in found.items()}


def spelled(texts: pa.LargeStringArray) -> npt.NDArray[np.float64]:
    """The numbers that texts spell, thousands separated by commas or not, with a currency or none; NaN where a text is no number."""
    mask = pc.and_(pc.match_substring_regex(texts, _SPELLED), pc.match_substring_regex(texts, _DIGIT))
    bare = pc.replace_substring_regex(pc.if_else(mask, texts, ""), r"[^-\d.eE+]|^\+|(?i:usd|eur|gbp)", "")
    told = [_float(one) for one in bare.to_pylist()]
    return np.array(told, np.float64)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def ends_of_dates(texts: pa.LargeStringArray) -> tuple[str, str] | None:
    """The first and the last of dates that begin with the year; of dates written otherwise nothing is told."""
    mask = pc.match_substring_regex(texts, _ISO)
    some = texts.filter(mask)
    if not len(some) or len(some) < 0.9 * len(texts):
        return None
    ends = pc.min_max(pc.utf8_trim_whitespace(some)).as_py()
    return ends["min"][:19], ends["max"][:19]


def held(texts: pa.LargeStringArray) -> tuple[dict[str, int], pa.Array]:
    """How many texts hold something, or nothing in which way; and which ones hold something. There is no null."""
    sizes = pc.binary_length(texts)
    empty = pc.equal(sizes, 0)
    short = np.flatnonzero(np.asarray(pc.and_(pc.less_equal(sizes, 64), pc.invert(empty))))
    bare = pc.utf8_trim_whitespace(texts.take(pa.array(short)))
    blank = np.asarray(pc.equal(pc.binary_length(bare), 0))
    likely = np.asarray(pc.less_equal(pc.binary_length(bare), 16)) & ~blank
    stands = np.zeros(len(short), np.bool_)
    stands[likely] = np.asarray(pc.is_in(pc.utf8_lower(bare.filter(pa.array(likely))), value_set=pa.array(sorted(PLACEHOLDERS), pa.large_string())))
    filled = np.asarray(pc.match_substring_regex(texts, r"\S")).copy()
    filled[short[blank | stands]] = False
    nothing = {"empty": int(pc.sum(empty).as_py() or 0), "placeholder": int(stands.sum())}
    told = {**nothing, "blank": len(texts) - int(filled.sum()) - sum(nothing.values())}
    return {"value": len(texts) - sum(told.values()), **told}, pa.array(filled)
