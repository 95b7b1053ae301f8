"""The survey itself: what was gathered, and what is found in the sample of rows that was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.survey import chats, formats, near, odd, relations
from tilth.survey.facts import Chats, Column, Reach, Relation, Share, Survey, Texts
from tilth.survey.gathering import Gathering, chosen
from tilth.survey.kept import measure_column
from tilth.survey.notes import Known, notes, same_columns
from tilth.survey.numbers import share
from tilth.survey.wrapping import wrapping
from tilth.text import language
from tilth.text import near as pairs

JUDGED = 2000
"""Texts whose language is told."""

TALKS = 5000
"""Conversations that are looked at."""

COMPARED = 60
"""Columns that are compared with each other."""


def told(name: str, reach: Reach, gathering: Gathering, seconds: float = 0.0) -> Survey:
    """What is known of rows that were gathered."""
    sample, whole = gathering.kept.table(), reach.whole
    columns = [cells.told(whole=whole) for cells in gathering.cells.values()]
    kinds = {column.name: column.kind for column in columns}
    order = [one for one in gathering.prose or chosen(gathering.cells) if one in gathering.texts]
    texts = [_text(gathering, sample, one, whole=whole) for one in order]
    talks = _talks(sample, kinds)
    main = order[0] if order else None
    format_name, format_columns = formats.told(kinds, {one.column: one.layout for one in talks}, main)
    known = Known(
        rows=gathering.rows,
        bad=gathering.bad,
        whole=whole,
        columns=columns,
        prose=gathering.texts,
        texts=texts,
        chats=talks,
        wrapped={name: found for name in order if kinds[name] == "text" and (found := wrapping(texts_of(sample, name))) is not None},
        same=same_columns(sample, [column.name for column in columns if column.kind not in ("empty", "constant")][:COMPARED])
        if sample.num_rows
        else [],
        pairs=_pairs(sample, format_columns, whole=whole and sample.num_rows == gathering.rows),
        main=main,
        sampled=sample.num_rows,
        documents=int(pc.sum(pc.starts_with(texts_of(sample, main), "<doc id=")).as_py() or 0) if main else 0,
        prompt=format_columns.get("prompt"),
    )
    return Survey(
        name=name,
        reach=reach,
        columns=columns,
        format=format_name,
        format_columns=format_columns,
        text=main,
        texts=texts,
        chats=talks,
        relations=_relations(sample, columns, order),
        bad=gathering.bad,
        bad_examples=gathering.bad_examples,
        notes=notes(known),
        seconds=seconds,
    )


def prepare() -> None:
    """Load and compile what the sample is asked with."""
    language.prepare()
    pairs.prepare()


def with_notes(survey: Survey, first: Sequence[str]) -> Survey:
    """The same with these notes before its own."""
    return msgspec.structs.replace(survey, notes=[*first, *survey.notes])


def texts_of(sample: pa.Table, column: str) -> pa.LargeStringArray:
    """The texts of a column in the sample; of lists and messages what they say."""
    derived = measure_column(column, "text")
    return sample[derived if derived in sample.column_names else column].combine_chunks()


def _text(gathering: Gathering, sample: pa.Table, column: str, *, whole: bool) -> Texts:
    texts = texts_of(sample, column)
    told = texts.filter(pc.fill_null(pc.greater(pc.binary_length(texts), 0), False))
    prose = gathering.texts[column]
    copies = near.largest(told, prose.copies)
    return prose.told(_languages(told), near.near_copies(told), copies, odd.oddest(sample, column, texts), whole=whole)


def _languages(texts: pa.LargeStringArray) -> list[tuple[str, int]]:
    places = np.unique(np.linspace(0, len(texts) - 1, min(len(texts), JUDGED)).astype(np.int64)) if len(texts) else np.empty(0, np.int64)
    codes = language.language(texts.take(pa.array(places)))["language"]
    return Counter(code for code in codes.to_pylist() if code is not None).most_common()


def _talks(sample: pa.Table, kinds: Mapping[str, str]) -> list[Chats]:
    found = []
    for name, kind in kinds.items():
        if kind in ("chat", "text") and (written := chats.layout(name, sample[name].combine_chunks(), kind)):
            found.append(chats.chats(name, sample[name].combine_chunks().slice(0, TALKS), written))
    return found


def _pairs(sample: pa.Table, columns: Mapping[str, str], *, whole: bool) -> Share | None:
    """The rows in which what was chosen is also what was rejected."""
    if not {"chosen", "rejected"} <= set(columns):
        return None
    one, other = (sample[columns[name]] for name in ("chosen", "rejected"))
    if one.type != other.type:
        return None
    return share(int(pc.sum(pc.equal(one, other)).as_py() or 0), sample.num_rows, whole=whole)


def _relations(sample: pa.Table, columns: list[Column], order: list[str]) -> list[Relation]:
    if not sample.num_rows:
        return []
    step = max(1, sample.num_rows // relations.ROWS)
    some = sample.take(pa.array(range(0, sample.num_rows, step)))
    numbers = {column.name: _numbers(some[column.name]) for column in columns if column.kind == "number" and column.type != "string"}
    numbers |= {f"characters of {name}": _numbers(some[measure_column(name, "characters")]) for name in order}
    categories: dict[str, npt.NDArray[np.int64]] = {}
    for column in columns:
        if column.kind in ("category", "flag") and column.distinct is not None and column.distinct <= relations.GROUPS:
            found = relations.codes(some[column.name].combine_chunks())
            categories |= {} if found is None else {column.name: found}
    return relations.relations(numbers, categories)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return np.asarray(pc.cast(column.combine_chunks(), pa.float64()).fill_null(np.nan), np.float64)
