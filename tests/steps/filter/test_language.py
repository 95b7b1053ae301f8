"""filter.language: rows in the languages that are asked for, each with its language as a column."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import ValidationError

from tests.projects import Project
from tests.text.test_fasttext import needs
from tests.tiny_fasttext import write_model
from tests.tongues import EVERY, SENTENCES
from tilth.errors import AskedWrong, RecipeError
from tilth.frames import to_batch
from tilth.judging import judge
from tilth.steps.filter.language import Language

ENGLISH, GERMAN, FRENCH = (SENTENCES[code][0] for code in ("en", "de", "fr"))


def kept(texts, **settings):
    return Language.model_validate(settings)({"text": texts})


def verdict(step, **columns):
    batch = to_batch(columns)
    checks = step.checks()
    return judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))


def test_rows_in_a_language_that_is_asked_for_stay_and_say_which_it_is():
    out = kept([sentence for _, sentence in EVERY], keep=["de", "ja"])
    assert list(zip(out["language"], out["text"], strict=True)) == [pair for pair in EVERY if pair[0] in ("de", "ja")]
    assert all(0.5 < sure <= 1 for sure in out["language_confidence"])


def test_all_keeps_every_row_and_tells_its_language():
    out = kept([sentence for _, sentence in EVERY], keep="all")
    assert out["language"] == [code for code, _ in EVERY]


def test_what_cannot_be_judged_stays():
    out = kept([None, "", "42", GERMAN], keep=["en"])
    assert out == {"text": [None, "", "42"], "language": [None] * 3, "language_confidence": [None] * 3}


def test_the_verdict_tells_the_language_that_was_found_and_the_confidence_that_was_missed():
    step = Language(keep=("en", "fr"), confidence={"at_least": 0.9})
    told = verdict(step, text=[ENGLISH, GERMAN, ENGLISH[:14], None])
    assert [told.rules[rule] if rule >= 0 else None for rule in told.failed] == [None, "language", "language_confidence", None]
    assert told.found == (None, "de", None, None)
    assert told.value[2] < 0.9 == told.limit[2]


def test_by_line_a_text_of_two_languages_is_told_from_one_of_one():
    both, one = f"{ENGLISH}\n{GERMAN}\n{GERMAN}", f"{GERMAN}\n{GERMAN}"
    out = kept([both, one], keep="all", by="line")
    assert out["language"] == ["de", "de"] and 0.6 < out["language_confidence"][0] < 0.7 and out["language_confidence"][1] == 1
    assert kept([both, one], keep="de", by="line", confidence={"at_least": 0.8})["text"] == [one]


def test_every_field_must_be_in_one_of_the_languages_and_the_columns_tell_of_the_first():
    step = Language(keep="en", fields=("title", "text"))
    out = step({"title": [ENGLISH, ENGLISH, FRENCH], "text": [ENGLISH, GERMAN, ENGLISH]})
    assert (out["title"], out["language"]) == ([ENGLISH], ["en"])
    told = verdict(step, title=[ENGLISH, FRENCH], text=[GERMAN, ENGLISH])
    assert [told.rules[rule] for rule in told.failed] == ["language", "language(title)"]


@pytest.mark.parametrize("frame", [pa.table, pd.DataFrame, pl.DataFrame])
def test_any_frame_comes_in_and_the_same_kind_goes_out(frame):
    out = Language(keep="de")(frame({"text": [ENGLISH, GERMAN], "n": [1, 2]}))
    assert type(out) is type(frame({})) and list(out["n"]) in ([2], [pa.scalar(2)])


def test_a_column_that_is_there_is_not_written_over():
    with pytest.raises(AskedWrong, match="adds the column `language`, which the rows already have") as error:
        Language(keep="en")({"text": [ENGLISH], "language": ["English"]})
    assert "filter.where: language" in error.value.remedy


def test_keep_and_confidence_only_decide():
    one, other = Language(keep="en"), Language(keep=("de", "fr"), confidence={"at_least": 0.5})
    assert one.identity() == other.identity() and one.adds() == other.adds()
    assert one.deciding() != other.deciding()
    assert Language(keep="en", by="line").identity() != one.identity()
    assert [measure.identity() for measure in Language(keep="en", by="line").adds()] != [measure.identity() for measure in one.adds()]
    assert "pycld2 0." in one.adds()[0].key and "py3langid 0." in one.adds()[0].key


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ("english", "Did you mean `en`"),
        (["en", "nb"], "Did you mean `no`"),
        ("zh-Hant", "Did you mean `zh`"),
        ("deu", "Did you mean `de`"),
        ("jp", "Did you mean `ja`"),
        ("qq", "no code by which a language is told"),
        (["en", "all"], "write `keep: all`"),
        ("gsw", "cannot be told without a `model`"),
        ([], "at least 1"),
        ("", "at least 1"),
    ],
)
def test_a_language_that_is_none_is_refused_with_the_nearest_that_is_one(keep, said):
    with pytest.raises(ValidationError, match=said):
        Language.model_validate({"keep": keep})


@pytest.mark.parametrize("said", ["filter.language: en", "filter.language: [en]", "filter.language: {keep: [en]}", "filter.language: {keep: en}"])
def test_the_one_obvious_setting_may_be_bare(project: Project, said: str) -> None:
    assert recipe_step(project, said).keep == ("en",)


def test_norwegian_is_no_truth_value_and_all_is_all(project: Project) -> None:
    assert recipe_step(project, "filter.language: no").keep == ("no",)
    assert recipe_step(project, "filter.language: [no, en]").keep == ("no", "en")
    assert recipe_step(project, "filter.language: all").keep == "all"


def test_a_recipe_with_no_such_language_is_refused_at_its_line(project: Project) -> None:
    with pytest.raises(RecipeError, match=r"recipe.yaml:5  docs.filter.language.keep\n .*Did you mean `en`"):
        recipe_step(project, "filter.language: [eng]")


def recipe_step(project: Project, said: str) -> Language:
    project.write_recipe(f"name: small\ndata:\n  docs:\n    - source.files: {{path: raw}}\n    - {said}\n")
    (placed,) = project.recipe().data[0].steps
    assert isinstance(placed.step, Language)
    return placed.step


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


@needs
def test_a_model_in_a_file_judges_in_place_of_the_two_and_is_known_by_its_bytes(tmp_path):
    model = write_model(tmp_path / "tiny.bin")
    out = kept(["the and", "der und", "ikkje og"], keep=["en", "no"], model=model)
    assert (out["text"], out["language"]) == (["the and", "ikkje og"], ["en", "no"])
    one, moved = Language(keep="gsw", model=model), Language(keep="gsw", model=write_model(tmp_path / "elsewhere.bin"))
    assert one.identity() == moved.identity() and [m.identity() for m in one.adds()] == [m.identity() for m in moved.adds()]
    other = Language(keep="gsw", model=write_model(tmp_path / "other.bin", {"the": "eng", "og": "dan"}))
    assert one.adds()[0].identity() != other.adds()[0].identity()
