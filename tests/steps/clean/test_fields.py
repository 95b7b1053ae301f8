"""The setting `fields`."""

from tilth.steps.clean._fields import roots


def test_a_path_reads_the_column_that_it_begins_with():
    assert roots(["text", "messages[].content", "meta.title", "messages[].role"]) == ("text", "messages", "meta")
