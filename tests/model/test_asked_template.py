"""A template that cannot be is found when the recipe is read."""

import pytest
from pydantic import TypeAdapter, ValidationError

from tilth.model.asked_template import NAMES, AskedTemplate
from tilth.model.templates import CHATML, NAMED, OWN

READ = TypeAdapter(AskedTemplate).validate_python


@pytest.mark.parametrize("asked", [OWN, *NAMED])
def test_every_template_that_has_a_name_may_be_asked_for(asked: str) -> None:
    assert READ(asked) == asked and set(NAMES) == {OWN, *NAMED}


@pytest.mark.parametrize(("asked", "said"), [("questoin", "Did you mean `question`?"), ("llama-3", "There is no template `llama-3`. Templates: tok")])
def test_a_name_that_is_none_is_refused_with_those_there_are(asked: str, said: str) -> None:
    with pytest.raises(ValidationError) as error:
        READ(asked)
    assert said in str(error.value) and "or Jinja source" in str(error.value)


@pytest.mark.parametrize(
    "asked", [*NAMED.values(), CHATML, "{% for m in messages %}{% generation %}{{ m.content }}{%- endgeneration -%}{% break %}{% endfor %}"]
)
def test_what_transformers_reads_is_read(asked: str) -> None:
    assert READ(asked) == asked


def test_source_that_cannot_be_read_is_refused_with_its_line() -> None:
    with pytest.raises(ValidationError, match=r"its line 2: .*endfor"):
        READ("{% for m in messages %}\n{{ m.content }}")
    with pytest.raises(ValidationError, match="cannot be read: its line 1"):
        READ("{{ messages }")
