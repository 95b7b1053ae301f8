"""All mistakes at once, in the order of the file, and no secret among their words."""

from dataclasses import replace

import pytest

from tests.recipe.toys.house import document
from tilth.errors import RecipeError
from tilth.recipe.findings import Findings
from tilth.recipe.nodes import Node


def test_they_are_told_in_the_order_of_the_file_and_other_files_after_it():
    findings = Findings(document("a: 1\n"))
    findings.add(Node(1, 9, "recipe.yaml"), "b", "Second.")
    findings.add(Node(1, 1, "other.yaml"), "", "Third.")
    findings.add(Node(1, 2, "recipe.yaml"), "a", "First.", "Accepted.", "Remedy.")
    findings.add(Node(1, 9, "recipe.yaml"), "b", "Second.")
    assert len(findings) == 3, "the same is told once"
    with pytest.raises(RecipeError) as refused:
        findings.check()
    assert str(refused.value) == "recipe.yaml:2  a\n  First. Accepted. Remedy.\nrecipe.yaml:9  b\n  Second.\nother.yaml:1\n  Third."


def test_without_mistakes_nothing_is_raised():
    Findings(document("a: 1\n")).check()


def test_secrets_are_masked():
    findings = Findings(replace(document("a: 1\n"), secrets={"abc": "${SHORT_KEY}", "abcdef": "${LONG_KEY}"}))
    findings.add(Node(1, 1, "recipe.yaml"), "a.abc", "Not abcdef.", "Not abc.", "abcdef!")
    with pytest.raises(RecipeError) as refused:
        findings.check()
    assert str(refused.value) == "recipe.yaml:1  a.${SHORT_KEY}\n  Not ${LONG_KEY}. Not ${SHORT_KEY}. ${LONG_KEY}!"
