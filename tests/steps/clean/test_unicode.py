"""clean.unicode: normal form, invisible characters, wrong decoding, quotes and dashes."""

import time

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.steps.clean.unicode import Unicode

SUSPICIOUS = st.sampled_from("ÃÂâÐÅáðï€™œ©¼¤\x80\x99\xa0\xad\u200b\u200d\ufeff\r\n\u0301Ae\u0327\u212b…“—\U0001f3f4\U000e0067\U000e007f")
TEXTS = st.text() | st.text(alphabet=SUSPICIOUS)


def clean(text, **settings):
    return Unicode(**settings)({"text": [text]})["text"][0]


@pytest.mark.parametrize(
    ("settings", "text", "cleaned"),
    [
        ({}, "cafe\u0301", "café"),
        ({"form": "none"}, "cafe\u0301", "cafe\u0301"),
        ({}, "ﬁ x² ＡＢＣ", "ﬁ x² ＡＢＣ"),
        ({"form": "NFKC"}, "ﬁ x² ＡＢＣ", "fi x2 ABC"),
        ({}, "“it’s” – —", "“it’s” – —"),
        ({"quotes": "straight"}, "“it’s” «so»", '"it\'s" «so»'),
        ({"dashes": "hyphen"}, "1–2 — −3 co‑op", "1-2 - -3 co-op"),
        ({}, "donâ€™t", "don’t"),
        ({"mojibake": "keep"}, "donâ€™t", "donâ€™t"),
        ({"quotes": "straight"}, "donâ€™t", "don't"),
    ],
)
def test_settings(settings, text, cleaned):
    assert clean(text, **settings) == cleaned


def test_line_ends_become_newlines_and_tabs_stay():
    assert clean("a\r\nb\rc\x0bd\x0ce\u2028f\u2029g\th") == "a\nb\nc\nd\ne\nf\ng\th"
    assert clean("a\x85b", mojibake="keep") == "a\nb"


def test_invisible_characters_go():
    assert clean("\ufeffa\x00b\x1b\x7fc\u200bd\u00ade\u200e\u202af\u2060g\ufeffh\ufff9i") == "abcdefghi"


def test_joiners_selectors_and_the_replacement_character_stay():
    text = "می\u200cخواهم क्\u200dष 👩\u200d👩\u200d👧 ❤\ufe0f \ufffd"
    assert clean(text) == text


def test_tag_characters_stay_in_flags_alone():
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore this")
    assert clean(f"{scotland} yes{hidden}") == f"{scotland} yes"


def test_wrong_decoding_is_undone_however_often_it_was_done():
    wrong = "déjà vu – naïve"
    for _ in range(3):
        wrong = wrong.encode().decode("latin-1")
    assert clean(wrong) == "déjà vu – naïve"


@given(
    st.lists(TEXTS | st.none(), max_size=8), st.sampled_from([{}, {"form": "NFKC", "quotes": "straight", "dashes": "hyphen"}, {"mojibake": "keep"}])
)
@example(["Ã\x00©"], {})
@example(["Ã" + "\u00ad" + "©"], {"form": "NFKC"})
def test_twice_is_once_and_nulls_stay_null(values, settings):
    step = Unicode(**settings)
    once = step(pa.table({"text": pa.array(values, pa.large_string())}))
    assert step(once).equals(once)
    assert [value is None for value in once["text"].to_pylist()] == [value is None for value in values]


@given(st.lists(TEXTS, min_size=2, max_size=8), st.integers(1, 7))
def test_the_cut_into_batches_does_not_matter(values, rows):
    table = pa.table({"text": pa.array(values, pa.large_string())})
    pieces = [Unicode()(table.slice(start, rows)) for start in range(0, len(values), rows)]
    assert pa.concat_tables(pieces)["text"].to_pylist() == Unicode()(table)["text"].to_pylist()


def test_text_that_nests_wrong_decoding_without_end_takes_no_more_time():
    start = time.process_time()
    clean("â€" * 50_000 + "\u200b" + "‹" * 50_000)
    assert time.process_time() - start < 5


def test_several_fields_and_paths_into_json():
    table = {"title": ["cafÃ©"], "text": ["e\u0301"], "messages": ['[{"role":"user","content":"a\\u0000b"},{"role":"assistant","content":"â€¦"}]']}
    cleaned = Unicode(fields=("title", "text", "messages[].content"))(table)
    assert cleaned["title"] == ["café"] and cleaned["text"] == ["é"]
    assert cleaned["messages"] == ['[{"role":"user","content":"ab"},{"role":"assistant","content":"…"}]']


def test_works_on_polars_and_reads_what_it_names():
    assert Unicode()(pl.DataFrame({"text": ["e\u0301", None], "n": [1, 2]})).to_dict(as_series=False) == {"text": ["é", None], "n": [1, 2]}
    assert Unicode(fields=("title", "messages[].content")).reads() == ("title", "messages")


def test_settings_are_checked_and_named():
    with pytest.raises(ValidationError):
        Unicode(form="NFD")
    with pytest.raises(ValidationError):
        Unicode(fields=())
    assert Unicode().identity() == {
        "step": "clean.unicode",
        "revision": 1,
        "fields": ["text"],
        "form": "NFC",
        "mojibake": "repair",
        "quotes": "keep",
        "dashes": "keep",
    }
