"""What a text may spell: a number, a date, a link, JSON, HTML, or nothing in other words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

PLACEHOLDERS = frozenset(
    "n/a na #n/a n.a. nil none null nan nat - -- --- — . ? ?? unknown undefined missing empty tbd todo not available not applicable (null) <na> "
    "[] {}".split()
    + ["not available", "not applicable", "no data", "none.", "n / a", "k.a.", "k. a.", "keine angabe", "unbekannt", "inconnu", "desconocido", "n.d."]
)
"""What people write where there is nothing, in lower case."""

_SPELLED = r"^\s*[-+]?\s*(?:[$€£¥₹]|USD|EUR|GBP)?\s*[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?\s*(?:%|[$€£¥₹])?\s*$"
_COMMA = r"^\s*(?:[$€£¥₹]|USD|EUR|GBP|CHF)?\s*[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}\s*(?:%|[$€£¥₹]|EUR|CHF)?\s*$"
"""A number with a decimal comma: `1.299,00 €`. `1,299` is not one: it has three digits after the comma."""
_DIGIT = r"\d"
_PLAIN = r"^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$"
"""A number as a source reads it where a recipe says that a column holds numbers."""
_DATE = (
    r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:[T ]\d{1,2}:\d{2}.*)?|"
    r"\d{1,2}\.? (?:[A-Z][a-z]{2,8})\.? \d{4}|(?:[A-Z][a-z]{2,8})\.? \d{1,2},? \d{4}(?: \d{1,2}:\d{2}.*)?|\d{4}-\d{2})\s*$"
)
_URL = r"^\s*(?:https?|ftp|s3|gs)://\S+\s*$"
_EMAIL = r"^\s*[^\s@]+@[^\s@]+\.[A-Za-z]{2,}\s*$"
_JSON = r"^\s*(?:\{[\s\S]*\}|\[[\s\S]*\])\s*$"
_HTML = r"(?i)</(?:p|div|a|b|i|li|ul|ol|h[1-6]|span|table|tr|td|strong|em|body|html)>|<br ?/?>"
_ISO = r"^\s*\d{4}-\d{2}-\d{2}"


KINDS = ("number", "plain_number", "date", "url", "email", "json", "html")


def looks(texts: pa.LargeStringArray) -> dict[str, npt.NDArray[np.bool_]]:
    """Which texts read as a number, a date, a link, JSON or HTML."""
    dates, plain = pc.match_substring_regex(texts, _DATE), pc.match_substring_regex(texts, _PLAIN)
    found = {"number": _numbers(texts), "plain_number": plain, "date": dates, "url": pc.match_substring_regex(texts, _URL)}
    found |= {
        "email": pc.match_substring_regex(texts, _EMAIL),
        "json": pc.match_substring_regex(texts, _JSON),
        "html": pc.match_substring_regex(texts, _HTML),
    }
    return {name: np.asarray(mask) for name, mask in found.items()}


def _numbers(texts: pa.LargeStringArray) -> pa.BooleanArray:
    usual = pc.and_(pc.match_substring_regex(texts, _SPELLED), pc.match_substring_regex(texts, _DIGIT))
    return pc.or_(usual, pc.match_substring_regex(texts, _COMMA))


def spelled(texts: pa.LargeStringArray) -> npt.NDArray[np.float64]:
    """The numbers that texts spell, with or without signs of thousands and of currency, a point or a comma before the decimals; NaN: no number."""
    comma = pc.match_substring_regex(texts, _COMMA)
    dotted = pc.if_else(comma, pc.replace_substring(pc.replace_substring(texts, ".", ""), ",", "."), texts)
    bare = pc.replace_substring_regex(pc.if_else(_numbers(texts), dotted, ""), r"[^-\d.eE+]|^\+|(?i:usd|eur|gbp|chf)", "")
    told = [_float(one) for one in bare.to_pylist()]
    return np.array(told, np.float64)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def ends_of_dates(texts: pa.LargeStringArray) -> tuple[tuple[str, str] | None, int]:
    """The first and the last of the dates that begin with the year, and how many these are."""
    some = texts.filter(pc.match_substring_regex(texts, _ISO))
    if not len(some):
        return None, 0
    ends = pc.min_max(pc.utf8_trim_whitespace(some)).as_py()
    return (ends["min"][:19], ends["max"][:19]), len(some)


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
