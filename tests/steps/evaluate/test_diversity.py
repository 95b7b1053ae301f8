"""evaluate.diversity: what is said more often is less varied, in words and in meaning."""

import random

import pytest

from tilth.errors import NothingLeft
from tilth.fakes.encoder import tiny_encoder
from tilth.fakes.work import tiny_work
from tilth.steps.evaluate.diversity import Diversity
from tilth.work import Known

WORDS = [f"{one}{other}" for one in ("ba", "do", "ki", "lu", "ra", "sel") for other in ("ran", "tim", "von", "der", "gis", "mo", "ta")]


def texts(count, words, seed=0, length=20):
    draw = random.Random(seed)
    return [" ".join(draw.choices(words, k=length)) for _ in range(count)]


def judged(tmp_path, datasets, **settings):
    work = tiny_work(tmp_path / "work", datasets, {"tiny": tiny_encoder(tmp_path / "tiny")})
    return Diversity.model_validate({"data": tuple(datasets), **settings}).judge(work)


def values(judgement, metric):
    return {score.model: score.value for score in judgement.scores if score.metric == metric}


def test_texts_of_fewer_words_are_less_varied(tmp_path):
    found = judged(tmp_path, {"many": texts(300, WORDS), "few": texts(200, WORDS[:6])}, model="tiny", words=2000, clusters=8)
    for metric in ("distinct_1", "distinct_2", "distinct_3"):
        assert values(found, metric)["many"] > values(found, metric)["few"]
    assert values(found, "self_similarity")["many"] < values(found, "self_similarity")["few"]
    assert {score.metric for score in found.scores} == {"distinct_1", "distinct_2", "distinct_3", "self_similarity", "cluster_entropy"}
    assert all(score.low <= score.value <= score.high <= 1 for score in found.scores)


def test_as_many_words_are_taken_of_each_dataset(tmp_path):
    found = judged(tmp_path, {"large": texts(900, WORDS), "small": texts(40, WORDS)}, words=100_000)
    assert found.facts["large"]["sampled_words"] == found.facts["small"]["sampled_words"] == 800
    assert found.facts["large"]["rows"] == 900
    assert {score.metric for score in found.scores} == {"distinct_1", "distinct_2", "distinct_3"}


def test_a_dataset_said_twice_is_less_varied_than_once_where_all_of_it_is_seen(tmp_path):
    once = texts(60, WORDS, length=30)
    found = judged(tmp_path, {"once": [*once, *texts(60, WORDS, seed=9, length=30)], "twice": once + once}, words=3600)
    assert values(found, "distinct_3")["once"] > 1.5 * values(found, "distinct_3")["twice"]


def test_there_is_a_line_for_each_text(tmp_path):
    found = judged(tmp_path, {"docs": ["a b a", None, "", "?!", "c"]}, model="tiny")
    lines = sorted(found.items.to_pylist(), key=lambda one: one["words"])
    assert [(one["dataset"], one["words"], one["distinct_words"]) for one in lines] == [("docs", 1, 1), ("docs", 3, 2)]
    assert all(one["cluster"] is not None and len(one["id"]) == 16 for one in lines)
    assert found.facts["docs"] == {"rows": 5, "sampled_rows": 2, "sampled_words": 4}


def test_the_same_is_found_again(tmp_path):
    datasets = {"docs": texts(2500, WORDS, length=5)}
    one, other = (judged(tmp_path / str(at), datasets, model="tiny", words=700) for at in range(2))
    assert one.scores == other.scores
    assert one.items.equals(other.items)


@pytest.mark.parametrize("empty", [[], [None, " ", "…"]])
def test_where_there_are_no_words_there_is_nothing_to_score(tmp_path, empty):
    with pytest.raises(NothingLeft, match="has no words"):
        judged(tmp_path, {"docs": empty})


def test_what_it_takes_is_not_known_before():
    assert Diversity(data=("docs",)).estimate(Known({}, {}, {}, 1.0)) == {}
