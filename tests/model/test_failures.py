"""What trainers do wrong without a word, done with ours from rows to a folder: it is right, or it is refused before the first step."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from tests.model.tokenizers_of_all_kinds import make
from tests.model.tuned import write_base
from tests.tuned import work
from tilth.errors import AskedWrong, DataRefused, Diverged, NothingLeft
from tilth.model import reading
from tilth.model.answering import Answering, Laying, Turned
from tilth.model.architecture import Architecture
from tilth.model.layouts import layout
from tilth.model.load import Tokenizer, network, new_model, save_model
from tilth.model.proving import found
from tilth.model.settled_template import SettledTemplate
from tilth.model.truncation import Limit
from tilth.model.tuning import Room
from tilth.steps.train.sft import Sft

ANIMALS = ("cat", "hen", "dog", "mole", "fox", "owl", "bee", "ant")
ROWS = [{"question": f"a {one}?", "answer": f"the {one}"} for one in ANIMALS]
SETTINGS = {"data": "d", "model": "base", "template": "plain", "steps": 4, "batch": 4, "learning_rate": 1e-3, "precision": "fp32"}
CHAT = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
"""As Gemma's: what ends a turn is not the end token."""


class Killed(BaseException):
    """Stands for a killed process: nothing catches it."""


def place(folder, rows=ROWS, base=None, **more):
    return work(folder, {"d": rows, "v": rows[:4]}, {"base": base or write_base(folder / "base", layers=1, context=64)}, **more)


def prepared(rows, here, laying=None, length=64, packed=False):
    """What a training takes of rows: the material, and the room where it was made."""
    room = Room(Tokenizer(here.models["base"]), length, here.scratch, here)
    return Answering(laying or Laying(template="plain"), packed).prepare(here.datasets["d"], room), room


def test_a_base_in_bf16_is_moved_by_steps_that_bf16_would_round_away(tmp_path):
    here = place(tmp_path, base=write_base(tmp_path / "base", dtype=torch.bfloat16))
    facts = Sft(**{**SETTINGS, "learning_rate": 1e-6, "warmup": 0, "schedule": "constant"}).fit(here)
    assert (facts["loaded"]["weights_in_folder"], facts["loaded"]["weights"]) == ("bf16", "fp32")
    before, after = load_file(here.models["base"] / "model.safetensors"), load_file(here.folder / "model.safetensors")
    matrices = [name for name, weight in before.items() if weight.ndim == 2 and "layers" in name]
    moved = [(after[name] != before[name].float()).float().mean().item() for name in matrices]
    rounded = [(after[name].bfloat16() != before[name]).float().mean().item() for name in matrices]
    assert min(moved) > 0.9
    assert max(rounded) < 0.5, "otherwise bf16 would have done, and this shows nothing"


def test_a_last_step_that_breaks_the_weights_is_found_without_validation_too(tmp_path):
    """Transformers logs a loss that is not finite as 0.0; of the last step it computes none, and saves what there is."""
    for more in ({}, {"validation": "v"}):
        here = place(tmp_path / str(len(more)))
        with pytest.raises(Diverged, match="Step 1 left weights|After step 1 the loss on the validation data is"):
            Sft(**{**SETTINGS, "steps": 1, "learning_rate": 1e39, "warmup": 0, **more}).fit(here)
        assert not list(here.folder.glob("*.safetensors"))


def test_a_base_that_is_broken_is_not_blamed_on_the_learning_rate(tmp_path):
    base = write_base(tmp_path / "base")
    model = network(base, "causal").network
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight[0] = torch.nan
    save_model(model, Tokenizer(base), tmp_path / "broken")
    with pytest.raises(Diverged, match="No weight had moved yet: look at the model's own weights") as caught:
        Sft(**SETTINGS).fit(place(tmp_path, base=tmp_path / "broken"))
    assert "learning_rate" not in caught.value.remedy


@pytest.mark.parametrize("change", [{"learning_rate": 0.5}, {"template": "question"}, {"rows": ROWS[::-1]}, {"seed": 8}])
def test_a_training_that_was_killed_goes_on_with_what_it_began_with_or_not_at_all(tmp_path, change):
    def tell(said):
        if said.get("step") == 3:
            raise Killed

    rows = change.get("rows", ROWS)
    with pytest.raises(Killed):
        Sft(**SETTINGS, checkpoint_every=1).fit(place(tmp_path, tell=tell))
    changed = {**SETTINGS, **{name: value for name, value in change.items() if name != "rows"}}
    with pytest.raises(AskedWrong, match=f"belongs to another training .*{'content of data' if 'rows' in change else next(iter(change))}"):
        Sft(**changed, checkpoint_every=1).fit(place(tmp_path, rows, tmp_path / "base"))
    assert Sft(**SETTINGS, checkpoint_every=1).fit(place(tmp_path, base=tmp_path / "base"))["resumed_from"] == 2


def test_answers_that_are_all_too_long_are_refused_with_the_line_to_write(tmp_path):
    """TRL drops such rows, or keeps them with nothing to learn, and LLaMA-Factory eats their ends."""
    rows = [{"question": "q?", "answer": "no " * 12}] * 3
    with pytest.raises(DataRefused, match="3 of 3 rows are longer than 16 tokens.*the ends of 3 answers") as caught:
        Sft(**SETTINGS, length=16).fit(place(tmp_path / "one", rows))
    assert caught.value.exit_code == 3 and caught.value.where == "`d`"
    assert "`length: 40`" in caught.value.remedy and "`truncation: drop`" in caught.value.remedy
    with pytest.raises(NothingLeft, match="none is left to learn from"):
        Sft(**SETTINGS, length=16, truncation="drop").fit(place(tmp_path / "other", rows))


def test_no_length_is_recommended_that_the_model_does_not_see(tmp_path):
    for number, truncation in enumerate(("refuse", "drop", "truncate_context")):
        with pytest.raises(DataRefused, match="The model sees 64 tokens at most: take one that sees") as caught:
            Sft(**SETTINGS, truncation=truncation).fit(place(tmp_path / str(number), [{"question": "q?", "answer": "no " * 90}]))
        assert "`length: " not in caught.value.remedy


def test_every_line_of_packed_rows_has_something_to_learn(tmp_path):
    """TRL 1.16 kept four packs of six without a learned token, where prompts were longer than the limit."""
    rows = [{"question": "a " * (number % 15) + "?", "answer": "b" * (1 + number % 3)} for number in range(60)]
    here = place(tmp_path, rows)
    made, _ = prepared(rows, here, packed=True)
    learned = [int((made.material.batch([line])["labels"] >= 0).sum()) for line in range(len(made.material))]
    assert min(learned) > 0 and sum(learned) == made.facts["learned_tokens"] == made.facts["truncation"]["answer_tokens"]
    assert len(made.material) < len(rows) / 2


@pytest.mark.parametrize("way", ["lora", "dora", "rslora"])
def test_an_adapter_is_trained_though_layers_are_computed_again(tmp_path, way):
    """Without gradients of the inputs, PEFT with checkpointing trains nothing, and warns."""
    curves = {}
    for checkpointing in (False, True):
        here = place(tmp_path / str(checkpointing))
        facts = Sft(**SETTINGS, adapter={"type": way, "rank": 2}, checkpointing=checkpointing, validation="v").fit(here)
        curves[checkpointing] = [point["loss"] for point in facts["curve"]]
        second = {name: weight for name, weight in load_file(here.folder / "adapter_model.safetensors").items() if "lora_B" in name}
        assert len(second) == 7 and all(weight.abs().max() > 0 for weight in second.values()), "they begin at zero"
        assert facts["validation"][-1]["loss"] > 0
    assert curves[True] == pytest.approx(curves[False], rel=1e-5)


def test_with_an_adapter_the_loss_on_held_out_rows_is_that_of_the_tuned_model(tmp_path):
    """Trainer cannot see the labels behind PEFT's wrapper: `KeyError: 'eval_loss'`."""
    here = place(tmp_path)
    facts = Sft(**{**SETTINGS, "data": "v", "learning_rate": 1e-2}, adapter={"rank": 4}, validation="v", evaluate_every=1).fit(here)
    losses = [point["loss"] for point in facts["validation"]]
    assert [point["step"] for point in facts["validation"]] == [1, 2, 3, 4] and losses[-1] < losses[0]
    assert losses[0] == pytest.approx(facts["curve"][0]["loss"], rel=0.05), "all rows are in the one batch"


def test_a_dataset_without_rows_is_named(tmp_path):
    """TRL 1.16: a bare StopIteration."""
    with pytest.raises(NothingLeft, match="`d` has no rows"):
        Sft(**SETTINGS).fit(place(tmp_path, []))


@pytest.mark.parametrize(("answer", "said"), [(None, "is null"), ("", "is blank"), (" \n", "is blank")])
def test_an_answer_that_is_none_is_named_with_its_row_and_what_to_do(tmp_path, answer, said):
    """TRL 1.16: `AttributeError: 'NoneType' object has no attribute 'endswith'`."""
    rows = [{"prompt": "a", "completion": "b"}, {"prompt": "c", "completion": answer}]
    with pytest.raises(DataRefused, match=f"1 of 2 rows of `d` .*row 2 .*`completion` {said}") as caught:
        Sft(**SETTINGS).fit(place(tmp_path, rows))
    assert "`filter.where: trim(completion) <> ''`" in caught.value.remedy


def test_rows_that_no_filter_of_a_column_finds_are_not_to_be_left_out_by_one(tmp_path):
    rows = [{"conversations": [{"from": "alien", "value": "hi"}, {"from": "gpt", "value": "ho"}]}]
    with pytest.raises(DataRefused, match="the role `alien`, which is not known") as caught:
        Sft(**SETTINGS).fit(place(tmp_path, rows))
    assert "trim(" not in caught.value.remedy and "mend them" in caught.value.remedy


def test_of_sharegpt_the_human_is_never_learned(tmp_path):
    """TRL 1.16 renames the keys and not the roles, so a template learns what the human says."""
    said = [{"from": who, "value": what} for who, what in (("human", "one"), ("gpt", "two"), ("human", "three"), ("gpt", "four"))]
    here = place(tmp_path, [{"conversations": said}])
    step = Sft(**{**SETTINGS, "template": "question", "length": 128, "steps": 1, "batch": 1, "model": "base"})
    here = replace(here, models={"base": write_base(tmp_path / "long", context=128, layers=1)})
    step.fit(here)
    assert [one.trained_text for one in step.sees(here)] == ["two<|endoftext|>four<|endoftext|>"]


def test_what_ends_a_turn_is_learned_and_ends_what_is_written_also_where_it_is_not_the_end_token(tmp_path):
    """axolotl-ai-cloud/axolotl#3754: of every Gemma the end of a turn was masked."""
    made = make("bytes", tmp_path / "words")
    told = json.loads((made / "tokenizer.json").read_text())
    for token in told["added_tokens"]:
        token["content"] = {"<|im_start|>": "<start_of_turn>", "<|im_end|>": "<end_of_turn>"}.get(token["content"], token["content"])
    vocabulary = told["model"]["vocab"]
    vocabulary |= {"<start_of_turn>": vocabulary.pop("<|im_start|>"), "<end_of_turn>": vocabulary.pop("<|im_end|>")}
    (made / "tokenizer.json").write_text(json.dumps(told))
    (made / "chat_template.jinja").write_text(CHAT)
    tokenizer = Tokenizer(made)
    save_model(new_model(Architecture(type="llama", layers=1, width=16, heads=2, context=64), tokenizer, 1), tokenizer, tmp_path / "base")
    rows = [{"messages": [{"role": "user", "content": "a cat?"}, {"role": "assistant", "content": "the cat"}]}] * 4
    here = work(tmp_path, {"d": rows}, {"base": tmp_path / "base"})
    step = Sft(**{**SETTINGS, "template": None, "steps": 1})
    assert step.fit(here)["template"] == "tokenizer"
    assert {one.trained_text for one in step.sees(here)} == {"the cat<end_of_turn>"}
    stops = json.loads((here.folder / "generation_config.json").read_text())["eos_token_id"]
    assert tokenizer.fast.token_to_id("<end_of_turn>") in stops


CHANGES = {
    "template": {"laying": Laying(template="question")},
    "length": {"length": 24},
    "turns": {"laying": Laying(turns="last")},
    "layout": {"laying": Laying(format="text")},
    "strategy": {"laying": Laying(strategy="drop"), "length": 24},
}


@pytest.mark.parametrize("change", CHANGES)
def test_examples_that_were_made_otherwise_are_not_taken_up(tmp_path, change):
    """axolotl#1265, Soup#1067: a cache without the template, the tokenizer or the length in its key."""
    rows = [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}] * 2, "text": "some text"}]
    here, clean = (place(tmp_path / name, rows, base=write_base(tmp_path / f"base {name}", layers=1, context=64)) for name in ("used", "clean"))
    first = {"laying": Laying(format="messages", template="plain")}
    prepared(rows, here, **first)
    changed = {**first, **CHANGES[change]}
    if change in ("turns", "strategy"):
        changed["laying"] = replace(changed["laying"], format="messages", template="plain")
    if change == "template":
        changed["laying"] = replace(changed["laying"], format="messages")
    again, anew = prepared(rows, here, **changed)[0], prepared(rows, clean, **changed)[0]
    ids = [[made.material.batch([0])[name].tolist() for name in ("input_ids", "labels")] for made in (again, anew)]
    assert ids[0] == ids[1] and again.facts == anew.facts


def test_examples_of_another_tokenizer_are_not_taken_up(tmp_path):
    here = place(tmp_path)
    data = here.datasets["d"]
    columns = reading.layout_of(data, None)
    made = []
    for kind in ("bytes", "words"):
        tokenizer = Tokenizer(make(kind, tmp_path / kind))
        room = Room(tokenizer, 64, here.scratch, here)
        way = Turned(SettledTemplate().renderer("question", data, tokenizer, columns), "all")
        made.append(found(data, columns, way, room, Limit(64), {"renderer": "the same", "turns": "all"}).fitting[0].ids.tolist())
    assert made[0] != made[1]


def test_a_kill_while_examples_are_made_anew_leaves_none_that_are_taken_for_the_old_ones(tmp_path):
    here = place(tmp_path)
    whole = prepared(ROWS, here)[0].facts
    other = Laying(template="question", strategy="drop")

    def tell(said):
        raise Killed

    with pytest.raises(Killed):
        prepared(ROWS, replace(here, tell=tell), other)
    assert not (here.scratch / "examples d" / "prepared.json").exists()
    assert prepared(ROWS, here)[0].facts == whole


def test_alpacas_columns_are_found(tmp_path):
    """TRL 1.16: `KeyError: 'text'`."""
    rows = [{"instruction": "add", "input": "1 2", "output": "3"}, {"instruction": "say", "input": "", "output": "so"}]
    assert layout(None, list(rows[0]), rows).format == "alpaca"
    here = replace(place(tmp_path, rows), models={"base": write_base(tmp_path / "long", context=256, layers=1)})
    step = Sft(**{**SETTINGS, "template": None, "steps": 1, "batch": 2})
    assert step.fit(here)["template"] == "alpaca"
    assert [one.trained_text for one in step.sees(here)] == ["3<|endoftext|>", "so<|endoftext|>"]
