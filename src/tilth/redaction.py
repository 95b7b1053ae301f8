"""The shape of a step that hides what nobody must read. It tells spans; what is put in their place is `tilth.masking`'s."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ConfigDict, Field

from tilth import masking
from tilth.frames import like, to_batch
from tilth.masking import Manner
from tilth.record import SPANS, Batch, Numbers, flat
from tilth.step import Step


@dataclass(frozen=True)
class Look:
    """What was found in some texts: `spans`, all that is to be hidden; of the texts that were looked at twice, those `drawn` by
    lot and those `marked` by the first look, and in how many the second found what the first had `missed`."""

    spans: pa.Table
    drawn: int = 0
    drawn_lacking: int = 0
    marked: int = 0
    marked_lacking: int = 0
    missed: pa.Table = field(default_factory=SPANS.empty_table)


class Redaction(Step):
    """Texts → the spans in them that nobody must read. It cannot write: the runner puts something in their place."""

    model_config = ConfigDict(populate_by_name=True)

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns whose texts are redacted, or paths into json columns: `messages[].content`."""

    with_: Manner = Field(default="tag", alias="with")
    """What stands where something was hidden: a `tag` such as `[EMAIL]`; a `mask` of as many `*`; a `surrogate`, something
    invented of the same kind; a `hash`, the tag with twelve digits that are the same wherever the same was hidden. The last
    two need a key, in the environment as `TILTH_REDACTION_KEY`, which is stored nowhere. In Python: `with_`.

    Different values seldom get one surrogate: of n values about n² / 2N pairs do. N is 38 million for full names (one pair in
    8,700 names), 36,864 for single names (one in 270), 720 million for telephone numbers, 250 million for IPv4 addresses, 990,000 for
    social security numbers, 25,200 for dates of birth, and 10¹¹ or more for all others; 2.8 × 10¹⁴ for a `hash`."""

    @abstractmethod
    def spans(self, texts: pa.LargeStringArray) -> pa.Table:
        """The spans to hide: `tilth.record.SPANS`, in order, without overlaps."""

    def second(self, texts: pa.LargeStringArray) -> pa.Table | None:
        """What a slower, more thorough look finds (as `spans`); None: there is no such look.

        It is asked of the texts in which `spans` found something, and of a share of all texts, drawn by lot, to estimate what
        was missed in the others. What it finds is hidden too."""
        return None

    def share(self) -> float:
        """The share of texts that are looked at a second time by lot."""
        return 0.0

    def identity(self) -> dict[str, Any]:
        """Its settings; where something stands for what was hidden, also a mark of the key. Raises Missing without one."""
        told = super().identity()
        return told if self.with_ not in masking.KEYED else {**told, "key": masking.key_mark()}

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return tuple(dict.fromkeys(path.replace("[]", ".[]").partition(".")[0] for path in self.fields))

    def look(self, texts: pa.LargeStringArray) -> Look:
        """The spans to hide, and what a second look told of some texts."""
        first, share = self._first(texts), self.share()
        if not share or not len(texts):
            return Look(first)
        marked = np.zeros(len(texts), np.bool_)
        marked[np.asarray(flat(first["row"]))] = True
        drawn = np.array([_lot(text) < share for text in pc.cast(texts, pa.large_binary()).to_pylist()], np.bool_)
        places = np.flatnonzero(marked | drawn)
        some = texts.take(pa.array(places))
        found = self.second(some) if len(places) else None
        if found is None:
            return Look(first)
        found = masking.checked(some, found)
        found = found.set_column(0, SPANS.field("row"), pa.array(places[np.asarray(flat(found["row"]))], pa.int64()))
        missed = found.filter(pa.array(_apart(found, first)))
        lacking = np.zeros(len(texts), np.bool_)
        lacking[np.asarray(flat(missed["row"]))] = True
        return Look(_both(first, found), int(drawn.sum()), int((drawn & lacking).sum()), int(marked.sum()), int((marked & lacking).sum()), missed)

    def everything(self, texts: pa.LargeStringArray) -> pa.Table:
        """The spans that either look finds, whatever share is looked at twice: for the few texts that people are shown."""
        first = self._first(texts)
        found = self.second(texts) if self.share() and len(texts) else None
        if found is None:
            return first
        return _both(first, masking.checked(texts, found))

    def _first(self, texts: pa.LargeStringArray) -> pa.Table:
        return masking.checked(texts, self.spans(texts))

    def hidden(self, batch: Batch, tell: Callable[[Numbers, Look], None] = lambda *_: None) -> dict[str, pa.Array]:
        """The columns with everything hidden. `tell` is told of each column the rows that its texts are of, and what was found."""

        def change(texts: pa.LargeStringArray, rows: Numbers) -> pa.LargeStringArray:
            found = self.look(texts)
            tell(rows, found)
            return masking.put(texts, found.spans, self.with_)

        return batch.edit_placed(self.fields, change)

    def __call__(self, table: Any) -> Any:
        """The table with everything hidden."""
        self.prepare()
        batch = to_batch(table)
        return like(table, batch.with_columns(self.hidden(batch)))


def _both(first: pa.Table, found: pa.Table) -> pa.Table:
    """What either look found; what overlaps is one span, for a name of which the first look found a part is hidden whole."""
    return masking.joined(pa.concat_tables([first, found]))


def _lot(text: bytes | None) -> float:
    """From 0 to 1, by the content of a text alone."""
    return int.from_bytes(hashlib.blake2b(text or b"", digest_size=8, key=b"second look").digest(), "big") / 2**64


def _apart(found: pa.Table, others: pa.Table) -> npt.NDArray[np.bool_]:
    """Which spans overlap none of the others."""
    taken: dict[int, list[tuple[int, int]]] = {}
    for row, start, stop in zip(*(others[name].to_pylist() for name in ("row", "start_byte", "stop_byte")), strict=True):
        taken.setdefault(row, []).append((start, stop))
    spans = zip(*(found[name].to_pylist() for name in ("row", "start_byte", "stop_byte")), strict=True)
    return np.array([not any(start < end and begin < stop for begin, end in taken.get(row, ())) for row, start, stop in spans], np.bool_)
