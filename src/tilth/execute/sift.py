"""Choosing among rows that are looked at: by an expression on their columns, or by a text in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import UsageError
from tilth.recipe.words import did_you_mean, nearest, sentences


def where(table: pa.Table, expression: str) -> pa.Table:
    """The rows for which a SQL expression on their columns is true, in their order.

    Raises: UsageError with the database's own words when it cannot be asked."""
    numbered = table.append_column("_place_", pa.array(range(table.num_rows), pa.int64()))
    with duckdb.connect() as database:
        database.execute("SET enable_external_access = false")
        database.register("rows", numbered)
        try:
            kept = database.sql(f"SELECT _place_ FROM rows WHERE (\n{expression}\n) ORDER BY _place_").to_arrow_table()
        except duckdb.Error as error:
            raise _refused(expression, str(error), table.column_names) from error
    return table.take(kept["_place_"])


def _refused(expression: str, said: str, columns: Sequence[str]) -> UsageError:
    """What DuckDB says, in our words where it is a misspelt column or an end that comes too early."""
    plain = re.sub(r"^\w+ Error: ", "", said.strip().splitlines()[0])
    missing = re.match(r'Referenced column "(.+)" not found', plain)
    meant = did_you_mean(nearest(missing[1], columns)) if missing else ""
    why = f"there is no column `{missing[1]}`." if missing else "it ends too early." if plain.endswith('near ")"') else plain
    accepted = sentences(meant, f"A condition on the columns {', '.join(columns)}, such as `length(text) > 100`.")
    return UsageError(f"`{expression}` cannot be asked: {why}", where="--where", accepted=accepted)


def search(table: pa.Table, text: str) -> pa.Table:
    """The rows with a text in any column of texts; upper and lower case are the same."""
    mask = pa.array([False] * table.num_rows, pa.bool_())
    for field in table.schema:
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            mask = pc.or_(mask, pc.fill_null(pc.match_substring(table[field.name], text, ignore_case=True), False))
    return table.filter(mask)
