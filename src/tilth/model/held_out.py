"""Rows that models are tried on: what each is asked, and what it should answer, written by one template for all models.

A model that was tuned brings the template that it was tuned with. A model beside it is asked in the same words, for else the
difference between the two would be that of the templates. Each model writes that one template with its own tokenizer: control tokens
that were added for the tuning (`new_tokens`) are letters to its base, and where one of them ends answers, they end there for the base with
these letters and its own end of text.

An encoder and a decoder has no template. It reads all that was said before an answer, as `train.seq2seq` learns it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.model import masks, reading, seq2seq, templates
from tilth.model.examples import Example
from tilth.model.formats import Conversation, Text
from tilth.model.layouts import Format, FormatSettings, Layout
from tilth.model.load import Tokenizer
from tilth.model.masks import Turns, Unproved
from tilth.model.reading import Refused
from tilth.model.ready import Model, writes
from tilth.model.rendering import NotRendered, Renderer
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


def held_out(data: Dataset, asked: Format | FormatSettings | None, turns: Turns = "all") -> HeldOut:
    """Read the rows of a dataset. `turns`: which answers of a conversation are asked for, as for `train.sft`.

    Raises AskedWrong for a layout without answers, DataRefused for rows that cannot be read."""
    layout = reading.layout_of(data, asked)
    ids: list[bytes] = []
    rows: list[Conversation | Text] = []
    refused: list[Refused] = []
    for _, row_id, one in reading.rows_of(data, layout):
        if isinstance(one, Refused):
            refused.append(one)
        elif isinstance(one, Conversation | Text):
            ids.append(row_id)
            rows.append(_last(one) if turns == "last" else one)
        else:
            raise AskedWrong(
                f"The rows of `{data.name}` are laid out as `{layout.format}` ({layout.why}), which has no answers to try a model on.",
                accepted="Layouts with answers: text, completion, question, alpaca, sharegpt, messages.",
            )
    reading.refuse(refused, data, layout)
    if not rows:
        raise NothingLeft(f"`{data.name}` has no rows.")
    return HeldOut(data.name, layout, tuple(ids), tuple(rows))


def _last(row: Conversation | Text) -> Conversation | Text:
    """A row of which the last answer alone is asked for."""
    return replace(row, learned=(max(row.learned),)) if isinstance(row, Conversation) else row


def template_for(rows: HeldOut, folders: Mapping[str, Path], asked: str | None, like: Path | None = None) -> Template:
    """The one template by which all these models are asked: `asked`; for plain texts none; or that of the model in the folder `like`; or
    the one that those of the models bring which bring any; or the one that belongs to the rows.

    Raises: AskedWrong where models bring different ones."""
    first = Tokenizer(next(iter(folders.values())))
    if asked is not None or rows.layout.format == "text":
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


def examples(rows: HeldOut, renderer: Renderer, *, apart: bool = False) -> list[Example]:
    """The rows as a training would see them, by the same masks: each answer with its terminator, after its prompt as inference writes it.

    `apart`: each answer of a conversation is an example by itself, ended by the end of text, for a tokenizer that lacks the control
    token by which the template ends it. Raises: DataRefused where a row is not proved."""
    return _proved(rows, masks.examples(renderer, _parted(rows) if apart else enumerate(rows.rows)))


def _proved(rows: HeldOut, made: Iterable[Example | Unproved]) -> list[Example]:
    """The examples of the rows. Raises DataRefused where a row is none."""
    found: list[Example] = []
    unproved: list[Unproved] = []
    for one in made:
        if isinstance(one, Unproved):
            unproved.append(one)
        else:
            found.append(one)
    _refuse(rows, unproved)
    return found


def _refuse(rows: HeldOut, unproved: Sequence[Unproved]) -> None:
    """Raises DataRefused where there is a row that is not proved."""
    if unproved:
        raise masks.refuse(unproved, len(rows.rows), rows.name, {one.row: shown(rows.ids[one.row]) for one in unproved})


def _parted(rows: HeldOut) -> Iterator[tuple[int, Conversation | Text]]:
    """Each answer with all that stands before it, and the number of its row."""
    for number, row in enumerate(rows.rows):
        parts = [replace(row, messages=row.messages[: one + 1], learned=(one,)) for one in row.learned] if isinstance(row, Conversation) else [row]
        yield from ((number, part) for part in parts)


def responses(rows: HeldOut, model: Model) -> list[Example]:
    """The answers of the rows as `train.seq2seq` learns them. Raises DataRefused where a row is not proved, and where a source or a target is
    longer than the model sees."""
    said = ((number, row) for number, row in enumerate(rows.rows) if isinstance(row, Conversation))
    found = _proved(rows, seq2seq.examples(model.tokenizer, said))
    long = [one for one in found if max(seq2seq.cut_of(one), len(one.ids) - seq2seq.cut_of(one)) > model.context]
    if long:
        named = ", ".join(dict.fromkeys(f"{shown(rows.ids[one.row])} ({len(one.ids):,} tokens)" for one in long[:3]))
        raise DataRefused(
            f"{len(long):,} of {len(found):,} answers of `{rows.name}`, or what they answer, are longer than the model sees, which is"
            f" {model.context:,} tokens: {named}.",
            remedy="Cut their texts (`clean.cut`), or drop the rows.",
        )
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


def sources(rows: HeldOut, tokenizer: Tokenizer) -> Iterator[Asked]:
    """What an encoder reads of each row, and the row's last answer. Raises DataRefused where there is more to a row than texts."""
    _refuse(rows, list(_untold(rows)))
    for row_id, row in zip(rows.ids, rows.rows, strict=True):
        assert isinstance(row, Conversation)
        last = max(row.learned)
        text = seq2seq.asked(row, last)
        yield Asked(row_id, seq2seq.source(tokenizer, text), text, str(row.messages[last].get("content") or ""))


def _untold(rows: HeldOut) -> Iterator[Unproved]:
    """The rows of which an encoder could not be asked all."""
    for number, row in enumerate(rows.rows):
        assert isinstance(row, Conversation)
        try:
            seq2seq.refuse_untold(row, max(row.learned))
        except NotRendered as error:
            yield Unproved(number, error.reason, error.words)


@dataclass(frozen=True)
class Asking:
    """Rows, and the one template by which every decoder is asked about them; None where there is no decoder.

    `known`: control tokens that some decoder has and the template writes; `ends`: whether one of them ends an answer by a control token.
    """

    rows: HeldOut
    template: Template | None
    known: frozenset[str] = frozenset()
    ends: bool = False

    @classmethod
    def of(
        cls,
        data: Dataset,
        asked: Format | FormatSettings | None,
        folders: Mapping[str, Path],
        words: tuple[str | None, Path | None],
        turns: Turns = "all",
    ) -> Asking:
        """Read the rows, and settle the template: `words` are the one that is asked for, and the folder of the model whose it is; `turns`:
        which answers of a conversation are scored.

        Raises: AskedWrong for models that do not write, and for a template or plain texts where an encoder and a decoder is asked."""
        kinds = {name: writes(folder) for name, folder in folders.items()}
        decoders = {name: folder for name, folder in folders.items() if kinds[name] == "decoder"}
        _refuse_words(decoders, words)
        rows = held_out(data, asked, turns)
        answering = [name for name in folders if name not in decoders]
        if answering and isinstance(rows.rows[0], Text):
            raise AskedWrong(
                f"`{answering[0]}` is an encoder–decoder, which answers one text with another, and the rows of `{data.name}` are plain texts.",
                remedy="Give it rows with answers, or say their `format`.",
            )
        if not decoders:
            return cls(rows, None)
        template = template_for(rows, decoders, *words)
        tokenizers = [Tokenizer(folder) for folder in decoders.values()]
        known = frozenset(mark for tokenizer in tokenizers for mark in tokenizer.full.all_special_tokens if mark in template.source)
        return cls(rows, template, known, any(renderer_of(template, tokenizer).terminator is not None for tokenizer in tokenizers))

    def facts(self, model: Model) -> dict[str, Any]:
        """How the rows are laid out, by which template this model is asked, and what of the template's control tokens are letters to it."""
        if self.template is None or model.kind != "decoder":
            return {"template": None, "format": self.rows.layout.format}
        letters = sorted(self.known.difference(model.tokenizer.full.all_special_tokens))
        return {"template": self.template.name, "format": self.rows.layout.format} | ({"letters": letters} if letters else {})

    def examples(self, model: Model) -> tuple[list[Example], list[int]]:
        """The rows as a training of this model would see them: one example for each row, or for each of its answers; and the bytes of
        each row's answers."""
        sizes = [answer_bytes(row) for row in self.rows.rows]
        if self.template is None or model.kind != "decoder":
            return responses(self.rows, model), sizes
        renderer = renderer_of(self.template, model.tokenizer)
        return examples(self.rows, renderer, apart=self.ends and renderer.terminator is None), sizes

    def questions(self, model: Model) -> tuple[list[Asked], tuple[int, ...]]:
        """What is asked of each row, and the tokens that end an answer."""
        if self.template is None or model.kind != "decoder":
            return list(sources(self.rows, model.tokenizer)), (model.tokenizer.marks.end,)
        renderer = renderer_of(self.template, model.tokenizer)
        return list(questions(self.rows, renderer)), renderer.stops


def _refuse_words(decoders: Mapping[str, Path], words: tuple[str | None, Path | None]) -> None:
    """Raises AskedWrong where a template is named, or a model whose it is, and there is none to be asked by it."""
    template, like = words
    without = like is not None and writes(like) != "decoder"
    if without or (not decoders and (template is not None or like is not None)):
        raise AskedWrong(
            "An encoder–decoder has no template: its source is what was said before an answer, parted by blank lines, as `train.seq2seq` learns it.",
            where="like" if like is not None else "template",
            remedy=f"Leave `{'like' if like is not None else 'template'}` out{', or name a decoder' if without and decoders else ''}.",
        )
