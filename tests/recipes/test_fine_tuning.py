"""The recipes that fine-tune, on their samples: which rows are learned, which of their tokens, and whether it is better than the base.

All of them run in one folder, so the base that they share is trained once.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.recipes.shipped import SAMPLES, Done, check_end, rows, run_of
from tilth.cli.seeing import as_words
from tilth.execute.seeing import see

END = "<|endoftext|>"
TUNED = {"company-answers": ("full", "lora"), "instructions": ("tuned",), "preferences": ("answering", "preferring"), "product-price": ("tuned",)}
"""The models of each recipe that were tuned from `base`."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def runs(folder: Path) -> dict[str, Done]:
    return {name: run_of(name, folder) for name in TUNED}


@pytest.mark.parametrize("name", TUNED)
def test_it_plans_and_runs_to_its_end(runs: dict[str, Done], name: str, tmp_path: Path) -> None:
    check_end(runs[name], tmp_path)


def sample(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("name", "model"), [(name, model) for name, models in TUNED.items() for model in models])
def test_every_tuned_model_is_clearly_better_than_its_base_on_held_out_answers(runs: dict[str, Done], name: str, model: str) -> None:
    found = runs[name].scored("verdict", "nats_per_token_difference")[f"{model} − base"]
    assert found["high"] < 0 and found["n"] >= 14
    assert found["verdict"] == f"{model} is clearly better"


def test_the_base_is_trained_once_for_all_of_them(runs: dict[str, Done]) -> None:
    assert len({done.facts["models"]["base"]["key"] for done in runs.values()}) == 1
    assert [done.facts["models"]["base"]["from_store"] for done in runs.values()] == [False, True, True, True]


def test_of_a_company_blank_rows_and_second_ones_fall_and_the_template_of_the_file_is_taken_off(runs: dict[str, Done]) -> None:
    done, given = runs["company-answers"], sample("company")
    blank = [row for row in given if "\n\n\n" in row["question"] or not row["answer"].strip()]
    second = len(given) - len({(row["question"], row["answer"]) for row in given if row not in blank}) - len(blank)
    assert len(blank) >= 3 and second >= 3
    dropped = done.dropped("answers")
    assert (dropped["filter.where"], dropped["dedup.exact"]) == (len(blank), second)
    assert not [row for row in rows(done, "answers") if "###" in row["question"] or not row["question"].endswith("?")]


def test_of_a_companys_answers_each_is_learned_whole_with_its_end_and_nothing_else(runs: dict[str, Done]) -> None:
    done = runs["company-answers"]
    for model in TUNED["company-answers"]:
        taught = Counter(f"{row['answer']}{END}" for row in rows(done, "answers", "train"))
        assert Counter(one.trained_text for one in done.seen(model)) == taught
    assert [one["done"]["dropped"] for one in done.facts["truncations"]] == [0, 0], "nothing was cut, and nothing is too long"
    assert all(one.text.startswith(f"{END}### Question:\n") and "\n\n### Answer:\n" in one.text for one in done.seen("full"))


def test_a_tuned_model_is_looked_at_in_words(runs: dict[str, Done]) -> None:
    done = runs["company-answers"]
    said = as_words(see(done.run, "full", range(1, 3)))
    assert "rows of answers.train as it learned them" in said
    assert re.search(r"###·Answer:⏎⟧\s+\S[^⟦]*■<\|endoftext\|>", said), "the prompt is bracketed, the answer and its end are not"


def test_instructions_are_balanced_for_training_alone_and_packed(runs: dict[str, Done]) -> None:
    done = runs["instructions"]
    kinds = {part: Counter(row["category"] for row in rows(done, *part)) for part in (("tasks", "train"), ("tasks", "test"), ("taught", "*"))}
    assert kinds["tasks", "train"]["classification"] > 25
    assert kinds["taught", "*"] == Counter({kind: min(25, count) for kind, count in kinds["tasks", "train"].items()})
    assert kinds["tasks", "test"].most_common(1)[0][0] == "classification", "the test is as it came"
    facts = done.learned("tuned")
    lines = facts["steps"] * 2 / facts["epochs"]
    assert lines < facts["rows"] / 2, "several rows stand in a line"
    with_input = sum(one.text.count("### Input:") for one in done.seen("tuned"))
    assert with_input == sum(bool(row["input"]) for row in rows(done, "taught")) > 0


def test_of_preferences_those_that_do_not_differ_fall_and_held_out_pairs_are_told_apart(runs: dict[str, Done]) -> None:
    done, given = runs["preferences"], sample("preferences")
    assert done.dropped("pairs")["filter.where"] == sum(row["chosen"] == row["rejected"] for row in given) > 0
    asked = {part: {json.dumps(row["prompt"]) for row in rows(done, "pairs", part)} for part in ("train", "test")}
    assert not asked["train"] & asked["test"], "no question is on both sides"
    last = done.learned("preferring")["validation"][-1]
    assert last["accuracy"] > 0.9 and last["margin"] > 0
    gaps = {
        model: done.scored("rejected", "nats_per_token")[model]["value"] - done.scored("chosen", "nats_per_token")[model]["value"]
        for model in ("answering", "preferring")
    }
    assert gaps["preferring"] > gaps["answering"] > 0, "preferences move worse answers further away"


def test_of_a_price_the_number_and_the_end_are_learned_and_the_model_writes_one(runs: dict[str, Done]) -> None:
    done = runs["product-price"]
    seen = done.seen("tuned")
    assert Counter(one.trained_text for one in seen) == Counter(f"{row['completion']}{END}" for row in rows(done, "balanced", "train"))
    assert all(one.text.removesuffix(one.trained_text).endswith("\n\nPrice is $") for one in seen)
    assert done.learned("tuned")["template"] == "plain"
    assert done.scored("price", "with_number")["tuned"]["value"] == 1
    assert done.scored("price", "mae")["tuned"]["n"] == len(rows(done, "balanced", "test"))
