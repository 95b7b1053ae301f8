"""Entities and tags of HTML, beside the same in regular expressions."""

import re
from html.entities import html5

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.twins import ANY_TEXT
from tilth.text.damage import damage
from tilth.text.markup import TAGS, _hash, entity_names, tag_names

ENTITY = re.compile(r"&(?:#[xX](?P<hex>[0-9a-fA-F]{1,6});|#(?P<number>[0-9]{1,7});|(?P<name>[A-Za-z0-9]{1,32});)")
TAG = re.compile(r"<!--|<(/|!)?([A-Za-z0-9]{1,10})(?=[\t-\r />])([^<>]{0,1998})>")
NAMES = {name[:-1] for name in html5 if name.endswith(";")}
PIECES = [
    "<",
    "</",
    "<!",
    ">",
    "/>",
    " ",
    "a",
    "p",
    "B",
    "script",
    "String",
    "=",
    '"',
    "&",
    "amp",
    "nbsp",
    "#",
    "x",
    "39",
    "27",
    ";",
    "!--",
    "doctype",
    "h1",
    "\n",
    "é",
]
TEXTS = ANY_TEXT | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def counts(text):
    columns = damage(pa.array([text]))
    return columns["entities"][0].as_py(), columns["tags"][0].as_py()


def entities(text):
    found = [ENTITY.match(text, at) for at, letter in enumerate(text) if letter == "&"]
    return sum(1 for one in found if one and (one["name"] is None or one["name"] in NAMES))


def tags(text):
    count = 0
    for at in (at for at, letter in enumerate(text) if letter == "<"):
        found = TAG.match(text, at)
        if found and found[0] != "<!--":
            attributes = found[3]
            known = found[2].lower() in {*TAGS.split(), "doctype"}
            count += known and ("=" in attributes or found[1] == "!" or not attributes.strip("\t\n\x0b\x0c\r /"))
        else:
            count += bool(found)
    return count


@settings(deadline=None, max_examples=400)
@given(TEXTS)
def test_entities_and_tags_are_those_of_plain_python(text):
    assert counts(text) == (entities(text), tags(text))


@pytest.mark.parametrize("text", ["&amp;", "&nbsp;", "&#39;", "&#x27;", "&#X1F600;", "&CounterClockwiseContourIntegral;", "a&lt;b", "&amp;lt;"])
def test_an_entity_is_seen(text):
    assert counts(text) == (1, 0)


@pytest.mark.parametrize("text", ["R&D;", "AT&T", "&", "&;", "&#;", "&#x;", "&unknown;", "a & b;", "&amp", "&AMPER;", "f(&x);", "&#12345678;"])
def test_what_only_looks_like_an_entity_is_none(text):
    assert counts(text) == (0, 0)


@pytest.mark.parametrize(
    "text", ["<p>", "</div>", "<br/>", "<br />", '<a href="x">', "<IMG src=x>", "<!DOCTYPE html>", "<!--", "<h1\nclass='a'>", "<b>"]
)
def test_a_tag_is_seen(text):
    assert counts(text) == (0, 1)


@pytest.mark.parametrize(
    "text", ["a < b", "a <b and c> d", "List<String>", "<unk>", "x<y>z", "<3", "<", "<p", "<p <p", "1<p", "i <= p > 2", "<>", "</>"]
)
def test_what_only_looks_like_a_tag_is_none(text):
    assert counts(text) == (0, 0)


def test_no_two_names_have_one_hash():
    assert len(set(entity_names().tolist())) == len(NAMES) and len(set(tag_names().tolist())) == len(TAGS.split()) + 1


def test_names_are_told_apart_by_capitals_unless_they_are_folded():
    small, capital = (np.frombuffer(name, np.uint8) for name in (b"alpha", b"Alpha"))
    assert _hash(small, 0, 5, 0) != _hash(capital, 0, 5, 0)
    assert _hash(small, 0, 5, 0x20) == _hash(capital, 0, 5, 0x20)
