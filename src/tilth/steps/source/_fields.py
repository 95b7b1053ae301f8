"""From the columns of a file to the columns of a dataset: names, the text, mappings and templates.

A template sees a record's own columns by their own names, JSON as lists and objects; what is absent
or null renders as nothing. It runs in Jinja's sandbox: it reaches nothing but the record.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import AskedWrong, NotThere
from tilth.record import ORIGIN, OWN, TEXT, Bad
from tilth.step import Read
from tilth.steps.source._part import SHOWN, Found
from tilth.steps.source._types import SETTLED, WISHED, Misfit, arrow_type, fit, fit_text
from tilth.steps.source._types import field as arrow_field
from tilth.templates import FAILS, is_template, template, variables

MOST_COLUMNS = 2000
ORIGINAL = re.compile(r"^(?:original_)+")
ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
Faults = dict[int, str]


@dataclass(frozen=True)
class Fields:
    """What the recipe says about columns. `path` are those from `{name}` in paths; they are texts."""

    text: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    path: tuple[str, ...] = ()

    @property
    def made(self) -> dict[str, str]:
        """Columns that are made of others: from a template, or a copy of another column."""
        return {**({"text": self.text} if self.text and is_template(self.text) else {}), **self.mapping}

    @property
    def moved(self) -> str | None:
        """The column whose values become the text."""
        return None if self.text is None or is_template(self.text) else self.text

    @property
    def reserved(self) -> set[str]:
        """Names that a column of a file cannot keep: it is kept as `original_<name>`."""
        ours = set(OWN) - {"text"} if self.moved in (None, "text") and "text" not in self.made else set(OWN)
        return ours | set(self.made) | set(self.path)

    def settle(self, found: Mapping[str, str]) -> dict[str, str]:
        """The type of each column of the dataset, from those of the files' columns.

        Raises: NotThere for a column that no file has; AskedWrong for more columns than make sense.
        """
        if len(found) > MOST_COLUMNS:
            raise AskedWrong(
                f"The records have {len(found):,} different keys.",
                accepted=f"At most {MOST_COLUMNS:,} become columns.",
                remedy="Put keys that are data under one key of their own: it becomes one json column.",
            )
        if found:
            self._check([*found, *self.path])
        types = {self._named(name, found): kind for name, kind in found.items()}
        if self.key and self.key in found and self._named(self.key, found) != self.key_column():
            raise AskedWrong(f"The records have `{self.key}` and `{self.key_column()}`.", remedy=f"Say `mapping: {{key: {self.key}}}` and `id: key`.")
        types.update(dict.fromkeys(self.path, "string"))
        for name, source in self.mapping.items():
            types[name] = "string" if is_template(source) else found.get(source, "string")
        if "text" in types or "text" in self.made:
            types = {"text": "string", **{name: kind for name, kind in types.items() if name != "text"}}
        if found:
            known(self.declared, types, "columns")
        types.update({name: SETTLED[word] for name, word in self.declared.items() if name in types and name != "text"})
        return {name: {"null": "string", "long": "int64"}.get(kind, kind) for name, kind in types.items()}

    def _check(self, columns: Iterable[str]) -> None:
        named = {"text": [self.moved] if self.moved else [], "id": [self.key] if self.key else []}
        made = {name: variables(source) if is_template(source) else [source] for name, source in self.made.items()}
        for setting, wanted in [*named.items(), *made.items()]:
            known(wanted, [*columns, *(self.made if setting == "id" else [])], setting)

    def _named(self, name: str, found: Iterable[str]) -> str:
        """The name in the dataset of a column of the files; longer than any `original_original_…` that they have."""
        if name == self.moved:
            return "text"
        taken = [other for other in found if other.endswith(f"original_{name}") and ORIGINAL.sub("", other) == name]
        return name if name not in self.reserved else f"original_{max(taken, key=len, default=name)}"

    def key_column(self) -> str | None:
        """The column of the dataset that holds the ids."""
        return None if self.key is None else self.key if self.key in self.made else self._named(self.key, ())

    def wanted(self, types: Mapping[str, str]) -> dict[str, str]:
        """For each column of the files the word for `_types.fit`."""
        words: dict[str, str] = {}
        for name, kind in types.items():
            if name in self.made or name in self.path:
                continue
            word = WISHED[self.declared[name]] if name in self.declared else kind
            words.update(dict.fromkeys(self._sources(name, types), word))
        return words

    def _sources(self, name: str, types: Mapping[str, str]) -> list[str]:
        """The columns of files that may stand behind a column: `original_id` is `id` in the file, unless
        the file has both, when it is itself and `original_original_id` is `id`."""
        if name == "text" and self.moved:
            return [self.moved]
        bare = ORIGINAL.sub("", name)
        if bare == name or bare not in self.reserved or f"original_{name}" in types:
            return [name]
        return [bare, name]

    def finish(self, found: Found, columns: Mapping[str, str], types: Mapping[str, str]) -> Read:
        """The rows as the dataset has them; a row that a template, a type or a NUL spoils is bad."""
        rows, faults = len(found), Faults()
        arrays: dict[str, pa.Array] = {}
        made = self._make(found, columns, self.wanted(types), faults)
        for name, kind in types.items():
            if name in made:
                arrays[name] = made[name]
            elif name in self.path:
                arrays[name] = _same(columns.get(name), rows)
            else:
                arrays[name] = _first([found.columns[source] for source in self._sources(name, types)])
            _no_nul(arrays[name], name, kind, faults)
        fields = [arrow_field(name, types[name]) for name in arrays]
        table = pa.table([found.origin, *arrays.values()], pa.schema([pa.field("origin", ORIGIN), *fields]))
        return _without(table, list(found.bad), faults)

    def _make(self, found: Found, columns: Mapping[str, str], words: Mapping[str, str], faults: Faults) -> dict[str, pa.Array]:
        """The columns of mappings and templates."""
        templates = {name: source for name, source in self.made.items() if is_template(source)}
        made = {name: self._copy(found, columns, source, name, faults) for name, source in self.made.items() if name not in templates}
        if templates:
            needed = {name for source in templates.values() for name in variables(source)}
            records = _records(found, {name: words.get(name, "") for name in needed}, columns)
            made.update({name: self._rendered(name, template(source), records, faults) for name, source in templates.items()})
        return made

    def _copy(self, found: Found, columns: Mapping[str, str], source: str, name: str, faults: Faults) -> pa.Array:
        array = found.columns[source] if source in found.columns else _same(columns.get(source), len(found))
        if name not in self.declared:
            return array
        return _fitted(array.to_pylist(), WISHED[self.declared[name]], name, faults)

    def _rendered(self, name: str, render: Callable[[dict[str, Any]], str], records: list[dict[str, Any]], faults: Faults) -> pa.Array:
        texts: list[str] = []
        for row, record in enumerate(records):
            try:
                texts.append(render(record))
            except FAILS as error:
                texts.append("")
                faults.setdefault(row, f"`{name}`: the template fails: {error}")
        return _fitted(texts, WISHED[self.declared.get(name, "text")], name, faults)


def _fitted(values: list[Any], word: str, name: str, faults: Faults) -> pa.Array:
    fitted = []
    for row, value in enumerate(values):
        try:
            fitted.append(value if word == "string" and isinstance(value, str) else _fit(value, word))
        except Misfit as error:
            fitted.append(None)
            faults.setdefault(row, f"`{name}`: {error}")
    return pa.array(fitted, arrow_type(word))


def _fit(value: Any, word: str) -> Any:
    return fit_text(value, word) if isinstance(value, str) else fit(value, word, lambda: msgspec.json.encode(value).decode())


def _first(columns: Sequence[pa.Array]) -> pa.Array:
    return columns[0] if len(columns) == 1 else pc.coalesce(*columns)


def _same(value: str | None, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, TEXT), rows)


def _records(found: Found, words: Mapping[str, str], columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows for a template; without what is null, so that it renders as nothing."""
    records: list[dict[str, Any]] = [dict(columns) for _ in range(len(found))]
    for name, word in words.items():
        if name not in found.columns:
            continue
        for record, value in zip(records, found.columns[name].to_pylist(), strict=True):
            if value is not None:
                record[name] = msgspec.json.decode(value) if word in ("json", "JSON") else value
    return records


def _no_nul(array: pa.Array, name: str, kind: str, faults: Faults) -> None:
    """Note rows whose text holds U+0000, which databases, C programs and tokenizers cut a text at."""
    if kind not in ("string", "json") or not len(array):
        return
    rows: Iterable[int]
    if kind == "string":
        data, ends = array.buffers()[2], np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
        used = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] if data else np.empty(0, np.uint8)
        rows = np.flatnonzero(pc.fill_null(pc.match_substring(array, "\0"), False)).tolist() if not used.all() else []
    else:
        doubtful = np.flatnonzero(pc.fill_null(pc.match_substring(array, "\\u0000"), False))
        rows = [int(row) for row in doubtful if ESCAPED_NUL.search(array[int(row)].as_py())]
    for row in rows:
        faults.setdefault(int(row), f"`{name}` holds a NUL (U+0000)")


def _without(table: pa.Table, bad: list[Bad], faults: Faults) -> Read:
    if not faults:
        return Read(table, bad)
    for row in sorted(faults):
        values = table.slice(row, 1).drop_columns(["origin"]).to_pylist()[0]
        bad.append(Bad(**table["origin"][row].as_py(), reason=faults[row], raw=msgspec.json.encode(values)[:SHOWN]))
    kept = table.filter(pa.array([row not in faults for row in range(table.num_rows)]))
    return Read(kept, sorted(bad, key=lambda one: one.record))


def known(wanted: Iterable[str], columns: Iterable[str], setting: str) -> None:
    """Raises NotThere for the first that is no column, with the nearest that are."""
    there = list(columns)
    for name in wanted:
        if name not in there:
            near = difflib.get_close_matches(name, there, 1)
            guess = f"Did you mean `{near[0]}`?" if near else ""
            sign = next((sign for sign in (";", "|", "\t") if sign in there[0]), "") if len(there) == 1 else ""
            guess = f'Its cells seem to be parted by `{sign}`: say `csv: {{delimiter: "{sign}"}}`.' if sign else guess
            raise NotThere(f"There is no column `{name}`, which `{setting}` names.", accepted=f"Columns: {', '.join(there)}.", remedy=guess)
