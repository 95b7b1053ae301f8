"""Expressions in SQL, asked of each row alone: read before any data is seen, and computed over a batch.

An expression is DuckDB's SQL over the row's columns: `price >= 1`, `round(price)`, `meta->>'lang'`. It is a
function of the row: no subquery, aggregate, window function, clock, chance or file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator

from tilth.errors import RecipeError, StepFailed
from tilth.record import Batch, flat

ROWS = "the rows of this batch"
"""What the batch is called in SQL; as no column is called so, a name before a dot is always a column."""

BEFORE = "SELECT (\n"
"""What is written before an expression to parse it."""

REFUSED = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "`*`",
    "PARAMETER": "a parameter (`?` or `$1`)",
    "POSITIONAL_REFERENCE": "a column by its number (`#1`)",
    "DEFAULT": "`DEFAULT`",
}
"""Kinds of expression that are not a function of one row, or not of its columns by name."""

UNSTEADY = ("age", "current_localtime", "current_localtimestamp", "current_setting", "getvariable", "version")
"""Functions that some version of DuckDB calls consistent though they look at the clock (`age` of one date does),
at the session or at DuckDB itself."""


def values_of(sql: str, columns: Sequence[str], arrays: Sequence[pa.Array]) -> pa.Array:
    """The value of an expression for each row; `arrays` are the columns that it names (`columns_of`).

    Raises: StepFailed where a row's value does not convert; RecipeError where the columns do not suit."""
    cursor = _cursor()
    try:
        cursor.register(ROWS, pa.table(list(arrays), names=list(columns)))
        (found,) = cursor.sql(f'{BEFORE}{sql}\n) FROM "{ROWS}"').to_arrow_table().columns
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        raise StepFailed(
            f"`{sql}` cannot be computed for some row: {_first_line(error)}",
            remedy="Where a value may not convert, `try_cast(x AS type)` gives null.",
        ) from error
    except duckdb.Error as error:
        types = ", ".join(f"{name} ({array.type})" for name, array in zip(columns, arrays, strict=True))
        raise RecipeError(
            f"`{sql}` does not suit the columns: {_first_line(error)}",
            accepted=f"It names: {types}.",
            remedy="Convert with `CAST(x AS type)`; a member of a json column is `column->>'member'`.",
        ) from error
    finally:
        cursor.close()
    return flat(found)


def values_in(batch: Batch, sql: str) -> pa.Array:
    """The value of an expression for each row of a batch. Raises as `values_of` does, and NotThere for a column that is not there."""
    named = columns_of(sql)
    return values_of(sql, named, [batch[name] for name in named])


def truth_of(sql: str, columns: Sequence[str], arrays: Sequence[pa.Array]) -> pa.BooleanArray:
    """Of which rows an expression is true; false where it is unknown. Raises RecipeError where it is no question."""
    found = values_of(sql, columns, arrays)
    if not pa.types.is_boolean(found.type):
        raise RecipeError(f"`{sql}` gives {found.type}, which is neither true nor false.", remedy="Compare it with something, such as `… > 0`.")
    return pc.fill_null(found, False)


def _first_line(error: duckdb.Error) -> str:
    """What DuckDB says, without the kind of error and the picture of the place."""
    return str(error).partition("\n")[0].partition("Error: ")[2].rstrip(".") + "."


@cache
def columns_of(sql: str) -> tuple[str, ...]:
    """The columns that an expression names, in its order. Raises ValueError where it cannot be asked of a row."""
    columns: list[str] = []
    for part in _parts(_parsed(sql)):
        kind = part["class"]
        if kind in REFUSED:
            raise ValueError(f"`{sql}` has {REFUSED[kind]}, but it is asked of each row alone, of its columns by name.")
        if kind == "FUNCTION" and (fault := _fault(part["function_name"].lower())):
            raise ValueError(f"`{sql}`: {fault}")
        if kind == "COLUMN_REF":
            columns.append(part["column_names"][0])
    if not columns:
        raise ValueError(f"`{sql}` names no column, so it is the same for every row. Text stands in 'single quotes', a column does not.")
    return _distinct(columns, sql)


def _can_be_asked(sql: str) -> str:
    """The expression; a column whose name is a word of SQL, such as `group` or `order`, is put in quotes."""
    try:
        columns_of(sql)
    except ValueError:
        if not sql.isidentifier():
            raise
        columns_of(f'"{sql}"')
        return f'"{sql}"'
    return sql


Expression = Annotated[str, AfterValidator(_can_be_asked)]
"""A setting that holds an expression: a column, or more over the columns of a row."""


def _distinct(columns: list[str], sql: str) -> tuple[str, ...]:
    """Each column once. SQL does not tell upper from lower case in names, rows do."""
    distinct = tuple(dict.fromkeys(columns))
    if len({name.casefold() for name in distinct}) < len(distinct):
        raise ValueError(f"`{sql}` names a column in two ways that differ only in case, which SQL takes for one.")
    return distinct


def _parsed(sql: str) -> dict[str, Any]:
    """The tree of the expression. It must be the one thing selected, and nothing may follow it."""
    ((said,),) = _cursor().execute("SELECT json_serialize_sql(?)", [f"{BEFORE}{sql}\n)"]).fetchall()
    tree = json.loads(said)
    if tree["error"]:
        place = int(tree.get("position", len(BEFORE))) - len(BEFORE)
        where = f"at its character {place + 1}" if place < len(sql) else "at its end"
        raise ValueError(f"`{sql}` is no SQL expression: {tree['error_message'].partition(' at or near')[0]} {where}.")
    select = tree["statements"][0]["node"]
    extras = [select.get("where_clause"), select.get("having"), select.get("qualify"), select.get("sample"), *select.get("modifiers", [])]
    single = select["type"] == "SELECT_NODE" and select["from_table"]["type"] == "EMPTY" and len(select["select_list"]) == 1
    if len(tree["statements"]) > 1 or not single or any(extras) or select.get("group_expressions"):
        raise ValueError(f"`{sql}` is more than one expression. It takes what may stand behind WHERE, and nothing else.")
    expression: dict[str, Any] = select["select_list"][0]
    return expression


def _parts(node: Any, bound: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """Every expression in a tree, but for the names that a lambda binds."""
    if isinstance(node, list):
        for item in node:
            yield from _parts(item, bound)
    elif isinstance(node, dict):
        if node.get("class") == "LAMBDA":
            names = frozenset(part["column_names"][0] for part in _parts(node["lhs"]) if part["class"] == "COLUMN_REF")
            yield from _parts(node["expr"], bound | names)
            return
        if "class" in node and not (node["class"] == "COLUMN_REF" and node["column_names"][0] in bound):
            yield node
        for value in node.values():
            yield from _parts(value, bound)


def _fault(function: str) -> str | None:
    """Why a function cannot be asked of one row, or nothing."""
    nature = _nature(function)
    if nature == "row":
        return None
    if nature == "world":
        return f"`{function}` does not depend on the row alone, so the same data would not give the same result."
    if nature == "rows":
        return f"`{function.removesuffix('_star')}` looks at many rows; the expression is asked of each row alone."
    if nature == "table":
        return f"`{function}` reads a table or file, or makes several rows of one; the expression is asked of each row alone."
    near = get_close_matches(function, _forms(), n=1)
    return f"There is no function `{function}`." + (f" Did you mean `{near[0]}`?" if near else "")


@cache
def _nature(function: str) -> str:
    """What a function looks at: a `row`, many `rows`, a `table` or file, the `world` (clock, chance, session). Empty: unknown."""
    natures = {_nature_of_form(function, *form) for form in _forms().get(function, ())}
    return next((nature for nature in ("world", "rows", "row", "table") if nature in natures), "")


def _nature_of_form(function: str, kind: str, stability: str | None, definition: str | None) -> str:
    if kind == "scalar":
        return "row" if stability == "CONSISTENT" and function not in UNSTEADY else "world"
    if kind != "macro" or definition is None:
        return "rows" if kind in ("aggregate", "window") else "table"
    code = re.sub(r"'[^']*'", "", definition).lower()  # 'sum' in list_aggr(l, 'sum') is no call
    called = {_nature(name) for name in re.findall(r'(\w+)"?\(', code) if name != function}
    if "world" in called or "current_" in code or "select " in code:
        return "world"
    return next((nature for nature in ("rows", "table") if nature in called), "row")


@cache
def _forms() -> Mapping[str, Sequence[tuple[str, str | None, str | None]]]:
    """Kind, stability and definition of each form of each function that DuckDB has, by lower-case name."""
    forms: dict[str, list[tuple[str, str | None, str | None]]] = {}
    asked = "SELECT lower(function_name), function_type, stability, macro_definition FROM duckdb_functions()"
    for name, *form in _cursor().execute(asked).fetchall():
        forms.setdefault(name, []).append((form[0], form[1], form[2]))
    return forms


def _cursor() -> duckdb.DuckDBPyConnection:
    """Room of one's own in the database of this process."""
    return _database(os.getpid()).cursor()


@cache
def _database(process: int) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that sees no file and no network; one thread keeps the order of the rows.
    A process made by a fork opens its own."""
    closed = {"enable_external_access": False, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    database = duckdb.connect(":memory:", config={"threads": 1, **closed})
    database.execute("SET GLOBAL TimeZone = 'UTC'")  # or the machine's would decide what day an instant falls on
    return database
