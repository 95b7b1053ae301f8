"""Docstrings by `ast`."""

import pytest

from tilth.steps.source._docs import Doc, Unreadable, docs, module_name

SOURCE = b'''"""The module.

    Indented by habit.
"""
import nothing_that_exists

class Outer(Base, metaclass=Meta):
    """A class."""

    def method(self, a, /, b=1, *rest, c: int = 2, **more) -> str:
        """A method."""
        def inner():
            """Nobody can name it."""

    class Inner:
        """A class in a class."""

if True:
    async def later(x: "list[int]") -> None:
        """Only if."""

def silent(): pass
def blank():
    "  "
'''


def test_each_documented_thing_is_found_with_its_name_and_place():
    assert [(doc.name, doc.kind, doc.signature, doc.docstring, doc.line) for doc in docs(SOURCE, "m")] == [
        ("m", "module", "", "The module.\n\nIndented by habit.", 1),
        ("m.Outer", "class", "class Outer(Base, metaclass=Meta)", "A class.", 7),
        ("m.Outer.method", "method", "def method(self, a, /, b=1, *rest, c: int=2, **more) -> str", "A method.", 10),
        ("m.Outer.Inner", "class", "class Inner", "A class in a class.", 15),
        ("m.later", "function", "async def later(x: 'list[int]') -> None", "Only if.", 19),
    ]


def test_a_text_begins_with_what_it_is_about():
    assert [doc.text.partition("\n")[0] for doc in docs(SOURCE, "m")] == [
        "module m",
        "class m.Outer(Base, metaclass=Meta)",
        "m.Outer.method(self, a, /, b=1, *rest, c: int=2, **more) -> str",
        "class m.Outer.Inner",
        "async m.later(x: 'list[int]') -> None",
    ]


@pytest.mark.parametrize("source", [b"def f(:", b"x = '\0'", b"\xff\xfe", b"print 'two'", b"# coding: nonsense\n", b"(" * 10_000])
def test_what_is_no_python_is_told(source):
    with pytest.raises(Unreadable):
        docs(source, "m")


def test_doubtful_escapes_in_other_peoples_source_are_no_warning_of_ours():
    assert docs(b'"""A \\d."""', "m")[0].docstring == "A \\d."


def test_texts_that_cannot_be_kept_are_told():
    assert "NUL" in Doc("m", "module", "", "x\0", 1).fault()
    assert "surrogate" in Doc("m", "module", "", "x\ud800", 1).fault()
    assert Doc("m", "module", "", "x", 1).fault() == ""


def test_names_of_modules():
    assert [module_name(file) for file in ("json/__init__.py", "json/decoder.py", "abc.py")] == ["json", "json.decoder", "abc"]
