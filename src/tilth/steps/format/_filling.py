"""Templates over a row's columns, filled in with the values as they stand: what a model learns from, and nothing around it.

A null is not filled in: what was to be made of it is null as well, so that no row says "Price is $.00". What may be missing is asked
about (`{% if price %}`, `{{ title or '' }}`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Annotated, Any

import jinja2
import jinja2.sandbox
import msgspec
import pyarrow as pa
from pydantic import AfterValidator

from tilth.model.formats import RowRefused
from tilth.record import TEXT, Batch, is_json
from tilth.templates import FAILS, variables


class _Missing(Exception):
    """A value that is not there was to be filled in."""


def _read(source: str) -> str:
    variables(source)
    return source


def _named(source: str) -> str:
    if not variables(source):
        raise ValueError(f"`{source}` names no column, so it is the same for every row. A column is named as `{{{{ text }}}}`.")
    return source


Template = Annotated[str, AfterValidator(_read)]
"""A setting that holds a template over the row's columns, or a text for every row."""

Filled = Annotated[str, AfterValidator(_named)]
"""A setting that holds a template that names a column."""


def _there(value: Any) -> Any:
    if value is None or isinstance(value, jinja2.Undefined):
        raise _Missing
    return value


@lru_cache(maxsize=1)
def _environment() -> jinja2.sandbox.ImmutableSandboxedEnvironment:
    return jinja2.sandbox.ImmutableSandboxedEnvironment(keep_trailing_newline=True, finalize=_there)


@lru_cache(maxsize=64)
def _template(source: str) -> Callable[[Mapping[str, Any]], str]:
    return _environment().from_string(source).render


def filled(source: str, row: Mapping[str, Any], name: str) -> str:
    """The text that a template makes of a row for the column `name`. Raises RowRefused."""
    values = {column: row.get(column) for column in variables(source)}
    try:
        return _template(source)(values)
    except (_Missing, *FAILS) as error:
        null = [f"`{column}`" for column, value in values.items() if value is None]
        if null:
            raise RowRefused(f"{' and '.join(null)} {'is' if len(null) == 1 else 'are'} null") from error
        why = "would have a value that is missing" if isinstance(error, _Missing) else f"fails ({type(error).__name__})"
        raise RowRefused(f"the template of `{name}` {why}") from error


def texts_of(batch: Batch, sources: Mapping[str, str]) -> dict[str, pa.Array]:
    """A column for each template, and `refused`: why a text could not be made of a row, null where all were."""
    rows = rows_of(batch, tuple(dict.fromkeys(column for source in sources.values() for column in variables(source))))
    columns: dict[str, list[str | None]] = {name: [] for name in sources}
    refused: list[str | None] = []
    for row in rows:
        why: list[str] = []
        for name, source in sources.items():
            try:
                columns[name].append(filled(source, row, name))
            except RowRefused as error:
                columns[name].append(None)
                why.append(str(error))
        refused.append("; ".join(dict.fromkeys(why)) or None)
    return {name: pa.array(values, TEXT) for name, values in {**columns, "refused": refused}.items()}


def rows_of(batch: Batch, names: Collection[str]) -> list[dict[str, Any]]:
    """The rows of a batch with these columns, json columns as what they hold."""
    columns = {name: batch[name].to_pylist() for name in names}
    for name in names:
        if is_json(batch.table.schema.field(name)):
            columns[name] = [None if value is None else msgspec.json.decode(value) for value in columns[name]]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)] if columns else [{}] * len(batch)
