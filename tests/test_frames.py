"""Tables of other libraries come in as batches and go out as what they were."""

import json
import shutil

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tilth.errors import AskedWrong, NotThere
from tilth.fakes.model import tiny_model
from tilth.fakes.sentences import SENTENCES
from tilth.frames import like, to_batch, to_table
from tilth.steps.balance.classes import Classes
from tilth.steps.compare.paired import Paired
from tilth.steps.evaluate.perplexity import Perplexity as Surprise
from tilth.steps.filter.perplexity import Perplexity
from tilth.steps.train.sft import Sft
from tilth.steps.train.tokenizer import Tokenizer

ROWS = {"text": ["a", None], "n": [1, 2]}


@pytest.mark.parametrize("make", [pa.table, pl.DataFrame, pd.DataFrame, dict])
def test_any_frame_comes_in_and_goes_out_as_it_was(make):
    frame = make(ROWS)
    batch = to_batch(frame)
    assert batch.table.column_names == ["id", "text", "n"]
    back = like(frame, batch)
    assert type(back) is type(frame)
    assert to_table(back).to_pydict() == ROWS


def test_an_id_of_the_users_own_is_kept_under_another_name_and_given_back():
    frame = pa.table({"id": ["x", "y"], "text": ["a", "b"]})
    batch = to_batch(frame)
    assert batch["original_id"].to_pylist() == ["x", "y"]
    assert batch.table.schema.field("id").type == pa.binary(16)
    assert like(frame, batch).to_pydict() == frame.to_pydict()


def test_ids_of_those_that_a_row_was_made_from_go_out_to_pandas_too():
    table = Classes(by="kind", how="oversample", to=3)(pd.DataFrame({"text": ["a", "b"], "kind": ["x", "y"]}))
    assert isinstance(table, pd.DataFrame) and len(table) == 6 and sum(one is not None for one in table["parents"]) == 4


def test_a_folder_that_is_not_empty_and_a_name_that_was_not_given_are_told_with_what_to_do(tmp_path):
    good = {"text": ["a text of some words", "and another one"] * 20}
    step = Perplexity(reference="good", add=["perplexity"])
    assert step.given(tmp_path / "new", data={"good": good})({"text": ["some words"]})["perplexity"][0] > 0
    with pytest.raises(AskedWrong, match="Something is there already.*new or empty"):
        step.given(tmp_path / "new", data={"good": good})
    with pytest.raises(NotThere, match="The dataset `good` was not given.*Given: `goood`"):
        step.given(tmp_path / "other", data={"goood": good})


# Steps that make or judge models


ANSWERS = {"question": [f"q{number}?" for number in range(12)], "answer": ["yes", "no"] * 6}


def test_a_fit_makes_a_folder_of_a_table_and_a_judge_scores_of_one(tmp_path):
    base = tiny_model(tmp_path / "base")
    step = Sft(data="rows", validation="held", model=str(base), steps=1, batch=4, precision="fp32", template="plain")
    tuned = step(pd.DataFrame(ANSWERS), tmp_path / "tuned", data={"held": ANSWERS})
    assert tuned == tmp_path / "tuned" and (tuned / "model.safetensors").is_file()
    facts = json.loads((tuned / "facts.json").read_text())
    assert facts["rows"] == 12 and len(facts["validation"]) == 1
    found = Surprise(models=(str(base), str(tuned)), data="rows", on="answers")(ANSWERS)
    assert {one.model for one in found.scores} == {str(base), str(tuned)} and found.items.num_rows == 24


def test_without_a_name_the_folder_is_a_new_one():
    words = Tokenizer(data="docs", vocab_size=300)({"text": SENTENCES})
    try:
        assert (words / "tokenizer.json").is_file() and json.loads((words / "facts.json").read_text())["vocab_size"] <= 300
    finally:
        shutil.rmtree(words)


def test_what_a_fit_or_a_judge_was_not_given_is_told_by_its_name(tmp_path):
    base = str(tiny_model(tmp_path / "base"))
    with pytest.raises(NotThere, match=r"The dataset `held` was not given.*data=\{"):
        Sft(data="rows", validation="held", model=base)(ANSWERS, tmp_path / "tuned")
    with pytest.raises(NotThere, match="There is no folder `a/hub-name`.*by their folders.*tilth.run"):
        Sft(data="rows", model="a/hub-name")(ANSWERS, tmp_path / "other")
    with pytest.raises(NotThere, match="The score `held` was not given.*Scores are compared by `tilth.run`"):
        Paired(score="held")(ANSWERS)
    with pytest.raises(AskedWrong, match="Something is there already.*for what the step makes"):
        Tokenizer(data="docs", vocab_size=300)({"text": SENTENCES}, base)
