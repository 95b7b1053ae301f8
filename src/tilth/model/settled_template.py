"""The template of a training: settled once, by the rows that are learned, and no other for those that the model is looked at by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tilth.errors import AskedWrong
from tilth.model import reading, templates
from tilth.model.formats import Conversation, Format, Judged, Pair
from tilth.model.layouts import Layout
from tilth.model.load import Tokenizer
from tilth.model.rendering import NotRendered, Renderer
from tilth.model.templates import Template
from tilth.model.tuning import Room
from tilth.work import Dataset

UNUSED = (
    "The tokenizer brings a chat template, which is not used: the rows of `{}` are plain texts, prompt and answer, and are joined as they are."
    " Write `template: tokenizer` to use it; as it is, the tuned folder says `plain` in its place."
)
"""What is told where an instruct model would learn to be asked otherwise than it was."""


@dataclass(frozen=True)
class Rows:
    """By which rows a template was settled: the dataset's name, its layout, and whether its texts are joined as they are."""

    name: str
    format: Format
    plain: bool


@dataclass
class SettledTemplate:
    """The template of a training, and the rows that settled it, once there are some."""

    template: Template | None = None
    by: Rows | None = None

    def renderer(self, asked: str | None, data: Dataset, tokenizer: Tokenizer, layout: Layout) -> Renderer:
        """What writes a dataset's conversations for this model. The first dataset settles the template; `asked`: the recipe's word for it.

        Raises: AskedWrong where the rows of a later one cannot be written by it."""
        rows = Rows(data.name, layout.format, _plain(data, layout))
        if self.template is None or self.by is None:
            self.template, self.by = templates.choose(asked, tokenizer, rows.format, rows.plain), rows
        renderer = Renderer(tokenizer, self.template)
        if (rows.format, rows.plain) != (self.by.format, self.by.plain):
            _refuse_others(renderer, self.by, data, layout)
        return renderer

    def warned(self, asked: str | None, data: Dataset, room: Room) -> dict[str, list[str]]:
        """What is to be known of the template that a dataset settled, as `warnings` among its facts; it is told while they are made, too."""
        by = self.by
        unused = asked is None and by is not None and by.plain and by.name == data.name and templates.own(room.tokenizer) is not None
        if not unused:
            return {}
        said = UNUSED.format(data.name)
        room.work.tell({"note": said})
        return {"warnings": [said]}


def stays(tokenizer: Tokenizer, layout: Format, learned: Template) -> Template:
    """The template that a tuned folder is to have: the one that its rows were written by. Plain texts say nothing of how the model is
    to be asked, so there it is the tokenizer's own, if it brings one."""
    own = templates.own(tokenizer)
    if layout != "text" or own is None:
        return learned
    return templates.choose(templates.OWN, tokenizer, layout, plain=True)


def learned_by(folder: Path, tokenizer: Tokenizer, layout: Layout) -> Template:
    """The template by which the model in a folder learned rows of this layout. Raises Missing where the folder has none."""
    if layout.format == "text":
        return templates.choose(None, tokenizer, layout.format, plain=True)
    return templates.read(folder, tokenizer)


def _plain(data: Dataset, layout: Layout) -> bool:
    """Whether the first row that can be read is of texts that are joined as they are."""
    first = next(_conversations(data, layout), None)
    return first is not None and first.plain


def _conversations(data: Dataset, layout: Layout) -> Iterator[Conversation]:
    """The rows that are conversations; of a pair the one with the chosen answer."""
    for _, _, one in reading.rows_of(data, layout):
        if isinstance(one, Pair):
            yield Conversation((*one.prompt, *one.chosen), (), one.tools, one.plain)
        elif isinstance(one, Conversation | Judged):
            yield one.conversation if isinstance(one, Judged) else one


def _refuse_others(renderer: Renderer, by: Rows, data: Dataset, layout: Layout) -> None:
    """Raises AskedWrong for rows that a template which other rows settled does not write; the first of them tell."""
    if (layout.format == "text") != (by.format == "text"):
        raise _not_alike(by, data, layout, "the ones are plain texts, of which all is learned, and the others have answers")
    for one in islice(_conversations(data, layout), reading.FIRST):
        try:
            renderer.written(one.messages, one.tools)
        except NotRendered as error:
            if error.reason in ("template", "left out"):
                raise _not_alike(by, data, layout, f"the template `{renderer.template.name}` settled by the first does not write them") from error


def _not_alike(by: Rows, data: Dataset, layout: Layout, why: str) -> AskedWrong:
    return AskedWrong(
        f"The rows of `{by.name}` are laid out as `{by.format}`, and those of `{data.name}` as `{layout.format}` ({layout.why}): {why}."
        " A loss over them would judge another task than the one that is learned.",
        where=f"`{data.name}`",
        accepted="Validation rows that the template of the training writes.",
        remedy=f"Lay `{data.name}` out as `{by.name}` is, or name a `template` that writes both.",
    )
