"""`filter.where`: rows of which something is true, said in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import Check, Measure
from tilth.sql import Expression, columns_of, truth_of
from tilth.step import Filter


class Where(Filter):
    """Keeps a row if an SQL expression over its columns is true.

    The expression is DuckDB's SQL: `price >= 1 and price < 1000`, `origin.file like '%.md'`,
    `meta->>'lang' = 'en'`, `"two words" is not null`. As in any SQL WHERE, a row for which it is false or
    unknown (null) is dropped. It is a function of the row alone: no subquery, aggregate, window function,
    clock, chance or file. The rule is named `where`; its value is 1 where true, 0 where not.
    """

    bare: ClassVar[str | None] = "sql"

    sql: Expression
    """The expression, which must give true or false: `price >= 1`. Text stands in 'single quotes', a column's
    name in "double quotes" where it is no plain word."""

    def checks(self) -> tuple[Check, ...]:
        return (Check("where", _measure(self.sql), at_least=1),)


@cache
def _measure(sql: str) -> Measure:
    columns = columns_of(sql)
    return Measure("where", partial(true_of, sql, columns), columns, key=sql)


def true_of(sql: str, columns: tuple[str, ...], *arrays: pa.Array) -> Mapping[str, pa.Array]:
    """The measure `where`: 1 where the expression is true of the row, 0 where it is false or unknown."""
    return {"where": pc.cast(truth_of(sql, columns, arrays), pa.int8())}
