"""The template that a recipe asks for, as far as a recipe alone can be wrong: a name that is none, or Jinja that cannot be read.

Nothing heavy is needed for it, so a plan finds such a mistake in its line. `tilth.model.templates` has the templates themselves.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated

import jinja2
import jinja2.sandbox
from pydantic import AfterValidator

NAMES = ("tokenizer", "plain", "question", "instruction", "alpaca", "chatml")
"""The names of templates; the first is the one that a tokenizer brings."""

MARKED = re.compile(r"\{%-?\s*(?:end)?generation\s*-?%\}")
"""What Transformers' templates have around an answer (`return_assistant_tokens_mask`), which Jinja by itself does not know."""


@lru_cache(maxsize=1)
def _environment() -> jinja2.sandbox.ImmutableSandboxedEnvironment:
    """Jinja with the extension that Transformers gives to chat templates."""
    return jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])


def _known(asked: str) -> str:
    """A name that there is, or source that can be read. Raises ValueError."""
    if asked in NAMES:
        return asked
    if not any(opening in asked for opening in ("{{", "{%")):
        near = get_close_matches(asked, NAMES, 1)
        meant = f" Did you mean `{near[0]}`?" if near else ""
        raise ValueError(f"There is no template `{asked}`.{meant} Templates: {', '.join(NAMES)}; or Jinja source.")
    try:
        _environment().parse(MARKED.sub("", asked))
    except jinja2.TemplateSyntaxError as error:
        raise ValueError(f"The template cannot be read: its line {error.lineno}: {str(error).rstrip('.')}.") from error
    return asked


AskedTemplate = Annotated[str, AfterValidator(_known)]
"""A setting that names a template, or is one."""
