"""Templates over records."""

import pytest

from tilth.errors import AskedWrong
from tilth.templates import FAILS, is_template, template, variables


def test_what_is_a_template_and_what_it_names():
    assert is_template("{{ a }}") and is_template("{% if a %}x{% endif %}") and not is_template("a")
    assert variables("{% for item in b %}{{ item.x ~ a }}{% endfor %}") == ["a", "b"]


def test_what_is_absent_renders_as_nothing():
    assert template("{{ a }}|{{ b | join('+') }}|{{ c }}\n")({"c": None}) == "||\n"


def test_a_template_reaches_nothing_but_the_record():
    for source in ("{{ a.__class__.__mro__ }}", "{{ a.append(1) }}", "{{ range(10**9) | list }}"):
        with pytest.raises((*FAILS, OverflowError)):
            template(source)({"a": []})


def test_what_is_no_template_is_told():
    with pytest.raises(AskedWrong, match="cannot be read.*jinja"):
        template("{{ a")
