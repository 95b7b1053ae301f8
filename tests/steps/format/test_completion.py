"""format.completion: prompts and completions by templates, in a recipe too."""

import gzip
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.projects import Project, line, table
from tilth.errors import RecipeError
from tilth.model.formats import Conversation, detect, read
from tilth.steps.format.completion import Completion

SHARED = Path(__file__).parents[4] / "shared" / "data"
PRICE = {"prompt": "{{ text }}\n\nHow much does this cost to the nearest dollar?\n\n", "completion": "Price is ${{ price | round | int }}.00"}


def test_both_texts_are_made_and_the_columns_stay():
    made = Completion(**PRICE)({"text": ["A lamp", "A shoe"], "price": [16.6, None]})
    assert made == {
        "text": ["A lamp", "A shoe"],
        "price": [16.6, None],
        "prompt": [f"{one}\n\nHow much does this cost to the nearest dollar?\n\n" for one in ("A lamp", "A shoe")],
        "completion": ["Price is $17.00", None],
        "refused": [None, "`price` is null"],
    }


def test_what_is_made_is_detected_and_read():
    made = Completion(**PRICE)({"text": ["A lamp"], "price": [16.6]})
    row = {name: values[0] for name, values in made.items()}
    told = detect(list(row), [row])
    assert told.format == "completion" and told.why.endswith("not read: `text`, `price`")
    assert read(told, row) == Conversation(
        ({"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": "Price is $17.00"}), (1,), plain=True
    )


def test_a_column_of_the_same_name_is_read_and_kept():
    made = Completion(prompt="Q: {{ prompt }}", completion="{{ answer }}")({"prompt": ["a"], "answer": ["b"]})
    assert made["prompt"] == ["Q: a"] and made["original_prompt"] == ["a"]


def test_what_it_reads_is_what_the_templates_name():
    assert set(Completion(**PRICE).reads()) == {"text", "price"}
    assert Completion(prompt="{{ a }}", completion="{{ b }}").makes(["a", "b"]) == dict.fromkeys(("prompt", "completion", "refused"), "string")


@pytest.mark.parametrize("settings", [{"prompt": "{{ a }}"}, {"prompt": "x", "completion": "{{ a }}"}, {**PRICE, "of": 1}])
def test_a_prompt_that_says_nothing_of_the_row_is_refused(settings):
    with pytest.raises(ValidationError):
        Completion.model_validate(settings)


RECIPE = """
name: prices
data:
  items:
    - source.files: {path: raw}
    - format.completion: {prompt: "{{ title }}: ", completion: "${{ price | round | int }}"}
    - filter.where: refused is null
"""


def test_in_a_recipe_refused_rows_are_dropped_and_told(tmp_path):
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    project.write("a.jsonl", [{"title": "Lamp", "price": 16.6}, {"title": "Shoe", "price": None}])
    run = project.run()
    rows = table(run, "items")
    assert rows["prompt"].to_pylist() == ["Lamp: "] and rows["completion"].to_pylist() == ["$17"]
    assert line(run, "items.filter.where")["dropped"] == 1


def test_a_column_that_is_not_there_is_found_before_the_run(tmp_path):
    project = Project(tmp_path)
    project.write_recipe(RECIPE.replace("{{ title }}", "{{ name }}"))
    project.write("a.jsonl", [{"title": "Lamp", "price": 16.6}])
    with pytest.raises(RecipeError, match="name"):
        project.run()


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_every_priced_product_is_laid_out():
    with gzip.open(SHARED / "products" / "priced_text_3837.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    made = Completion(**PRICE)({name: [row[name] for row in rows] for name in ("text", "price")})
    assert set(made["refused"]) == {None} and len(made["prompt"]) == 3837
    for row, completion in zip(rows, made["completion"], strict=True):
        assert abs(float(completion.removeprefix("Price is $")) - row["price"]) <= 0.5
