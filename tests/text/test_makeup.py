"""What texts are made of, beside the same measures in plain Python."""

import unicodedata

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import TEXTS, share
from tilth.text import MEASURES
from tilth.text.makeup import makeup


def twin(text):
    """What `makeup` measures, as its docstring says it, in Python's own words."""
    category = [unicodedata.category(one) for one in text]
    cased = sum(one in ("Lu", "Lt", "Ll") for one in category)
    return {
        "alphanumeric_share": share(sum(map(str.isalnum, text)), len(text)),
        "special_share": share(sum(one[0] not in "LM" for one in category), len(text)),
        "digit_share": share(sum(map(str.isdecimal, text)), len(text)),
        "white_space_share": share(sum(map(str.isspace, text)), len(text)),
        "capital_share": share(sum(one in ("Lu", "Lt") for one in category), cased),
    }


def measured(*texts):
    measures = makeup(pa.array(texts, pa.large_string()))
    return [dict(zip(measures, row, strict=True)) for row in zip(*(column.to_pylist() for column in measures.values()), strict=True)]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=6))
@example(["SHOUT", "ǅ ª ½ ² ٣ Ⅷ", "e\u0301", "\u3000\u200b\x1f", "中文 12"])
def test_every_measure_is_that_of_plain_python(texts):
    assert measured(*texts) == [twin(text) for text in texts]


def test_the_measures_are_those_that_the_table_explains():
    assert set(makeup(pa.array([""]))) <= set(MEASURES)


def test_a_missing_text_and_an_empty_one_are_not_judged():
    for measures in measured(None, ""):
        assert set(measures.values()) == {None}


def test_a_script_without_capitals_is_not_judged_by_them():
    chinese, arabic, german = measured("这里没有大写", "لا توجد أحرف كبيرة", "ÄRGER über")
    assert chinese["capital_share"] is None and arabic["capital_share"] is None
    assert german["capital_share"] == 5 / 9


def test_a_text_of_line_ends_alone_has_no_letters_and_divides_by_nothing_without_harm():
    # NeMo Curator counts "\n" as alphanumeric, keeps such a text, and then raises ZeroDivisionError (heuristic/string.py).
    (measures,) = measured("\n\n\n")
    assert (measures["alphanumeric_share"], measures["special_share"], measures["capital_share"]) == (0, 1, None)
