"""clean.urls: addresses go, the sentence around them stays."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.steps.clean.urls import Urls

PIECES = st.lists(
    st.sampled_from(
        ["http://", "https://", "www.", "ftp://", "a", "b.c", "/", "(", ")", "[", "]", ".", ",", "'", " ", '"', "?x=1", "中", "\n", "ht", "tp"]
    )
)


def clean(text, **settings):
    return Urls(**settings)({"text": [text]})["text"][0]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("see https://example.org/a?b=1&c=2#d now", "see  now"),
        ("see www.example.org, or ftp://example.org/x.gz.", "see , or ."),
        ("Really, HTTP://EXAMPLE.ORG?!", "Really, ?!"),
        ("(see https://example.org/a)", "(see )"),
        ("https://en.wikipedia.org/wiki/Tilth_(soil)", ""),
        ("(https://en.wikipedia.org/wiki/Tilth_(soil)).", "()."),
        ("https://en.wikipedia.org/wiki/Moore's_law is", " is"),
        ("[text](https://example.org)", "[text]()"),
        ('<a href="http://example.org">x</a>', '<a href="">x</a>'),
        ("<https://example.org/a>.", "."),
        ("http://user:pass@example.org:8080/~me/", ""),
        ("http://[::1]:80/ http://127.0.0.1", " "),
        ("clickhttp://example.org", "click"),
        ("见http://example.org/a。然后", "见。然后"),
        ("https://zh.wikipedia.org/wiki/中文", ""),
        ("http://example.org?ids[]=3 x", " x"),
    ],
)
def test_addresses_go(text, cleaned):
    assert clean(text) == cleaned


@pytest.mark.parametrize("text", ["http:// is a scheme", "www... what", "awww.cute", "e.g. example.org", "me@example.org", "http", "", "a://b"])
def test_what_is_no_address_stays(text):
    assert clean(text) == text


def test_with_replaces_and_is_taken_as_it_stands():
    assert clean("at http://a.b, yes", with_=r"<url\1>") == r"at <url\1>, yes"
    assert Urls.model_validate({"with": "<url>"}) == Urls(with_="<url>")
    assert Urls(with_="<url>").identity()["with_"] == "<url>"


@given(st.lists(PIECES.map("".join) | st.text() | st.none(), max_size=8), st.sampled_from(["", "<url>"]))
def test_twice_is_once_and_nulls_stay_null(values, by):
    step = Urls(with_=by)
    once = step(pa.table({"text": pa.array(values, pa.large_string())}))
    assert step(once).equals(once)
    assert [value is None for value in once["text"].to_pylist()] == [value is None for value in values]


def test_fields_and_paths_into_json():
    table = Urls(fields=("title", "messages[].content"), with_="URL")({"title": ["http://a.b"], "messages": ['[{"content":"www.c.d!"}]']})
    assert table == {"title": ["URL"], "messages": ['[{"content":"URL!"}]']}
