"""clean.html: tags, comments, scripts and entities go; everything else that has a `<` or an `&` stays."""

import gzip
import json
import re
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.steps.clean.html import Html

PRODUCTS = Path(__file__).parents[3].parent / "shared" / "data" / "products" / "gift_cards_2018.jsonl.gz"
PIECES = st.lists(
    st.sampled_from(
        ["<", ">", "</", "<b>", "</b>", "<p class='", "<!--", "-->", "<script>", "</script>", "&amp;", "&lt", ";", '"', "a", " ", "\n", "="]
    )
)


def clean(text):
    return Html()({"text": [text]})["text"][0]


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "if a<b and c>d",
        "List<String> and Map<K, V>",
        "std::vector<a> v; Set<Object> s; Vec<Span>",
        "x<y>z",
        "a<b>c",
        "I <3 you",
        "AT&T & sons",
        "Joe <joe@example.com>",
        "<https://example.org/a?b=1&copy=2>",
        "cp <source> <output>",
        "1 <- 2 -> 3 <> 4 << 5",
        "a <!-- never closed",
        "never closed: <b>, and <no tag>",
        "cut <a href=",
        "&notanentity; &#xZZ; &amp",
        "",
    ],
)
def test_what_only_looks_like_html_survives(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("<b>bold</b> and <i class=x>it</i>", "bold and it"),
        ("<b> size: </ b> 18", "size:  18"),
        ("one<br>two<BR/>three<br />four", "one\ntwo\nthree\nfour"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<div>one</div>two<h2>three</h2>", "one\ntwo\nthree"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a  b"),
        ('<a href="x" title="a > b">link</a>', "link"),
        ("<a href=x title=Joe's>link</a>", "link"),
        ('<a href="x"title="y">link</a>', "link"),
        ('<img src="x.png" alt="y"/>text<img src=x>', "text"),
        ("<td nowrap>a</td>", "a"),
        ("a<!-- hidden <b>text</b> -->b", "ab"),
        ("a<script type='x'>if (a < b) {}</script>b<STYLE>p {}</STYLE>c", "abc"),
        ("<!DOCTYPE html><?xml version='1.0'?>a<!--[if IE]>b<![endif]-->", "a"),
        ("Word<o:p></o:p>", "Word"),
        ("caf&eacute; &#233; &#xe9; &amp;lt; &quot;&#39;&#x2019;", "café é é &lt; \"'’"),
        ("&lt;b&gt;", "<b>"),
        ("a&nbsp;b", "a\u00a0b"),
        ("&#0;&#xD800;", "\ufffd\ufffd"),
        ("<b>x</b> < 3 & y > 2", "x < 3 & y > 2"),
    ],
)
def test_html_becomes_what_a_reader_sees(text, cleaned):
    assert clean(text) == cleaned


def test_a_page_of_which_nothing_is_left_is_a_row_with_an_empty_text():
    # datatrove drops a page whose extraction is empty, fails or takes more than a second, and writes it nowhere.
    rows = {"text": ["<p></p>", "kept", "<script>x()</script><!-- y -->", None], "n": [0, 1, 2, 3]}
    assert Html()(rows) == {"text": ["", "kept", "", None], "n": [0, 1, 2, 3]}


@pytest.mark.parametrize(
    "hostile",
    ["<", "<a ", '<a b="', "<a b='\"<a c=\"'", "<!--", "<script>", "&", "&a", "</", "</ ", "<a b= ", "<p\t", "<p a", "\n ", "<style ", "&#1"],
)
def test_a_hostile_megabyte_takes_no_longer_than_another(hostile):
    start = time.process_time()
    clean(hostile * (1_000_000 // len(hostile)) + "<br>")
    assert time.process_time() - start < 3


@given(st.text() | PIECES.map("".join))
def test_nothing_that_was_not_there_appears(text):
    cleaned = clean(text)
    if "&" not in text:
        rest = iter(text)
        assert all(char in rest for char in cleaned if not char.isspace()), "the cleaned text is not a part of the text, in order"


@given(st.text(alphabet=st.characters(exclude_characters="<&", exclude_categories=["Cs"])))
def test_text_without_html_is_the_same_to_the_byte(text):
    assert clean(text) == text


@given(st.lists(PIECES.map("".join) | st.none(), min_size=2, max_size=8), st.integers(1, 7))
def test_the_cut_into_batches_does_not_matter_and_nulls_stay_null(values, rows):
    table = pa.table({"text": pa.array(values, pa.large_string())})
    whole = Html()(table)["text"].to_pylist()
    pieces = [Html()(table.slice(start, rows)) for start in range(0, len(values), rows)]
    assert pa.concat_tables(pieces)["text"].to_pylist() == whole
    assert [value is None for value in whole] == [value is None for value in values]


def test_real_product_descriptions_keep_no_tag_that_is_whole():
    if not PRODUCTS.exists():
        pytest.skip("needs ../shared/data/products")
    with gzip.open(PRODUCTS, "rt", encoding="utf-8") as lines:
        descriptions = ["\n".join(json.loads(line)["description"]) for line in lines]
    cleaned = Html()({"text": descriptions})["text"]
    tag = re.compile(r"</?(?:div|span|strong|h[1-6]|br|img|a|td|tr|p|b|i)\b[^<>]*>|&[a-z]+;|&#\d+;")
    assert sum(bool(tag.search(text)) for text in descriptions) > 30
    assert [text for text in cleaned if tag.search(text)] == []
    same = [before == after for before, after in zip(descriptions, cleaned, strict=True) if not re.search("[<&]", before)]
    assert all(same) and len(same) > 1000


def test_fields_and_paths_into_json():
    table = Html(fields=("title", "messages[].content"))({"title": ["<b>a</b>"], "messages": ['[{"content":"x<br>y"}]'], "text": ["<b>c</b>"]})
    assert table == {"title": ["a"], "messages": ['[{"content":"x\\ny"}]'], "text": ["<b>c</b>"]}
