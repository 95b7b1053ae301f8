"""The shape of a step that hides what nobody must read. It tells spans; what is put in their place is `tilth.masking`'s."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, Any

import pyarrow as pa
from pydantic import ConfigDict, Field

from tilth import masking
from tilth.frames import like, to_batch
from tilth.masking import Manner
from tilth.record import Batch, Numbers
from tilth.step import Step


class Redaction(Step):
    """Texts → the spans in them that nobody must read. It cannot write: the runner puts something in their place."""

    model_config = ConfigDict(populate_by_name=True)

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns whose texts are redacted, or paths into json columns: `messages[].content`."""

    with_: Manner = Field(default="tag", alias="with")
    """What stands where something was hidden: a `tag` such as `[EMAIL]`; a `mask` of as many `*`; a `surrogate`, something
    invented of the same kind; a `hash`, the tag with twelve digits that are the same wherever the same was hidden. The last
    two need a key, in the environment as `TILTH_REDACTION_KEY`, which is stored nowhere. In Python: `with_`."""

    @abstractmethod
    def spans(self, texts: pa.LargeStringArray) -> pa.Table:
        """The spans to hide: `tilth.record.SPANS`, in order, without overlaps."""

    def second(self, texts: pa.LargeStringArray) -> pa.Table | None:
        """What a slower, more thorough look finds, to estimate what `spans` misses; None: there is no such look."""
        return None

    def share(self) -> float:
        """The share of rows that are looked at a second time, by lot, beside those in which something was found."""
        return 0.0

    def identity(self) -> dict[str, Any]:
        """Its settings; where something stands for what was hidden, also a mark of the key. Raises Missing without one."""
        told = super().identity()
        return told if self.with_ not in masking.KEYED else {**told, "key": masking.key_mark()}

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return tuple(dict.fromkeys(path.replace("[]", ".[]").partition(".")[0] for path in self.fields))

    def hidden(self, batch: Batch, tell: Callable[[pa.LargeStringArray, Numbers, pa.Table], None] = lambda *_: None) -> dict[str, pa.Array]:
        """The columns with everything hidden. `tell` is told the texts before, the rows that they are of, and the spans."""

        def change(texts: pa.LargeStringArray, rows: Numbers) -> pa.LargeStringArray:
            found = self.spans(texts)
            tell(texts, rows, found)
            return masking.put(texts, found, self.with_)

        return batch.edit_placed(self.fields, change)

    def __call__(self, table: Any) -> Any:
        """The table with everything hidden."""
        self.prepare()
        batch = to_batch(table)
        return like(table, batch.with_columns(self.hidden(batch)))
