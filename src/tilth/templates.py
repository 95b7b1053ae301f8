"""Jinja templates over records. They run in Jinja's sandbox and reach nothing but the record."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jinja2.meta
import jinja2.sandbox

from tilth.errors import AskedWrong

FAILS = (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
"""What a template raises that cannot be rendered for a record."""


def is_template(source: str) -> bool:
    """Whether a setting is a template rather than the name of a column."""
    return "{{" in source or "{%" in source


@lru_cache(maxsize=64)
def _environment() -> jinja2.sandbox.ImmutableSandboxedEnvironment:
    return jinja2.sandbox.ImmutableSandboxedEnvironment(keep_trailing_newline=True, finalize=lambda value: "" if value is None else value)


@lru_cache(maxsize=64)
def template(source: str) -> Callable[[dict[str, Any]], str]:
    """The function that renders a record. Raises AskedWrong where the template is none."""
    try:
        return _environment().from_string(source).render
    except jinja2.TemplateError as error:
        raise AskedWrong(
            f"The template cannot be read: {error}.", where=source, remedy="See https://jinja.palletsprojects.com/templates/."
        ) from error


@lru_cache(maxsize=64)
def variables(source: str) -> list[str]:
    """The columns that a template names."""
    template(source)
    return sorted(jinja2.meta.find_undeclared_variables(_environment().parse(source)))
