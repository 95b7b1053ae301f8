"""filter.classifier: rows by the score of a model's label."""

import pyarrow as pa
import pytest
from pydantic import ValidationError

from tests.text.test_fasttext import needs
from tests.tiny_fasttext import write_model
from tilth.errors import AskedWrong
from tilth.frames import to_batch
from tilth.judging import judge
from tilth.steps.filter.classifier import Classifier

WORDS = {"calm": "good", "useful": "good", "buy": "bad", "pills": "bad"}


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model").mkdir()
    write_model(tmp_path / "model" / "quality.bin", WORDS)
    return tmp_path / "model"


def step(model, folder, **settings):
    return Classifier.model_validate({"model": "quality", "label": "good", **settings}).given(folder, models={"quality": model})


def verdict(filter_, **columns):
    batch = to_batch(columns)
    checks = filter_.checks()
    return judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))


@needs
def test_rows_with_the_score_that_is_asked_for_stay(model, tmp_path):
    filter_ = step(model, tmp_path / "given", score={"at_least": 0.5})
    texts = ["calm\nand useful", "buy pills", None, " ", "calm buy"]
    assert filter_({"text": texts})["text"][0] == texts[0]
    told = verdict(filter_, text=texts[:4])
    assert told.kept.tolist() == [True, False, True, True]
    assert told.rules == ("score",) and told.value[1] < 0.01 and told.limit[1] == 0.5


@needs
def test_a_score_may_be_a_column_alone_and_every_row_stays(model, tmp_path):
    # datatrove's fastText filter raises TypeError where it is to annotate only (pipeline/filters/fasttext_filter.py).
    out = step(model, tmp_path / "given", column="quality")({"text": ["useful", "pills", ""]})
    assert out == {"text": ["useful", "pills", ""], "quality": [1.0, 0.0001, None]}


@needs
def test_whether_a_row_stays_is_no_matter_of_chance(model, tmp_path):
    # NeMo Curator keeps a row by a draw of numpy's global generator (fasttext/fasttext_filters.py).
    filter_ = step(model, tmp_path / "given", score={"at_least": 0.4})
    texts = ["calm buy", "buy", "calm", "useful pills"] * 25
    verdicts = {tuple(verdict(filter_, text=texts).kept.tolist()) for _ in range(3)}
    assert verdicts == {(True, False, True, True) * 25}


@needs
def test_scores_are_numbers_and_not_words(model, tmp_path):
    # NeMo Curator passes the score as a string through `eval`.
    filter_ = step(model, tmp_path / "given", score={"at_least": 0.5})
    (check,) = filter_.checks()
    assert to_batch({"text": ["calm"]}).take(check.measure).type == pa.float64()


@needs
def test_a_label_that_the_model_has_not_is_refused_before_any_row(model, tmp_path):
    with pytest.raises(AskedWrong, match="no label `goood`") as error:
        step(model, tmp_path / "given", label="goood", score={"at_least": 0.5})
    assert "bad, good" in str(error.value.accepted)


@needs
def test_every_field_must_pass_and_the_column_tells_of_the_first(model, tmp_path):
    filter_ = step(model, tmp_path / "given", score={"at_least": 0.5}, column="q", fields=["title", "text"])
    out = filter_({"title": ["calm", "calm", "buy"], "text": ["useful", "pills", "calm"]})
    assert out == {"title": ["calm"], "text": ["useful"], "q": [1.0]}
    assert verdict(filter_, title=["calm"], text=["pills"]).rules == ("q(title)", "q")


def test_the_measure_depends_on_the_model_and_its_column_has_the_same_name_before(model, tmp_path):
    bare = Classifier(model="quality", label="good", score={"at_least": 0.5})
    assert bare.checks()[0].measure.studied == ""
    with pytest.raises(AskedWrong, match="No model has been given yet"):
        bare({"text": ["calm"]})
    other = Classifier(model="quality", label="good", score={"at_least": 0.9})
    assert bare.identity() == other.identity() and bare.deciding() != other.deciding()


@needs
def test_a_model_that_was_given_enters_the_identity(model, tmp_path):
    bare, known = Classifier(model="quality", label="good", column="q"), step(model, tmp_path / "given", column="q")
    (before,), (after,) = bare.checks(), known.checks()
    assert before.measure.column == after.measure.column and before.measure.identity() != after.measure.identity()
    assert known.identity() != bare.identity()


@pytest.mark.parametrize("settings", [{}, {"score": {"at_least": 0.9, "at_most": 0.1}}])
def test_a_filter_that_would_do_nothing_or_leave_nothing_is_refused(settings):
    with pytest.raises(ValidationError, match="every row would"):
        Classifier.model_validate({"model": "quality", **settings})


def test_a_classifier_of_transformers_judges_as_it_was_taught(tmp_path):
    pytest.importorskip("torch", reason="needs the extra `train`")
    from tests.model.test_text_classifier import BAD, GOOD, write_classifier  # noqa: PLC0415

    (tmp_path / "bert").mkdir()
    bert = write_classifier(tmp_path / "bert")
    out = step(bert, tmp_path / "given", score={"at_least": 0.5}, column="quality")({"text": [GOOD, BAD, None]})
    assert out["text"] == [GOOD, None] and out["quality"][0] == round(out["quality"][0], 4) > 0.8
