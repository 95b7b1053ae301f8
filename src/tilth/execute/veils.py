"""What is shown to people of rows is masked by the recipe's own redactions, whichever dataset they stand in.

Rows are kept in the store as they stood when they were judged, so a row that fell before it was redacted still has everything
in it. Whoever shows it, a report, `why`, `look --dropped`, `what-if`, shows it through a veil.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tilth import masking
from tilth.execute.recipes import steps_of
from tilth.recipe.plan import studied_by
from tilth.recipe.resolve import Placed, Recipe
from tilth.record import TEXT, texts
from tilth.redaction import Redaction
from tilth.store.keys import key_of
from tilth.store.runs import Run

EDGE = 40
"""Characters that go with the mark of an excerpt: what was cut in the middle is not recognised."""

OWN = ("id", "origin", "parents")


@dataclass(frozen=True)
class Veil:
    """Hides what any of some redactions would hide, each behind its tag."""

    steps: tuple[Redaction, ...] = ()
    addresses: tuple[str, ...] = ()

    def knowing(self, steps: Mapping[str, Placed]) -> Veil:
        """The same veil with the steps at some addresses as they know what they have studied."""
        told = [steps[address].step if address in steps else step for step, address in zip(self.steps, self.addresses, strict=True)]
        return Veil(tuple(step for step in told if isinstance(step, Redaction)), self.addresses)

    def identity(self) -> str:
        """What is hidden depends on this; nothing where nothing is."""
        return key_of([step.identity() for step in self.steps]) if self.steps else ""

    def array(self, array: pa.LargeStringArray) -> pa.LargeStringArray:
        """Texts with everything hidden."""
        for step in self.steps:
            unknown = step.studied is None and bool(studied_by(step))  # its second look has no model yet
            array = masking.put(array, step.spans(array) if unknown else step.everything(array), "tag")
        return array

    def texts(self, some: Sequence[str | None]) -> list[str | None]:
        """Texts with everything hidden."""
        return list(some) if not self.steps or not some else list(self.array(pa.array(some, TEXT)).to_pylist())

    def text(self, one: str) -> str:
        """A text with everything hidden."""
        return str(self.texts([one])[0])

    def excerpt(self, one: str, mark: str = "…") -> str:
        """A piece of a text, whose ends go where they were cut."""
        if not self.steps:
            return one
        begins, ends = one.startswith(mark), one.endswith(mark) and len(one) > 1
        inner = one[EDGE if begins else 0 : len(one) - EDGE if ends else len(one)]
        return f"{mark if begins else ''}{self.text(inner)}{mark if ends else ''}"

    def told(self, value: Any) -> Any:
        """What is told of rows, as plain JSON, with everything hidden in its words and in the keys of its mappings."""
        words = sorted(set(_words(value))) if self.steps else []
        shown = {word: text for word, text in zip(words, self.texts(words), strict=True) if text is not None and text != word}
        return _said(value, shown) if shown else value

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row with everything hidden in each of its columns, also in what is written in digits alone."""
        if not self.steps:
            return dict(row)
        names = [name for name, value in row.items() if name not in OWN and isinstance(value, str | int) and not isinstance(value, bool)]
        shown = self.texts([str(row[name]) for name in names])
        return {**row, **{name: text for name, text in zip(names, shown, strict=True) if text != str(row[name])}}

    def table(self, table: pa.Table) -> pa.Table:
        """A table with everything hidden in its columns of texts and of integers."""
        for name in table.column_names if self.steps else ():
            kind = table[name].type
            if name not in OWN and (pa.types.is_large_string(kind) or pa.types.is_string(kind) or pa.types.is_integer(kind)):
                before = texts(table[name])
                after = self.array(before)
                if not after.equals(before):
                    table = table.set_column(table.column_names.index(name), name, after)
        return table


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from (str(key), *_words(one))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one)


def _said(value: Any, shown: Mapping[str, str]) -> Any:
    """The value with other words; keys that become the same are numbered."""
    if isinstance(value, str):
        return shown.get(value, value)
    if isinstance(value, list | tuple):
        return [_said(one, shown) for one in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, one in value.items():
        name = word = shown.get(str(key), key)
        number = 1
        while name in found:
            number += 1
            name = f"{word} {number}"
        found[name] = _said(one, shown)
    return found


def veil_of(recipe: Recipe) -> Veil:
    """The veil of a recipe's redactions."""
    return _of(placed for data in recipe.data for placed in data.steps)


def veil_of_run(run: Run) -> Veil:
    """The veil of a finished run's recipe. One that redacts nothing is not read again."""
    asked = (run.folder / "recipe.yaml").read_text("utf-8")
    return _of(steps_of(run).values()) if "redact." in asked else Veil()


def _of(steps: Iterable[Placed]) -> Veil:
    found = [(placed.step, placed.address) for placed in steps if isinstance(placed.step, Redaction)]
    return Veil(tuple(step for step, _ in found), tuple(address for _, address in found))
