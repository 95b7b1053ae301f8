"""filter.perplexity: rows that read like a reference."""

import gzip
import random
import re

import pytest
from pydantic import ValidationError

from tests.text.twins import DATA
from tilth.errors import AskedWrong, NothingLeft
from tilth.frames import given, to_batch
from tilth.judging import judge
from tilth.steps.filter.perplexity import Perplexity

PROSE = [f"The old man went to the sea in the year {year}, and the sea was calm, and he was glad." for year in range(200)]
PROSE = [f"{text} {' '.join(sorted(text.split()[: number % 9]))}" for number, text in enumerate(PROSE)]


def known(folder, reference=PROSE, **settings):
    step = Perplexity.model_validate({"reference": "good", **settings})
    work, studied = given(folder, {"good": {"text": reference}}, {})
    return step.study(work), step.knowing(studied)


def test_a_text_like_the_reference_stays_and_others_fall_with_what_was_measured(tmp_path):
    _, step = known(tmp_path / "given", perplexity={"at_most": 100})
    batch = to_batch({"text": ["The old man went to the sea in the year 1905.", "sea the calm qx in man glad zzgk", None, "!"]})
    checks = step.checks()
    told = judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))
    assert told.kept.tolist()[:3] == [True, False, True] and told.rules[told.failed[1]] == "perplexity" and told.value[1] > 100 == told.limit[1]


def test_one_row_in_twenty_is_held_out_and_its_perplexity_told(tmp_path):
    facts, _ = known(tmp_path / "given", perplexity={"at_most": 100})
    assert facts["rows"] + facts["held_out"]["rows"] == len(PROSE) and 1 <= facts["held_out"]["rows"] <= 30
    told = facts["held_out"]["perplexity"]
    assert 1 < told["median"] <= told["90 %"] <= told["99 %"] < 100


def test_of_a_large_reference_so_many_characters_are_learned_whatever_its_order(tmp_path):
    facts, one = known(tmp_path / "one", perplexity={"at_most": 100}, characters=4000)
    assert 2000 < facts["characters"] < 6000
    again, other = known(tmp_path / "other", PROSE[::-1], perplexity={"at_most": 100}, characters=4000)
    assert again == facts
    texts = {"text": ["the sea was calm", "a strange text"]}
    assert [step.checks()[0].measure.of(to_batch(texts)["text"])["perplexity"].to_pylist() for step in (one, other)][0] is not None
    assert one(texts) == other(texts)


def test_a_measure_may_be_a_column_alone_and_every_row_stays(tmp_path):
    _, step = known(tmp_path / "given", add=["bits_per_character"])
    out = step({"text": [PROSE[0], "qqq zzz", None]})
    assert out["text"][1] == "qqq zzz" and out["bits_per_character"][0] < 2 < out["bits_per_character"][1] and out["bits_per_character"][2] is None


def test_what_was_learned_enters_the_identity_and_not_the_name_of_the_column(tmp_path):
    bare = Perplexity(reference="good", perplexity={"at_most": 100})
    _, step = known(tmp_path / "given", perplexity={"at_most": 50})
    assert step.checks()[0].measure.column == bare.checks()[0].measure.column
    assert step.checks()[0].measure.identity() != bare.checks()[0].measure.identity()
    with pytest.raises(AskedWrong, match="Nothing has been learned"):
        bare({"text": ["a"]})


def test_a_reference_without_a_text_is_refused(tmp_path):
    with pytest.raises(NothingLeft, match="`good` has no text"):
        known(tmp_path / "given", [None, ""], perplexity={"at_most": 100})


@pytest.mark.parametrize("settings", [{}, {"perplexity": {"at_least": 9, "at_most": 1}}, {"perplexity": {"at_most": 9}, "order": 6}])
def test_what_cannot_be_is_refused(settings):
    with pytest.raises(ValidationError):
        Perplexity.model_validate({"reference": "good", **settings})


def test_prose_is_told_from_other_languages_and_from_its_own_words_in_another_order(tmp_path):
    files = sorted((DATA / "encyclopedia").glob("en_*.txt.gz"))[:3]
    if not files:
        pytest.skip("../shared/data is not here")
    *learned, held = [re.findall(r"<doc [^>]*>\n(.*?)\n</doc>", gzip.open(file, "rt").read(), re.DOTALL) for file in files]
    _, step = known(tmp_path / "given", [text for some in learned for text in some], add=["perplexity"])
    chance = random.Random(5)
    shuffled = [" ".join(chance.sample(text.split(), len(text.split()))) for text in held]
    foreign = [(DATA / f"languages/{code}.txt").read_text() for code in ("de", "fr", "es", "ru", "ja", "nl")]
    plain, mixed, others = (step({"text": texts})["perplexity"] for texts in (held, shuffled, foreign))
    assert sum(one < other for one, other in zip(plain, mixed, strict=True)) >= 0.97 * len(plain)
    assert min(others) > sorted(plain)[int(0.98 * len(plain))]
