"""Plain text as a stream of tokens, all of which are learned: what train.pretrain is about, from fresh weights or a model's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tilth.errors import AskedWrong
from tilth.model import pack, seeing
from tilth.model.load import Tokenizer
from tilth.model.material import Stretches
from tilth.model.objectives import NextToken, heads_apart
from tilth.model.pack import Stream, Windows
from tilth.model.padding import UNLIMITED
from tilth.model.sequences import packed
from tilth.model.spelling import Spelling
from tilth.model.tuning import Prepared, Room, length_of
from tilth.work import Dataset, Window


@dataclass(frozen=True)
class Reading:
    """A causal model that learns texts. `field`: the column that holds them."""

    field: str
    task: Literal["causal"] = "causal"

    def prepare(self, data: Dataset, room: Room) -> Prepared:
        """The dataset's tokens in the scratch folder, in windows; a file finished before a kill is taken up again."""
        _need_length(room)
        room.work.tell({"doing": f"tokenising {data.name}", "rows": data.rows})
        tokenizer = room.tokenizer
        identity = {"content": data.content, "field": self.field, "tokenizer": tokenizer.content}
        room.folder.mkdir(parents=True, exist_ok=True)
        file = room.folder / f"{data.name}.tokens"
        stream = pack.write(data.texts(self.field), tokenizer.encode, tokenizer.marks, tokenizer.size, file, identity)
        windows = Windows(stream, room.length)
        sequences = packed(stream.lengths, windows.context, len(windows) * windows.context - windows.labels)
        told = {**_told(stream, windows), "sequences": {"data": data.name, **sequences}}
        return Prepared(Stretches(windows), told, asked=tokenizer.prompt, stops=(tokenizer.marks.end,))

    def labels(self) -> tuple[str, ...]:
        """Nothing is classified."""
        return ()

    def objective(self, network: Any, prepared: Prepared, batch: int) -> NextToken:
        """The cross-entropy of every token."""
        return NextToken(heads_apart(network))

    def finish(self, network: Any, taught: Prepared, held: Prepared | None, room: Room) -> dict[str, Any]:
        """Nothing belongs to the model but its weights and its tokenizer."""
        return {}


def _need_length(room: Room) -> None:
    """Raises AskedWrong where neither the model nor the recipe says how long a window is."""
    if room.length >= UNLIMITED:
        raise AskedWrong(
            "This model has no limit to the tokens that it sees, so a window has no length.",
            where=str(room.tokenizer.folder),
            remedy="Say one: `length: 2048`.",
        )


def _told(stream: Stream, windows: Windows) -> dict[str, Any]:
    return {
        "documents": stream.documents,
        "empty_documents": stream.empty,
        "bytes": stream.bytes,
        "tokens": windows.labels,
        "bytes_per_token": stream.bytes / windows.labels,
        "windows": len(windows),
    }


def see(data: Dataset, field: str, folder: Path, length: int | None, first: int, search: str) -> Iterator[Window]:
    """The windows of the data in the order of the stream, as a training is fed them in an order drawn from the seed."""
    tokenizer = Tokenizer(folder)
    rows = data.placed(field)
    return seeing.windows(rows, tokenizer.encode, Spelling(tokenizer.fast), tokenizer.marks, length_of(folder, length), first, search)
