"""How a training is told: sentences for what is known, and nothing for what is not."""

import re
from typing import Any

import msgspec
import pytest

from tilth.report import page, tuned
from tilth.report.facts import Facts

LORA = {"type": "lora", "rank": 8, "alpha": None, "dropout": 0.05, "targets": "all-linear", "save": ["embed_tokens"], "bits": None}
FACTS: dict[str, Any] = {
    "parameters": 151_424,
    "trainable_parameters": 10_240,
    "adapter": LORA,
    "loaded": {"weights": "fp32", "weights_in_folder": "bf16", "quantized": None, "attention": "sdpa", "fresh": ["score"], "filling_token": 0},
    "layout": {"format": "question", "columns": {"question": "q", "answer": "a"}, "why": "by the columns: `q` is the question, `a` is the answer"},
    "template": "question",
    "template_source": "{{ '### Question:' }}",
    "proofs": {"rows": 105, "answers": 106, "tokens": 5465, "learned": 1641, "cut": 2, "normal": 0, "letters": 1, "appended": 0},
    "rows": 105,
    "validation_data": {"rows": 12, "tokens": 614, "learned_tokens": 197, "truncation": {"length": 8, "done": {"dropped": 1, "dropped_rows": [4]}}},
    "steps": 79,
    "epochs": 6.02,
    "micro_batch": 8,
    "pieces": 2,
    "best_step": 70,
    "resumed_from": 40,
    "damaged_checkpoints": [60],
    "tokens_per_second": 7554.9,
    "peak_memory_bytes": 811_000_000,
    "device": "cpu",
    "threads": 1,
    "precision": "bf16",
}


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def said(**changed: Any) -> dict[str, str]:
    return {about: plain(words) for about, words in tuned.sentences(tuned.tuned({**FACTS, **changed}))}


def test_what_an_encoder_does_not_see_is_told() -> None:
    proofs = {"rows": 3, "answers": 4, "tokens": 40, "learned": 10, "normal": 2, "letters": 0, "unknown": 1}
    assert said(proofs=proofs)["masks"] == (
        "Proved of all 3 conversations: 4 answers, each with its end; 10 of 40 tokens (25.0 %) are learned. "
        "2 learned in the tokenizer's normal form. "
        "1 with letters before an answer for which the tokenizer has no token, so that the model does not see them."
    )


def test_a_training_is_told_in_sentences() -> None:
    assert said() == {
        "weights": "10 240 of 151 424 (6.8 %) were trained: lora of rank 8, scaled by 16 / 8, on all linear layers, 5.0 % of its inputs left out "
        "at random; and all of embed_tokens. They lie in fp32, and in their folder in bf16; matrices are multiplied in bf16. Drawn anew: score.",
        "rows": "105 rows laid out as question, by the columns: q is the question, a is the answer.",
        "template": "question",
        "masks": "Proved of all 105 conversations: 106 answers, each with its end; 1 641 of 5 465 tokens (30.0 %) are learned. "
        "2 cut between prompt and answer, where the tokenizer would have joined them. "
        "1 with the letters of a control token in a text, where they stay letters.",
        "validation": "12 rows that it did not learn from, 197 tokens of answers. 1 row left out: 4. The weights are those of step 70 of 79.",
        "steps": "79 steps, 6.02 times through the rows; 8 at once, and since memory ran out in 2 pieces each.",
        "speed": "7 555 tokens a second on cpu with 1 thread, filling not counted. At most 811 MB of memory in the process.",
        "went on": "From the checkpoint of step 40, after it was interrupted. Damaged, and passed over: the checkpoints of steps 60.",
    }


def test_what_a_training_warned_of_is_told() -> None:
    assert said(warnings=["It brings one.", "Write `template: tokenizer`."])["note"] == "It brings one. Write template: tokenizer."


def test_weights_are_told_as_they_are() -> None:
    fresh = {"weights": "fp32", "fresh": ["all"]}
    assert said(trainable_parameters=151_424, loaded=fresh, precision="fp32")["weights"] == "All 151 424 were trained. Fresh, in fp32."
    root = {**LORA, "type": "rslora", "alpha": 4, "targets": ["q_proj", "v_proj"], "dropout": 0, "save": []}
    assert "rslora of rank 8, scaled by 4 / √8, on q_proj, v_proj." in said(adapter=root)["weights"]
    assert "Those that stay lie in 4 bits; matrices" in said(loaded={"weights": "bf16", "quantized": 4}, precision="fp32")["weights"]


@pytest.mark.parametrize("missing", FACTS)
def test_what_is_not_known_or_of_another_kind_is_left_out(missing: str) -> None:
    there = {name: value for name, value in FACTS.items() if name != missing}
    assert tuned.sentences(tuned.tuned(there)) == tuned.sentences(tuned.tuned({**there, missing: object}))


def test_a_model_of_which_nothing_is_known_has_no_sentence() -> None:
    assert tuned.sentences(tuned.tuned({})) == [] and tuned.sentences(tuned.tuned({"layers": 3})) == []


def test_a_loss_is_counted_in_what_its_mean_is_over() -> None:
    assert tuned.by_step("loss", "train.sft") == "nats a token, by step"
    assert tuned.by_step("loss", "train.classify") == "nats a text, by step"
    assert tuned.by_step("loss", "train.preference") == tuned.by_step("margin", "train.preference") == "by step"


def test_the_page_tells_how_a_model_was_tuned_and_how_well_labels_are_told(facts: dict[str, Any]) -> None:
    told = {"n": 20, "accuracy": 0.55, "accuracy_interval": [0.342, 0.742], "macro_f1": 0.355, "told": [[0, 9], [0, 11]]}
    told["by_label"] = {"<bad>": {"rows": 9, "precision": 0.0, "recall": 0.0, "f1": 0.0}, "good": {"rows": 11, "precision": 0.55, "recall": 1.0}}
    model = {"key": "ab", "step": "train.classify", "facts": {**FACTS, "judged": told, "template": "own words"}}
    html = page.html(msgspec.convert({**facts, "models": {"mood": model}}, Facts))
    words = plain(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)))
    assert "55.0 % (34.2 % to 74.2 %) of 20 rows are told right. F1, the mean over labels: 0.35" in words
    assert "&lt;bad&gt; 9 0 0 0 good 11 0.55 1 0" in words and "template the recipe&#39;s own" in words
    assert "{{ &#39;### Question:&#39; }}" in words, "the template can be read"
    assert "{&#34;rows&#34;" not in html, "no fact is shown as it was written"
