"""Chat templates: the Jinja text by which messages become one text, as Transformers renders it.

A template is the tokenizer's own, one of the named ones here, or Jinja source from a recipe. All are rendered by Transformers' own
function, in its sandbox, so that a text is the same here and wherever the saved model is asked. The named ones begin with the
tokenizer's begin token where it has one, end each of an assistant's turns with its end token, and trim nothing.

`alpaca` has the two bodies of Stanford Alpaca (Taori et al. 2023, `train.py`), with and without an input: a message may have
`instruction` and `input` beside its `content`, and is its `content` where it has no `instruction`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from jinja2.exceptions import TemplateError, TemplateSyntaxError
from transformers.utils.chat_template_utils import render_jinja_template

from tilth.errors import AskedWrong, Missing
from tilth.model.formats import Format, Message
from tilth.model.load import Tokenizer

FILE = "chat_template.jinja"
"""Where Transformers looks for the template of a saved tokenizer."""

BEGIN = "{{ bos_token or '' }}"
ASKED = "{% if add_generation_prompt %}"
OTHERWISE = "{% else %}{{ raise_exception('it has no place for the role `' ~ message.role ~ '`') }}{% endif %}"
SYSTEM = "{% elif message.role == 'system' %}{{ message.content + '\\n\\n' }}"


def _headed(question: str, answer: str) -> str:
    """Turns under headings of plain text."""
    return (
        f"{BEGIN}{{% for message in messages %}}"
        f"{{% if message.role == 'user' %}}{{{{ '### {question}:\\n' + message.content + '\\n\\n' }}}}"
        f"{{% elif message.role == 'assistant' %}}{{{{ '### {answer}:\\n' + message.content + eos_token }}}}"
        f"{SYSTEM}{OTHERWISE}{{% endfor %}}{ASKED}{{{{ '### {answer}:\\n' }}}}{{% endif %}}"
    )


PLAIN = (
    "{{ bos_token or ('' if messages and messages[0].content else eos_token) }}"
    "{% for message in messages %}{{ message.content }}{% if message.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
)
"""Texts joined as they are. Without a begin token, what follows an empty prompt follows the end token: a first token needs one before it."""

CHATML = (
    f"{BEGIN}{{% for message in messages %}}{{{{ '<|im_start|>' + message.role + '\\n' + message.content }}}}"
    "{{ (eos_token if message.role == 'assistant' else '<|im_end|>') + '\\n' }}{% endfor %}"
    f"{ASKED}{{{{ '<|im_start|>assistant\\n' }}}}{{% endif %}}"
)

BELOW = "Below is an instruction that describes a task"
ALPACA = (
    f"{BEGIN}{{% set told = namespace(yet=false) %}}{{% for message in messages %}}"
    "{% if message.role == 'user' %}"
    f"{{% if not told.yet %}}{{{{ '{BELOW}, paired with an input that provides further context. ' if message.input else '{BELOW}. ' }}}}"
    "{{ 'Write a response that appropriately completes the request.\\n\\n' }}{% endif %}{% set told.yet = true %}"
    "{{ '### Instruction:\\n' + (message.content if message.instruction is undefined else message.instruction) + '\\n\\n' }}"
    "{% if message.input %}{{ '### Input:\\n' + message.input + '\\n\\n' }}{% endif %}"
    "{% elif message.role == 'assistant' %}{{ '### Response:' + message.content + eos_token }}"
    "{% elif message.role == 'system' %}{{ message.content + '\\n\\n' }}{% set told.yet = true %}"
    f"{OTHERWISE}{{% endfor %}}{ASKED}{{{{ '### Response:' }}}}{{% endif %}}"
)

NAMED: dict[str, str] = {
    "plain": PLAIN,
    "question": _headed("Question", "Answer"),
    "instruction": _headed("Instruction", "Response"),
    "alpaca": ALPACA,
    "chatml": CHATML,
}
"""The templates that have a name."""

OWN = "tokenizer"
"""The name of the template that a tokenizer brings."""
OF_FORMAT: dict[Format, str] = {"text": "plain", "question": "question", "alpaca": "alpaca"}
"""The named template that belongs to a format; of the others, `instruction`."""


class TemplateRefuses(ValueError):
    """A template that does not render these messages, and why."""


@dataclass(frozen=True)
class Template:
    """A chat template with the control tokens that it may write. `marks`: the tokenizer's, by their roles: `eos_token`."""

    name: str
    source: str
    marks: Mapping[str, Any] = field(default_factory=dict)

    def render(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = (), *, generation_prompt: bool = False) -> str:
        """The messages as one text; with `generation_prompt`, as an assistant's answer is asked for.

        Raises: TemplateRefuses, with the template's own words."""
        chat = [{key: value for key, value in message.items() if value is not None} for message in messages]
        try:
            rendered: Any = render_jinja_template(  # a list of texts and another, and not the `str` that it is said to be
                conversations=[chat],
                tools=[dict(tool) for tool in tools] or None,
                chat_template=self.source,
                add_generation_prompt=generation_prompt,
                **self.marks,
            )
        except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:  # a template is somebody's program: `content + 1`
            raise TemplateRefuses(str(error) or type(error).__name__) from error
        return str(rendered[0][0])

    @property
    def identity(self) -> str:
        """What the template writes depends on this alone."""
        said = json.dumps([self.source, {name: str(mark) for name, mark in self.marks.items()}], sort_keys=True)
        return blake2b(said.encode(), digest_size=16).hexdigest()


def choose(asked: str | None, tokenizer: Tokenizer, format: Format, plain: bool) -> Template:  # noqa: A002, FBT001
    """The template that a recipe asks for: a name, `tokenizer` for its own, or Jinja source.

    None: texts are joined as they are where they are `plain`; else the tokenizer's own template, if it has one; else the named one
    that belongs to the format. Raises: AskedWrong for a name that is none, or source that is no template."""
    marks = dict(tokenizer.full.special_tokens_map)
    brought = own(tokenizer)
    if asked is None:
        asked = "plain" if plain or format == "text" else OWN if brought else OF_FORMAT.get(format, "instruction")
    if asked == OWN:
        if brought is None:
            raise AskedWrong("The tokenizer has no chat template.", where="template", accepted=f"Templates: {', '.join(NAMED)}; or Jinja source.")
        return Template(OWN, brought, marks)
    if asked in NAMED:
        return Template(asked, NAMED[asked], marks)
    if not re.search(r"\{[{%]", asked):
        raise AskedWrong(f"There is no template `{asked}`.", where="template", accepted=f"Templates: {', '.join([OWN, *NAMED])}; or Jinja source.")
    return _checked(Template("own words", asked, marks))


def own(tokenizer: Tokenizer) -> str | None:
    """The template that the tokenizer brings; of several, its default."""
    try:
        return str(tokenizer.full.get_chat_template())
    except ValueError:
        return None


def _checked(template: Template) -> Template:
    """The template, if it can be read. Raises AskedWrong."""
    try:
        template.render([{"role": "user", "content": ""}], generation_prompt=True)
    except TemplateRefuses as error:
        if isinstance(error.__cause__, TemplateSyntaxError):
            line = error.__cause__.lineno
            raise AskedWrong(f"The template cannot be read: line {line}: {error}.", where="template", accepted="A Jinja chat template.") from error
    return template


def write(folder: Path, template: Template) -> None:
    """Put the template into the folder of a saved tokenizer, where Transformers reads it before any other."""
    (folder / FILE).write_text(template.source, encoding="utf-8")


def read(folder: Path, tokenizer: Tokenizer) -> Template:
    """The template of a saved model. Raises Missing where there is none."""
    if not (folder / FILE).exists():
        raise Missing("This folder holds no chat template.", where=str(folder / FILE), remedy="Name one: `template: chatml`.")
    source = (folder / FILE).read_text(encoding="utf-8")
    name = next((name for name, text in NAMED.items() if text == source), OWN)
    return Template(name, source, dict(tokenizer.full.special_tokens_map))
