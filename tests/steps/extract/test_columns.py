"""What a column is made of, as a recipe says it."""

import pytest
from pydantic import ValidationError

from tilth.errors import AskedWrong
from tilth.steps.extract._columns import Column


def column(said, **more):
    return Column.model_validate({"from": said, **more})


@pytest.mark.parametrize(
    ("said", "path", "reads"),
    [
        ("price", ("price",), ("price",)),
        ("details.Item Weight", ("details", "Item Weight"), ("details",)),
        ("reviews[].text", ("reviews", "[]", "text"), ("reviews",)),
        (("a.b", "c"), ("a.b", "c"), ("a.b",)),
    ],
)
def test_a_path_is_names_with_dots_between_them_or_a_list(said, path, reads):
    assert (column(said).path, column(said).reads, column(said).template) == (path, reads, None)


def test_a_template_reads_what_it_names():
    assert column("{{ b }} {% if a %}x{% endif %}").reads == ("a", "b")
    assert column("{{ b }}").template == "{{ b }}"


def test_python_calls_it_source():
    assert Column(source="price", type="number") == column("price", type="number")  # type: ignore[call-arg]


@pytest.mark.parametrize("said", ["", "a..b", ".a", [], ["a", ""]])
def test_what_is_no_path_is_refused(said):
    with pytest.raises(ValidationError):
        column(said)


def test_what_is_no_template_is_told():
    with pytest.raises(AskedWrong, match="cannot be read"):
        column("{{ a")
