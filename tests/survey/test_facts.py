"""The facts of a survey as plain values."""

import json

from tilth.survey.facts import Distribution, Reach, Share, Survey, plain


def test_a_survey_is_one_json_object() -> None:
    told = Survey(name="it", reach=Reach(rows=3, how="the first rows"), columns=[], notes=["One."])
    assert json.loads(json.dumps(plain(told)))["reach"] == {
        "rows": 3,
        "rows_in_all": None,
        "estimated": False,
        "bytes": None,
        "bytes_in_all": None,
        "how": "the first rows",
    }
    assert not told.reach.whole and Reach(rows=3).whole


def test_keys_of_quantiles_are_words() -> None:
    told = Distribution(n=1, least=1, greatest=1, mean=1, total=1, quantiles={50: 1.0}, edges=[1, 2], counts=[1])
    assert plain(told)["quantiles"] == {"50": 1.0}


def test_a_share_of_nothing_is_nothing() -> None:
    assert Share(0, 0).value == 0 and Share(1, 4).value == 0.25
