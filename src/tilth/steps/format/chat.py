"""`format.chat`: rows of any format as conversations, the column `messages`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

import pyarrow as pa

from tilth.errors import AskedWrong
from tilth.model.formats import Conversation, Format, FormatSettings, Judged, Layout, Row, RowRefused
from tilth.record import TEXT, Batch, as_json
from tilth.step import Map
from tilth.steps.format._kept import made, with_originals
from tilth.steps.format._reading import each, laid_out

TALKS = ("completion", "question", "alpaca", "sharegpt", "messages", "judged")
"""The formats that are conversations."""


class Chat(Map):
    """The column `messages`: each row as the messages of a conversation, whatever format it has.

    A question and its answer, an instruction with its input and output, a prompt and its completion become a message of the user
    and one of the assistant; a list of `from` and `value` (ShareGPT) becomes one of `role` and `content`, with the roles renamed:
    `human` is `user`, `gpt` is `assistant`, `observation` is `tool`, `function_call` an assistant's call of a tool. The texts of the
    messages are those of the row by the character. The functions that may be called stand in the column `tools`.

    The format is told by the names of the columns, `messages` and `conversations` among them, unless `format` says it. A `prompt` or
    `completion` that holds messages is a list and no text: where a file has it as a text, say `columns: {prompt: json}` at the source.
    A row that cannot be a conversation has a null there, and in the column `refused` why: `filter.where: refused is null` takes such
    rows out. The other columns stay, and a column `messages` that is there already is kept as `original_messages`.
    """

    format: Format | FormatSettings | None = None
    """The format of the rows, such as `question`, or with the columns `{type: question, question: ask, answer: reply}`; default: told
    by the names of the columns."""

    def reads(self) -> tuple[str, ...]:
        """The columns that the format names."""
        return tuple(self.format.named().values()) if isinstance(self.format, FormatSettings) else ()

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        told = laid_out(self.format, there)
        if told.format not in TALKS:
            raise AskedWrong(
                f"The rows are of the format `{told.format}`, which is no conversation.",
                accepted=f"Formats that are: {', '.join(TALKS)}.",
                remedy="Answers to be preferred are laid out by `format.preference`; for others say the format and its columns.",
            )
        return made(there, {"messages": "json", "refused": "string"})

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The messages of every row, and why there are none."""
        names = batch.table.column_names
        self.makes(names)
        told = laid_out(self.format, names)
        found = list(each(batch, told, partial(_messages, told)))
        new = {"messages": as_json(messages for messages, _ in found), "refused": pa.array([why for _, why in found], TEXT)}
        return with_originals(batch, new)


def _messages(told: Layout, row: Row) -> list[dict[str, object]]:
    """The messages of a row, as they are written; an instruction and its input stand together in the message alone."""
    said = row.conversation if isinstance(row, Judged) else row
    if not isinstance(said, Conversation):
        raise RowRefused("it is no conversation")
    if said.tools and "tools" not in told.columns:
        raise RowRefused("its tools stand beside its messages, and not in a column `tools`")
    listed = [{name: value for name, value in one.items() if name not in ("instruction", "input")} for one in said.messages]
    if isinstance(row, Judged):
        return listed
    return [one if one["role"] != "assistant" or number in said.learned else {**one, "weight": 0} for number, one in enumerate(listed)]
