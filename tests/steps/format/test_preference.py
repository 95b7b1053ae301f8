"""format.preference: prompts found, answers apart, and pairs that are none."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest

from tests.projects import Project, table
from tilth.errors import AskedWrong, RecipeError
from tilth.model.formats import Pair, detect, read
from tilth.steps.format.preference import Preference

SHARED = Path(__file__).parents[4] / "shared" / "data"
ASKED, SAID, OTHER = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "assistant", "content": "Go"}
APART = {"prompt": [ASKED], "chosen": [SAID], "rejected": [OTHER]}


def pairs(rows, **settings):
    """The pairs of rows, and why there are none."""
    made = Preference.model_validate(settings)(pa.Table.from_pylist(rows))
    columns = {name: [None if one is None else json.loads(one) for one in made[name].to_pylist()] for name in ("prompt", "chosen", "rejected")}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)], made["refused"].to_pylist()


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Hi", "chosen": "Hello", "rejected": "Go"},
        {"question": "Hi", "chosen": "Hello", "rejected": "Go"},
        {"chosen": [ASKED, SAID], "rejected": [ASKED, OTHER]},
        {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "\n\nHuman: Hi\n\nAssistant: Go"},
        APART,
    ],
)
def test_the_prompt_and_both_answers_are_messages(row):
    assert pairs([row]) == ([APART], [None])


def test_the_columns_may_be_said_and_a_system_message_stands_first():
    row = {"ask": "Hi", "good": "Hello", "bad": "Go", "rule": "Be kind"}
    told, why = pairs([row], prompt="ask", chosen="good", rejected="bad", system="rule")
    assert why == [None] and told == [{**APART, "prompt": [{"role": "system", "content": "Be kind"}, ASKED]}]
    assert set(Preference(prompt="ask", chosen="good").reads()) == {"ask", "good"}


def test_a_pair_of_equal_answers_is_null_and_says_why():
    rows = [{"prompt": "Hi", "chosen": "Hello", "rejected": "Hello"}, {"prompt": "Hi", "chosen": "Hello", "rejected": None}]
    told, why = pairs(rows)
    assert told == [{"prompt": None, "chosen": None, "rejected": None}] * 2
    assert why == ["`chosen` and `rejected` are the same", "`rejected` is null"]


def test_answers_without_any_prompt_say_so():
    assert pairs([{"chosen": "Hello", "rejected": "Go"}])[1] == ["there is no prompt: both answers begin without one"]


def test_rows_without_two_answers_are_refused_before_the_run():
    with pytest.raises(AskedWrong, match="needs `chosen`, `rejected`"):
        Preference().makes(["prompt", "completion"])


RECIPE = """
name: better
data:
  pairs:
    - source.files: {path: raw}
    - format.preference
    - filter.where: refused is null
"""


def test_in_a_recipe_the_originals_are_kept_and_the_pairs_are_read(tmp_path):
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    spoken = "\n\nHuman: Hi\n\nAssistant: "
    project.write("a.jsonl", [{"chosen": spoken + "Hello", "rejected": spoken + "Go"}, {"chosen": spoken + "Go", "rejected": spoken + "Go"}])
    rows = table(project.run(), "pairs").to_pylist()
    assert [one["original_chosen"] for one in rows] == [spoken + "Hello"]
    told = detect(list(rows[0]), rows)
    assert told.format == "preference" and read(told, rows[0]) == Pair((ASKED,), (SAID,), (OTHER,))


def test_rows_are_not_laid_out_twice(tmp_path):
    project = Project(tmp_path)
    project.write_recipe(RECIPE.replace("- filter.where: refused is null", "- format.preference"))
    project.write("a.jsonl", [{"prompt": "Hi", "chosen": "Hello", "rejected": "Go"}])
    with pytest.raises((AskedWrong, RecipeError), match="which is there already"):
        project.run()


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize(("name", "refused"), [("hh_harmless_1000", 3), ("dpo_en_demo", 0)])
def test_real_pairs_have_a_prompt_that_ends_with_a_question(name, refused):
    with gzip.open(SHARED / "preferences" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        told, why = pairs([json.loads(line) for line in lines])
    assert sum(one is not None for one in why) == refused
    for pair in (one for one, reason in zip(told, why, strict=True) if reason is None):
        assert pair["prompt"][-1]["role"] == "user" and pair["chosen"][0]["role"] == "assistant" and pair["chosen"] != pair["rejected"]
