"""Everything that is known of rows so far, batch by batch, in bounded memory; and in the end the survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa

from tilth.record import Bad
from tilth.survey.columns import Cells
from tilth.survey.kept import Kept, measure_column, place_of, priorities
from tilth.survey.plain import own, plain
from tilth.survey.prose import Prose, strings
from tilth.work import cores

PROSE = 4
"""So many columns of texts are measured: the main one, and the longest others."""

MEASURES = (
    "characters words tokens mean_word_length alphabetic_words stop_words ended_lines short_lines lines sentences duplicate_lines "
    "top_2_gram duplicate_5_grams curly_brackets hash_ratio newline_ratio script"
).split()
"""The measures that are kept with the sample."""

BAD = 5


@dataclass
class Gathering:
    """What is known so far; two of these can be joined. `prose`: the columns of texts that are measured; `read_as`: as
    what the texts of columns are read, as numbers or dates. Null: the first rows tell."""

    prose: tuple[str, ...] | None = None
    read_as: Mapping[str, str] | None = None
    threads: int = 0
    rows: int = 0
    cells: dict[str, Cells] = field(default_factory=dict)
    texts: dict[str, Prose] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    bad: int = 0
    bad_examples: list[str] = field(default_factory=list)

    def add(self, table: pa.Table, bad: Sequence[Bad] = ()) -> None:
        """Count these rows, and records that could not be read."""
        self.bad += len(bad)
        self.bad_examples = [*self.bad_examples, *(_told(one) for one in bad)][:BAD]
        table = plain(table)
        columns = [one for one in table.schema if not own(one)]
        priority = priorities(table, self.rows)
        for one in columns:
            self._cells(one, len(columns)).add(table[one.name].combine_chunks() if table.num_rows else pa.array([], one.type), priority)
        if self.prose is None and table.num_rows:
            self.prose = chosen(self.cells)
        with ThreadPoolExecutor(self.threads or cores()) as pool:
            for name in self.prose or ():
                if name in table.column_names and table.num_rows:
                    table = self._measured(table, name, pool)
        self.kept.add(table, self.rows, priority)
        self.rows += table.num_rows

    def following(self) -> Gathering:
        """Nothing yet of rows that follow: it gathers nothing that would not count in the end."""
        made = Gathering(self.prose, self.read_as, self.threads)
        made.cells = {name: cells.following() for name, cells in self.cells.items()}
        made.texts = {name: prose.following() for name, prose in self.texts.items()}
        made.kept = self.kept.following()
        return made

    def pack(self) -> None:
        """Let go of what will not count in the end, before it is sent to another process."""
        self.kept.prune()

    def _cells(self, field: pa.Field, columns: int) -> Cells:
        if field.name not in self.cells:
            self.cells[field.name] = Cells.of(field, columns, None if self.read_as is None else self.read_as.get(field.name, ""))
            missing = self.rows
            self.cells[field.name].rows += missing
            self.cells[field.name].held["null"] += missing
        return self.cells[field.name]

    def _measured(self, table: pa.Table, name: str, pool: Executor) -> pa.Table:
        """The rows with the measures of a column of texts."""
        found = table[name].combine_chunks()
        texts = strings(found) if self.cells[name].form == "json" else found
        prose = self.texts.setdefault(name, Prose(name))
        measures = prose.add(texts, lambda row: (self.rows + row, place_of(table, row)), pool)
        if texts is not found:
            table = table.append_column(measure_column(name, "text"), texts)
        for one in MEASURES:
            table = table.append_column(measure_column(name, one), measures[one])
        return table

    def join(self, other: Gathering) -> None:
        """Count what the other one has counted of the rows that follow."""
        for name, cells in other.cells.items():
            if name in self.cells:
                self.cells[name].join(cells)
            else:
                self.cells[name] = cells
                cells.rows += self.rows
                cells.held["null"] += self.rows
        for name, cells in self.cells.items():
            if name not in other.cells:
                cells.rows += other.rows
                cells.held["null"] += other.rows
        for name, prose in other.texts.items():
            self.texts.setdefault(name, Prose(name)).join(prose, self.rows)
        self.kept.join(other.kept, self.rows)
        self.rows, self.bad = self.rows + other.rows, self.bad + other.bad
        self.bad_examples = [*self.bad_examples, *other.bad_examples][:BAD]
        self.prose = self.prose or other.prose


def planned(some: pa.Table, threads: int = 0) -> Gathering:
    """Nothing yet of rows of which these are some: by them it is settled what is measured and how columns are read."""
    seen = Gathering(prose=())
    seen.add(some)
    return Gathering(chosen(seen.cells), {name: cells.read_as or "" for name, cells in seen.cells.items()}, threads)


def _told(bad: Bad) -> str:
    return f"record {bad.record:,} of {bad.file}: {bad.reason}" if bad.record else f"{bad.file}, byte {bad.offset:,}: {bad.reason}"


def chosen(cells: dict[str, Cells]) -> tuple[str, ...]:
    """The columns of texts, the main one first: `text` where there is one, else the one with the most."""
    sizes: dict[str, float] = {}
    for name, one in cells.items():
        kind = one.kind()
        worded = one.form == "json" and (kind == "chat" or (kind in ("list", "json") and _worded(one)))
        if (kind == "text" or worded) and one.filled:
            sizes[name] = float(one.characters or sum(map(len, one.examples)) * one.filled / max(1, len(one.examples)))
    if "text" in cells and cells["text"].form == "text" and cells["text"].filled and cells["text"].kind() in ("text", "constant", "category", "id"):
        sizes["text"] = float("inf")
    return tuple(sorted(sizes, key=lambda name: -sizes[name])[:PROSE])


def _worded(cells: Cells) -> bool:
    """Whether lists or objects hold prose: texts in a list, or one message."""
    example = max(cells.examples, key=len, default="")
    listed = example.startswith('["') and example.count(" ") > len(example) / 15
    return listed or ('"role"' in example and '"content"' in example) or ('"from"' in example and '"value"' in example)
