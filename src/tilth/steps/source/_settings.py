"""Groups of settings of sources."""

from __future__ import annotations

from pydantic import Field

from tilth.step import Settings


class BadRecords(Settings):
    """How much of the input may be unreadable."""

    at_most: float = Field(default=0.01, ge=0, le=1)
    """The largest share of records that may be bad; beyond it the run is refused (exit 3)."""


class Table(Settings):
    """How a CSV or TSV file is written."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """What stands between cells; default: a comma for CSV, a tab for TSV."""

    quote: str | None = Field(default=None, max_length=1)
    """What stands around a cell that holds delimiters or line ends; default: `"` for CSV, nothing for TSV."""

    header: bool = True
    """Whether the first line names the columns; if not, they are `column_1`, `column_2` …"""
