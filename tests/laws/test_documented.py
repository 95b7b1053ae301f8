"""Every verb, step and setting is explained where it is made, and the reference pages are what the code generates now."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from docs.generate import DOCS, PAGES, groups, shared_flags, step_classes, verbs
from tests.laws.house import obeyed
from tilth.recipe.reference import explained

STEPS = [step for room in step_classes().values() for step in room]


def unexplained(settings: type[BaseModel], place: str) -> Iterator[str]:
    """The settings without a docstring beneath them, those of groups included."""
    for name, field in settings.model_fields.items():
        if not explained(settings).get(name):
            yield f"{place}.{name}"
        yield from (found for group in groups(field.annotation) for found in unexplained(group, f"{place}.{name}"))


def test_every_step_and_setting_is_explained() -> None:
    bare = [step.name() for step in STEPS if not (step.__doc__ or "").strip()]
    bare += [setting for step in STEPS for setting in unexplained(step, step.name())]
    obeyed("Write a docstring: in the class for a step, beneath the field for a setting.", bare)


def test_every_verb_argument_and_flag_is_explained() -> None:
    said: dict[str, Any] = {f"tilth {name}": command.help for name, command in verbs().items()}
    for name, command in verbs().items():
        said |= {f"tilth {name} {param.opts[0]}": param.help for param in command.params if "--help" not in param.opts}
    said |= {f"tilth {param.opts[0]}": param.help for param in shared_flags()}
    obeyed("Write its help.", [name for name, text in said.items() if not text])


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_pages_are_what_the_code_says_now(page: str) -> None:
    assert (DOCS / page).read_text("utf-8") == PAGES[page](), f"docs/{page} is behind the code: run `make docs` and commit it."
