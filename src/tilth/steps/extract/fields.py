"""extract.fields: columns made of others, by templates or by casting."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import msgspec
import pyarrow as pa
from pydantic import ConfigDict, model_validator

from tilth.errors import AskedWrong, DataRefused
from tilth.record import JSON, OWN, TEXT, Batch, shown
from tilth.step import Map
from tilth.steps.extract._casts import ARROW, KINDS, Misfit, at, cast
from tilth.steps.extract._columns import Column, Source
from tilth.templates import FAILS, template

MISFITS = "misfits"
"""The column that tells what did not fit."""


class Fields(Map):
    r"""Columns made of others: by a template, or by a path and a type.

    `{text: "{{ title }}\n{{ description | join(' ') }}", price: {from: price, type: number}}`: every setting is a column's
    name. A text that has `{{` or `{%` is a Jinja template over the row: JSON columns are lists and objects, what is absent or null
    renders as nothing, and it runs in Jinja's sandbox. Any other text is a column or a path: `brand: details.Brand`. All columns
    are made from the row as it came in, so one may take the name of another. A path through a text reads it as JSON.

    `number` reads numbers, and texts that are one: digits, `,` between thousands alone, `.` before the fraction, an exponent;
    a sign in front; a currency sign (Unicode Sc: $ € £ ¥ …) in front or behind. `integer`: such a number without a fraction, of
    64 bits. `boolean`: true and false, yes and no. `date`: whatever filter.freshness reads, as a text such as 2024-06-30.
    `text`: texts, and numbers and truth values as JSON writes them. Blank texts are null for all types but text. `1.299,00`,
    `from $3`, `$1 - $2`, `12 %` and `NaN` are no numbers.

    No row is dropped, and no value is lost in silence: where a value is there and is none of the type, a text is no JSON, or a
    template fails, the column is null and the column `misfits` holds what stood there, as JSON by the column's name:
    `{"price": "from $3"}`. Elsewhere it is null, so `filter.where: misfits is null` drops such rows, each in the books. It is made
    always; a later step of this kind adds to it. What `redact` hides in a column may stand in `misfits` too: name both.
    """

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, Source | Column]

    named: ClassVar[Any] = Source | Column
    """A column: a template, a column or a path; or a mapping, to say its type."""

    @model_validator(mode="after")
    def _makes_something(self) -> Self:
        if not self.__pydantic_extra__:
            raise ValueError('It makes no column. Say what each is made of: `{text: "{{ title }} {{ description }}"}`.')
        taken = next((name for name in self.__pydantic_extra__ if name in (*OWN, MISFITS) and name != "text"), None)
        if taken is not None:
            raise ValueError(f"`{taken}` cannot be made here.")
        return self

    def _columns(self) -> dict[str, Column]:
        return {name: said if isinstance(said, Column) else Column.model_validate({"from": said}) for name, said in self.__pydantic_extra__.items()}

    def reads(self) -> tuple[str, ...]:
        """The columns that templates name and paths begin with."""
        return tuple(dict.fromkeys(name for column in self._columns().values() for name in column.reads))

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        return {name: KINDS[column.type] for name, column in self._columns().items()} | {MISFITS: "json"}

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The columns, and what did not fit."""
        rows = list(_rows(batch, self.reads()))
        misfits = list(_before(batch))
        ids = batch["id"].to_pylist()
        made: dict[str, pa.Array] = {}
        for name, column in self._columns().items():
            values = []
            for number, row in enumerate(rows):
                value, misfit = _made(column, row)
                values.append(value)
                if misfit is not None:
                    _refuse(self.name(), name, column, misfit, ids[number])
                    misfits[number][name] = misfit
            made[name] = pa.array(values, ARROW[column.type])
        told = pa.array([msgspec.json.encode(one, enc_hook=str).decode() if one else None for one in misfits], TEXT)
        return made | {MISFITS: told}


def _rows(batch: Batch, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows, JSON as lists and objects, without what is null."""
    columns = []
    for name in names:
        field = batch.table.schema.field(name)
        values = batch[name].to_pylist()
        is_json = JSON.items() <= (field.metadata or {}).items()
        columns.append([msgspec.json.decode(value) if is_json and value is not None else value for value in values])
    for number in range(len(batch)):
        found = zip(names, (column[number] for column in columns), strict=True)
        yield {name: value for name, value in found if value is not None}


def _before(batch: Batch) -> Iterator[dict[str, Any]]:
    """What an earlier step told of each row. Raises AskedWrong where the column is somebody else's."""
    if MISFITS not in batch.table.column_names:
        yield from ({} for _ in range(len(batch)))
        return
    if not JSON.items() <= (batch.table.schema.field(MISFITS).metadata or {}).items():
        raise AskedWrong(
            f"The column `{MISFITS}` is there already, and holds something else.",
            remedy="Rename it in the source: `mapping: {other_name: misfits}`.",
        )
    yield from ({} if value is None else msgspec.json.decode(value) for value in batch[MISFITS].to_pylist())


def _made(column: Column, row: Mapping[str, Any]) -> tuple[Any, Any]:
    """The value of a column in a row, and what stands there in its place if it does not fit."""
    value = None if column.template is not None else row.get(column.path[0])
    try:
        value = at(value, column.path[1:]) if column.template is None else template(column.template)(dict(row))
        return cast(value, column.type, column.join), None
    except Misfit:
        return None, value
    except FAILS as error:
        return None, f"The template fails: {error}"


def _refuse(step: str, name: str, column: Column, misfit: Any, row_id: bytes) -> None:
    """Raises DataRefused where misfits are refused."""
    if column.misfits == "refuse":
        written = msgspec.json.encode(misfit, enc_hook=str).decode()
        raise DataRefused(
            f"`{name}` of the row {shown(row_id)} is no {column.type}: {written if len(written) <= 80 else written[:79] + '…'}.",
            accepted="Said here: `misfits: refuse`.",
            remedy=f"Mend the source, or say `misfits: keep` and drop such rows: `filter.where: {MISFITS} is null`.",
        )
