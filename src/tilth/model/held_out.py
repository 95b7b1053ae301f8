"""Rows that models are tried on: what each is asked, and what it should answer, written by one template for all models.

A model that was tuned brings the template that it was tuned with. A model beside it is asked in the same words, for else the
difference between the two would be that of the templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tilth.errors import AskedWrong, NothingLeft
from tilth.model import masks, reading, templates
from tilth.model.examples import Example
from tilth.model.formats import Conversation, Text
from tilth.model.layouts import Format, FormatSettings, Layout
from tilth.model.load import Tokenizer
from tilth.model.masks import Unproved
from tilth.model.reading import Refused
from tilth.model.rendering import Renderer
from tilth.model.templates import Template
from tilth.record import shown
from tilth.work import Dataset


@dataclass(frozen=True)
class HeldOut:
    """The rows of a dataset that has answers: their layout, and of each its id and its conversation (or text)."""

    name: str
    layout: Layout
    ids: tuple[bytes, ...]
    rows: tuple[Conversation | Text, ...]

    @property
    def plain(self) -> bool:
        """Whether prompts and answers are texts that are joined as they are."""
        return isinstance(self.rows[0], Conversation) and self.rows[0].plain


@dataclass(frozen=True)
class Asked:
    """How a row is asked: the tokens of the prompt and their text; and what should be answered."""

    id: bytes
    ids: Sequence[int]
    prompt: str
    reference: str


def held_out(data: Dataset, asked: Format | FormatSettings | None) -> HeldOut:
    """Read the rows of a dataset. Raises AskedWrong for a layout without answers, DataRefused for rows that cannot be read."""
    layout = reading.layout_of(data, asked)
    ids: list[bytes] = []
    rows: list[Conversation | Text] = []
    refused: list[Refused] = []
    for _, row_id, one in reading.rows_of(data, layout):
        if isinstance(one, Refused):
            refused.append(one)
        elif isinstance(one, Conversation | Text):
            ids.append(row_id)
            rows.append(one)
        else:
            raise AskedWrong(
                f"The rows of `{data.name}` are laid out as `{layout.format}` ({layout.why}), which has no answers to try a model on.",
                accepted="Layouts with answers: text, completion, question, alpaca, sharegpt, messages.",
            )
    reading.refuse(refused, data, layout)
    if not rows:
        raise NothingLeft(f"`{data.name}` has no rows.")
    return HeldOut(data.name, layout, tuple(ids), tuple(rows))


def template_for(rows: HeldOut, folders: Mapping[str, Path], asked: str | None, like: Path | None = None) -> Template:
    """The one template by which all these models are asked: `asked`; or that of the model in the folder `like`; or the one that those
    of the models bring which bring any; or the one that belongs to the rows.

    Raises: AskedWrong where models bring different ones."""
    first = Tokenizer(next(iter(folders.values())))
    if asked is not None:
        return templates.choose(asked, first, rows.layout.format, rows.plain)
    if like is not None:
        return _brought(like, rows)
    brought = {name: _brought(folder, rows) for name, folder in folders.items() if (folder / templates.FILE).exists()}
    if len({one.source for one in brought.values()}) > 1:
        raise AskedWrong(
            f"The models {', '.join(f'`{name}`' for name in brought)} bring different templates, so their scores would not compare.",
            remedy=f"Say whose is taken, as `like: {list(brought)[-1]}`, or name one: `template: …`.",
        )
    return next(iter(brought.values()), None) or templates.choose(None, first, rows.layout.format, rows.plain)


def _brought(folder: Path, rows: HeldOut) -> Template:
    """The template that a model was saved with; without one, what would be chosen for it."""
    tokenizer = Tokenizer(folder)
    if (folder / templates.FILE).exists():
        return templates.read(folder, tokenizer)
    return templates.choose(None, tokenizer, rows.layout.format, rows.plain)


def renderer_of(template: Template, tokenizer: Tokenizer) -> Renderer:
    """What writes prompts by this template for a model's tokenizer, with the control tokens of that tokenizer."""
    return Renderer(tokenizer, Template(template.name, template.source, dict(tokenizer.full.special_tokens_map)))


def examples(rows: HeldOut, renderer: Renderer) -> list[Example]:
    """The rows as a training would see them, by the same masks: each answer with its terminator, after its prompt as inference writes it.

    Raises: DataRefused where that is not proved of every row."""
    found: list[Example] = []
    unproved: list[Unproved] = []
    for one in masks.examples(renderer, enumerate(rows.rows)):
        if isinstance(one, Unproved):
            unproved.append(one)
        else:
            found.append(one)
    if unproved:
        raise masks.refuse(unproved, len(rows.rows), rows.name, {one.row: shown(rows.ids[one.row]) for one in unproved})
    return found


def answer_bytes(row: Conversation | Text) -> int:
    """The bytes of UTF-8 of all answers of a row, without their terminators."""
    said = [row.text] if isinstance(row, Text) else [str(row.messages[number].get("content") or "") for number in row.learned]
    return sum(len(one.encode()) for one in said)


def questions(rows: HeldOut, renderer: Renderer) -> Iterator[Asked]:
    """What is asked of each row, and its last answer. Raises AskedWrong for plain texts, which ask nothing."""
    for row_id, row in zip(rows.ids, rows.rows, strict=True):
        if isinstance(row, Text):
            raise AskedWrong(f"The rows of `{rows.name}` are plain texts, which ask nothing.", remedy="Give `prompts` to go on from.")
        last = max(row.learned)
        messages = row.messages[:last]
        text = renderer.written(messages, row.tools, generation_prompt=True).text
        yield Asked(row_id, renderer.prompt(messages, row.tools), text, str(row.messages[last].get("content") or ""))


@dataclass(frozen=True)
class Asking:
    """Rows, and the one template by which every model is asked about them."""

    rows: HeldOut
    template: Template

    @classmethod
    def of(cls, data: Dataset, asked: Format | FormatSettings | None, folders: Mapping[str, Path], words: tuple[str | None, Path | None]) -> Asking:
        """Read the rows, and settle the template: `words` are the one that is asked for, and the folder of the model whose it is."""
        rows = held_out(data, asked)
        return cls(rows, template_for(rows, folders, *words))

    @property
    def facts(self) -> dict[str, str]:
        """By which template, and how the rows are laid out."""
        return {"template": self.template.name, "format": self.rows.layout.format}

    def examples(self, tokenizer: Tokenizer) -> list[tuple[bytes, Example, int]]:
        """Of each row its id, its example, and the bytes of its answers."""
        made = examples(self.rows, renderer_of(self.template, tokenizer))
        return list(zip(self.rows.ids, made, map(answer_bytes, self.rows.rows), strict=True))

    def questions(self, tokenizer: Tokenizer) -> tuple[list[Asked], tuple[int, ...]]:
        """What is asked of each row, and the tokens that end an answer."""
        renderer = renderer_of(self.template, tokenizer)
        return list(questions(self.rows, renderer)), renderer.stops
