"""dedup.against: rows that have items of an evaluation set."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, StrictInt

from tilth.errors import AskedWrong
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import CUTS, ID, TEXT, Batch, Ids, Outcome, as_ids, flat, shown
from tilth.step import DataName, Limit, Whole
from tilth.steps.dedup._contaminated import RULES, WITH_ANSWER, Common, Found, Share, best, found, not_findable, places
from tilth.steps.dedup._items import Sets, id_of, read_items
from tilth.text import passages as searching
from tilth.text.passages import Passages, passages
from tilth.text.scan import ROW, Sought, scan
from tilth.work import Work

NAMES = ("gram", "count", "start", "stop", "first", "last", "heft", "of", "field")
HITS = pa.list_(pa.struct([(name, pa.int64()) for name in NAMES]))
"""What the sketch has of a row: its hits (`tilth.text.scan`), and the number of the column in which each stands."""

SHOWN = 10
"""So many items are told of."""

TENTHS = tuple(number / 10 for number in range(1, 11))


class Against(Whole):
    """Rows that have the questions or answers of an evaluation set fall, lose them, or are marked (decontamination).

    Every run of `ngram` words of an item is looked for in every row: in lower case, without punctuation and apostrophes,
    with any white space; a letter of a script without spaces between words counts as half a word. A question with fewer
    words, from 5 on, is looked for as a whole. A run that is common says nothing: one that stands in more than `common` rows,
    or in more than `common` different items (the wrapper of a template). The share is that of the item's words, among
    those in runs that are not common, which lie in runs that the row has. A row has an item by one of three rules.

    - `question`: the share of the question is at least `share`, and 13 of its words are there; or all of it, if with its wrapper
      it has 8 words or is at least half of the row's text. Less is anybody's phrase.
    - `answer`: the share of the answer is at least `share`, and 13 of its words are there.
    - `question_and_answer`: half of that share is enough where both are found. An answer of fewer words than `ngram` is found if all of it stands
      within 100 words behind a run of its question; it needs two words or four letters, and no other question may have it, so that
      "yes" never counts. Where all of question and answer is there, it counts in however many rows it stands.

    Runs are compared by 64 bits (`tilth.text.passages`). What is decided depends on all rows: many copies of a page make
    its runs common, so `dedup.exact` and `dedup.minhash` go before. Rows of few words are as good as long ones. The decision tells the
    evaluation set, the item (its id is the partner), the share, and the bytes where it stands.

    Sources: Brown et al. 2020, appendix C (13-grams, common ones ignored); the share of the item as in Lambert et al. 2024,
    arXiv 2411.15124 (8-grams, half of the item).
    """

    bare: ClassVar[str | None] = "data"

    data: DataName | Annotated[tuple[DataName, ...], Field(min_length=1)]
    """The evaluation sets: a dataset or a part of one, or several."""

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns of the rows in which items are looked for."""

    question: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """The columns of the evaluation sets that are the question; null: the first there is of `question`, `problem`, `query`,
    `instruction` with `input`, `instruction`, `prompt`, `text`, `chosen`."""

    answer: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """The column of the evaluation sets that is the answer; null: the first there is of `answer`, `output`, `response`,
    `completion`, `solution`, `target`, `chosen`; where `text` is the question there is none."""

    answers: bool = True
    """Whether answers are looked for at all."""

    ngram: Annotated[StrictInt, Field(ge=3, le=100)] = 8
    """How many words a run has. With 13 less is found of what was edited, and fewer common phrases."""

    common: Annotated[StrictInt, Limit, Field(ge=1)] = 10
    """A run that stands in more rows than this, or in more different items, says nothing."""

    share: Annotated[Share, Limit] = Share()
    """How much of an item is enough."""

    do: Annotated[Literal["drop", "cut", "flag"], Limit] = "drop"
    """What becomes of a row that has an item: it is dropped (`drop`), or it loses the words that the item has too (`cut`), or it
    gets a column `contaminated`, true or false, and `contaminated_by`, with the set, the item's id and where it stands (`flag`)."""

    def reads(self) -> tuple[str, ...]:
        """The columns in which items are looked for."""
        return self.fields

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        """The columns that say what a row has."""
        return {"contaminated": "bool", "contaminated_by": "string"} if self.do == "flag" else {}

    def prepare(self) -> None:
        searching.prepare()

    def tells(self) -> str:
        """How much of an item is enough."""
        return f"runs of {self.ngram} words; {self.share.at_least:.0%} of an item is enough"

    def study(self, work: Work) -> dict[str, Any]:
        """Index the evaluation sets."""
        names = (self.data,) if isinstance(self.data, str) else self.data
        items = read_items(work, names, self.question, self.answer if self.answers else ())
        index = passages(items.pieces, items.units, len(items.sets.ids), self.ngram)
        index.save(work.folder)
        items.sets.save(work.folder)
        sets = zip(names, items.sets.sizes, items.sets.columns, strict=True)
        return {"sets": {name: {"items": size, **columns} for name, size, columns in sets}, "ngrams": index.grams}

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, and the hits of a row: nothing for nearly all of them."""
        _, _, sought = self._known()
        hits = []
        for number, name in enumerate(self.fields):
            one = scan(batch[name], sought)
            hits.append(np.column_stack([one, np.full(len(one), number)]))
        every = np.concatenate(hits)
        every = every[np.argsort(every[:, ROW], kind="stable")]
        ends = np.searchsorted(every[:, ROW], np.arange(len(batch) + 1))
        columns = [pa.array(every[:, place + 1]) for place in range(len(NAMES))]
        values = pa.StructArray.from_arrays(columns, NAMES)
        return pa.table({"id": batch["id"], "hits": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values).cast(HITS)})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Count in how many rows each run stands, and find the items that rows have by what is left."""
        index, sets, _ = self._known()
        hits, field = _hits(sketches)
        common = Common.of(index, hits, self.common)
        lines = found(index, hits, common)
        rule = lines.rule(self.share.at_least)
        told = _Told(lines, rule, best(lines, rule), hits, field)
        facts = _facts(index, sets, told, common)
        return _OUTCOMES[self.do](self, told, sets, as_ids(sketches["id"]), facts)

    def _known(self) -> tuple[Passages, Sets, Sought]:
        if self.studied is None:
            raise AskedWrong(
                "The evaluation sets are not there.",
                where=self.name(),
                remedy="Outside a recipe give them first: `Against(data=…).given(folder, data={…})(table)`.",
            )
        return _loaded(self.studied.folder, (self.studied.folder / "sets.json").stat().st_mtime_ns)


@dataclass(frozen=True)
class _Told:
    """What was found; the rule of each line, −1 where it is no finding; the best line of each row that has one; the hits, and
    the column in which each stands."""

    lines: Found
    rule: npt.NDArray[np.int16]
    best: npt.NDArray[np.int64]
    hits: npt.NDArray[np.int64]
    field: npt.NDArray[np.int64]

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The rows that have an item."""
        return self.lines.row[self.best]


@lru_cache(maxsize=4)
def _loaded(folder: Path, written: int) -> tuple[Passages, Sets, Sought]:
    """The index as it was studied, once for a process; and once more where the folder was written anew."""
    index = Passages.load(folder)
    return index, Sets.load(folder), index.sought()


def _hits(sketches: Columns) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The hits of all rows, by the numbers that rows have in the sketches, and the number of the column of each."""
    lists = flat(sketches["hits"])
    counts = np.asarray(pc.list_value_length(lists))
    columns = [np.asarray(one) for one in lists.flatten().flatten()]
    rows = np.repeat(np.arange(len(lists)), counts)
    return np.column_stack([rows, *columns[:-1]]).astype(np.int64), columns[-1].astype(np.int64)


def _said(step: Against, told: _Told, sets: Sets) -> list[str]:
    """For each row that has an item: the evaluation set, and where the best item stands, in columns and bytes."""
    names = [sets.names[number] for number in sets.of(told.lines.item[told.best])]
    where = []
    for _, some in places(told.lines, told.best, told.hits, told.field, step.ngram):
        columns = {number: ", ".join(f"{start}–{stop}" for field, start, stop in some if field == number) for number, _, _ in some}
        where.append("; ".join(f"{step.fields[number]} {spans}" for number, spans in columns.items()))
    return [f"{name}: bytes of {one}" for name, one in zip(names, where, strict=True)]


def _dropped(step: Against, told: _Told, sets: Sets, ids: Ids, facts: dict[str, Any]) -> Outcome:
    rows, lines = len(ids), told.best
    part, which = np.zeros(rows, np.int16), np.zeros(rows, np.int16)
    value, limit = np.full(rows, np.nan), np.full(rows, np.nan)
    part[told.rows], which[told.rows] = -1, told.rule[lines]
    value[told.rows] = told.lines.value(told.rule)[lines]
    limit[told.rows] = step.share.at_least * np.where(told.rule[lines] == 0, WITH_ANSWER, 1.0)
    partner = np.zeros(rows, ids.dtype)
    partner[told.rows] = sets.ids[told.lines.item[lines]]
    words: list[str | None] = [None] * rows
    for row, one in zip(told.rows.tolist(), _said(step, told, sets), strict=True):
        words[row] = one
    return Outcome(("",), part, RULES, value, limit, partner, facts, which, words)


def _cut(step: Against, told: _Told, sets: Sets, ids: Ids, facts: dict[str, Any]) -> Outcome:
    every = np.flatnonzero(told.rule >= 0)
    lines = [(row, *span) for row, some in places(told.lines, every, told.hits, told.field, step.ngram) for span in some]
    row, field, start, stop = (pa.array([line[place] for line in lines], pa.int64()) for place in range(4))
    names = np.array(step.fields, np.str_)[np.asarray(field)]
    order = np.lexsort((np.asarray(start), names, np.asarray(row)))
    item = told.lines.item[told.best][np.searchsorted(told.rows, np.asarray(row))]
    columns = [row, pa.array(names.tolist(), pa.string()), start, stop, id_of(sets, item).cast(ID)]
    cuts = pa.Table.from_arrays(columns, schema=CUTS).take(pa.array(order))
    return Outcome(("",), np.zeros(len(ids), np.int16), "evaluation_item", facts=facts, cuts=cuts)


def _flagged(step: Against, told: _Told, sets: Sets, ids: Ids, facts: dict[str, Any]) -> Outcome:
    marked = np.zeros(len(ids), np.bool_)
    said: list[str | None] = [None] * len(ids)
    marked[told.rows] = True
    items = sets.ids[told.lines.item[told.best]]
    for row, item, one in zip(told.rows.tolist(), items, _said(step, told, sets), strict=True):
        said[row] = f"{shown(bytes(item))} of {one}"
    columns = {"contaminated": pa.array(marked), "contaminated_by": pa.array(said, TEXT)}
    return Outcome(("",), np.zeros(len(ids), np.int16), facts=facts, columns=columns)


_OUTCOMES = {"drop": _dropped, "cut": _cut, "flag": _flagged}


def _facts(index: Passages, sets: Sets, told: _Told, common: Common) -> dict[str, Any]:
    """Of each evaluation set the items and rows that were found, those that most rows have, and what could not be looked for; how
    many runs were common; how many rows would be found at other shares."""
    some = np.flatnonzero(told.rule >= 0)
    short, hidden = not_findable(index, common)
    ends = np.append(0, np.cumsum(sets.sizes))
    per_item = np.bincount(told.lines.item[some], minlength=index.items)
    of = sets.of(told.lines.item[some])
    found_of = {}
    for number, name in enumerate(sets.names):
        items = slice(ends[number], ends[number + 1])
        found_of[name] = {
            "items": sets.sizes[number],
            "too_short": int(short[items].sum()),
            "only_common": int(hidden[items].sum()),
            "items_found": int((per_item[items] > 0).sum()),
            "rows_found": len(np.unique(told.lines.row[some][of == number])),
            "most_found": [[shown(bytes(sets.ids[item])), int(per_item[item])] for item in _most(per_item, items)],
        }
    return {
        "sets": found_of,
        "rows_found": len(told.best),
        "by_rule": {rule: int((told.rule[told.best] == number).sum()) for number, rule in enumerate(RULES)},
        "ngrams": index.grams,
        "ngrams_in_many_items": int((~common.few_items).sum()),
        "ngrams_in_many_rows": int((common.few_items & ~common.counts).sum()),
        "rows_with_any": len(np.unique(told.hits[:, ROW])),
        "common_in": [[shown(bytes(sets.ids[item])), int(rows)] for item, rows in _widespread(index, common)],
        "found_at": [[share, len(np.unique(told.lines.row[told.lines.rule(share) >= 0]))] for share in TENTHS],
    }


def _most(per_item: npt.NDArray[np.int64], items: slice) -> list[int]:
    """The items that most rows have."""
    numbers = np.arange(len(per_item))[items]
    return [int(one) for one in numbers[np.argsort(-per_item[items], kind="stable")][:SHOWN] if per_item[one]]


def _widespread(index: Passages, common: Common) -> list[tuple[int, int]]:
    """The items of which a run was ignored because it stands in many rows, those of the most rows first; and how many rows."""
    owners = np.repeat(common.few_items & ~common.counts, np.diff(index.owner_begins))
    rows = np.repeat(common.rows, np.diff(index.owner_begins))[owners]
    most = np.zeros(index.items, np.int64)
    np.maximum.at(most, index.owner_units[owners] // 2, rows)
    return [(int(item), int(most[item])) for item in np.argsort(-most, kind="stable")[:SHOWN] if most[item]]
