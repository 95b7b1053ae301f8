"""When a row is from: instants read from texts, dates and numbers."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import RecipeError
from tilth.record import texts

INSTANT = pa.timestamp("us", "UTC")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LONG = {4: "-01-01", 7: "-01"}
"""What makes a date of a year and of a month: its first day."""


def instants(column: pa.Array, name: str, form: str | None) -> pa.Array:
    """What orders the values of a column: instants for dates and texts, numbers as they are; null where there is none.

    Texts are ISO 8601 (`2024`, `2024-06`, `2024-06-01`, `2024-06-01T10:30:00+02:00`), or as `form` says, in the codes of
    Python's `strptime`. A time without a zone is taken for UTC. Raises: RecipeError for a column of another kind."""
    kind = column.type
    if pa.types.is_integer(kind):
        return pc.cast(column, pa.int64())
    if pa.types.is_floating(kind):
        numbers = pc.cast(column, pa.float64())
        return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pc.cast(pc.cast(column, pa.timestamp("us", kind.tz if pa.types.is_timestamp(kind) else None), safe=False), INSTANT)
    if pa.types.is_large_string(kind) or pa.types.is_string(kind):
        return pa.array([None if text is None else instant(text, form) for text in texts(column).to_pylist()], pa.int64()).cast(INSTANT)
    if pa.types.is_null(kind):
        return pa.nulls(len(column), INSTANT)
    raise RecipeError(f"`{name}` holds {kind}, which is no time.", accepted="It takes a column of dates, of texts that are dates, or of numbers.")


def instant(text: str, form: str | None = None) -> int | None:
    """Microseconds since 1970; None where the text is no date."""
    text = text.strip()
    try:
        read = datetime.strptime(text, form) if form else datetime.fromisoformat(text + LONG.get(len(text), ""))  # noqa: DTZ007  the zone is settled below
    except ValueError:
        return None
    return ((read if read.tzinfo else read.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND


def written(when: float, *, is_date: bool) -> str:
    """A number as people write it; of microseconds since 1970 the day, and the time where it is not midnight."""
    if not is_date:
        return str(when)
    read = EPOCH + int(when) * MICROSECOND
    return read.date().isoformat() if read.time() == time() else read.isoformat().replace("+00:00", "Z")
