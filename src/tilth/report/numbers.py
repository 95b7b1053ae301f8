"""Numbers as people write them: thin spaces between thousands, few digits, units."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

NARROW = "\u202f"
"""The narrow no-break space: between thousands, and between a number and its unit."""

MINUS = "\u2212"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MONTHS = "January February March April May June July August September October November December".split()


def count(value: float | None) -> str:
    """A whole number of things: `12 431`."""
    return "–" if value is None else f"{round(value):,}".replace(",", NARROW).replace("-", MINUS)


def counted(value: int, what: str) -> str:
    """Things by their name, which is ours: `1 row`, `12 431 rows`."""
    return f"{count(value)} {what if value == 1 else f'{what}s'}"


def number(value: float | None, digits: int = 3) -> str:
    """A measured number with so many significant digits; whole numbers keep all of theirs: `41.2`, `0.0235`, `1.2 × 10⁻⁷`."""
    if value is None or not math.isfinite(value):
        return "–" if value is None else str(value).replace("inf", "∞").replace("-", MINUS)
    if value == int(value) and abs(value) < 1e15:
        return count(value)
    if 1e-4 <= abs(value) < 10**digits:
        places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
        text = f"{value:.{places}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)
    if 1 <= abs(value) < 1e15:
        return count(value)
    mantissa, _, power = f"{value:.{digits - 2}e}".partition("e")
    return f"{mantissa}{NARROW}×{NARROW}10{str(int(power)).translate(_RAISED)}".replace("-", MINUS)


def share(part: float, whole: float) -> str:
    """A part of a whole: `6.0 %`. Never rounded to nothing or to all when it is neither."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if part in (0, whole):
        return f"{percent:.0f}{NARROW}%"
    if percent < 0.01:
        return f"< 0.01{NARROW}%"
    if 99.99 < percent < 100:
        return f"> 99.99{NARROW}%"
    return f"{percent:.{1 if 1 <= percent < 99 else 2}f}{NARROW}%"


def size(value: float | None) -> str:
    """Bytes, in powers of a thousand: `12.3 MB`."""
    return _scaled(value, 1000, ("B", "kB", "MB", "GB", "TB", "PB"))


def short(value: float | None) -> str:
    """A large number in a word's space: `3.4 M`; small ones whole."""
    return number(value) if value is None or abs(value) < 1e4 else _scaled(value, 1000, ("", "k", "M", "G", "T", "P"))


def _scaled(value: float | None, step: int, units: tuple[str, ...]) -> str:
    if value is None:
        return "–"
    power = 0
    while abs(value) >= step - 0.5 and power < len(units) - 1:
        value, power = value / step, power + 1
    digits = f"{value:.0f}" if power == 0 or abs(value) >= 99.95 else f"{value:.1f}"
    return f"{digits}{NARROW}{units[power]}".strip(NARROW)


def duration(seconds: float | None) -> str:
    """A span of time: `0.4 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds is None:
        return "–"
    if seconds < 9.95:
        return f"{number(seconds, 2)}{NARROW}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{NARROW}s"
    if whole < 3600:
        return f"{whole // 60}{NARROW}min" + (f" {whole % 60}{NARROW}s" if whole % 60 else "")
    minutes = round(seconds / 60)
    return f"{count(minutes // 60)}{NARROW}h" + (f" {minutes % 60}{NARROW}min" if minutes % 60 else "")


def moment(written: str) -> str:
    """A point in time, from ISO 8601: `21 November 2026, 03:12 UTC`. What is no such time stays as it is."""
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return written
    offset = time.utcoffset()
    zone = "" if offset is None else " UTC" if offset == timedelta(0) else f" UTC{time:%z}"
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}, {time:%H:%M}{zone}"


def quantity(value: float | None, kind: str) -> str:
    """A number of the kind that an estimate names."""
    match kind.rpartition("_")[2]:
        case "seconds":
            return duration(value)
        case "bytes":
            return size(value)
        case "rows":
            return count(value)
        case _:
            return short(value)
