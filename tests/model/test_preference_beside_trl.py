"""DPO, ORPO and KTO beside TRL 1.16: its trainers' own losses and gradients on rows that it tokenised itself."""

import copy
import random

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from tilth.fakes.sentences import SENTENCES
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.examples import Example, write
from tilth.model.judgements import Judgements, with_mismatches
from tilth.model.material import Packs, Rows
from tilth.model.preference import DPO, KTO, ORPO
from tilth.model.reference import measured

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL speaks to Transformers by names that are to go
pytest.importorskip("trl", reason="what losses are compared with is not installed", exc_type=ImportError)

from datasets import Dataset  # noqa: E402
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer  # noqa: E402
from trl.experimental.orpo import ORPOConfig, ORPOTrainer  # noqa: E402

BETA = 0.3


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return AutoTokenizer.from_pretrained(tiny_tokenizer(tmp_path_factory.mktemp("tokenizer")))


def network(seed):
    torch.manual_seed(seed)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 256}
    return LlamaForCausalLM(LlamaConfig(vocab_size=268, initializer_range=0.3, pad_token_id=0, **sizes))


def example(prompt, answer, **extra):
    ids = np.array([*prompt, *answer], np.int32)
    return Example(0, ids, np.arange(len(ids)) >= len(prompt), ((len(prompt), len(ids)),), extra)


def settings(folder, config, **further):
    return config(output_dir=str(folder), beta=BETA, use_cpu=True, bf16=False, report_to="none", gradient_checkpointing=False, **further)


def preferences(number):
    draw = random.Random(4)
    return [{"prompt": f"{draw.choice(SENTENCES)} ", "chosen": draw.choice(SENTENCES), "rejected": draw.choice(SENTENCES)} for _ in range(number)]


def ours(objective, now, batch):
    now.zero_grad()
    loss = objective.sums(now, batch)["loss"] / objective.weight(batch)
    loss.backward()
    return loss.item(), slope(now)


def theirs(trainer, now, rows):
    now.zero_grad()
    now.train(True)
    loss = trainer.compute_loss(now, trainer.data_collator(rows))
    loss.backward()
    return loss.item(), slope(now)


def slope(now):
    return torch.cat([weight.grad.flatten() for weight in now.parameters()])


def agree(one, other):
    assert one[0] == pytest.approx(other[0], abs=1e-5)
    torch.testing.assert_close(one[1], other[1], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("packed", [False, True])
def test_dpo_has_trls_loss_and_gradient(tmp_path, tokenizer, packed):
    now, before = network(2), network(1)
    data = Dataset.from_list(preferences(6))
    config = settings(tmp_path / "trl", DPOConfig, max_length=None)
    trainer = DPOTrainer(model=copy.deepcopy(now), ref_model=before, args=config, train_dataset=data, processing_class=tokenizer)
    rows = list(trainer.train_dataset)
    found = write(tmp_path / "ours", [example(row["prompt_ids"], row[which]) for row in rows for which in ("chosen_ids", "rejected_ids")], {})
    found.extra["reference"] = measured(before, found, "fp32", 512, apart=True)
    batch = Packs(found, [range(6), range(6, 12)], 0).batch([0, 1]) if packed else Rows(found, 0, together=2).batch(range(6))
    agree(ours(DPO(BETA), now, batch), theirs(trainer, trainer.model, rows))


@pytest.mark.parametrize("length", [None, 256])
def test_kto_has_trls_loss_and_gradient_where_its_micro_batch_is_our_group(tmp_path, tokenizer, length):
    now, before = network(2), network(1)
    data = Dataset.from_list(
        [{"prompt": row["prompt"], "completion": row["chosen"], "label": place % 3 > 0} for place, row in enumerate(preferences(8))]
    )
    config = settings(tmp_path / "trl", KTOConfig, max_length=None, per_device_train_batch_size=4, desirable_weight=1.5, undesirable_weight=0.5)
    trainer = KTOTrainer(model=copy.deepcopy(now), ref_model=before, args=config, train_dataset=data, processing_class=tokenizer)
    rows = list(trainer.train_dataset)
    judged = write(tmp_path / "judged", [example(row["prompt_ids"], row["completion_ids"], good=float(row["label"])) for row in rows], {}, ["good"])
    found = write(tmp_path / "ours", with_mismatches(judged, range(8), 4, 256), {}, ["good", "group"])
    found.extra["reference"] = measured(before, found, "fp32", 512, apart=True)
    groups = Judgements(found, 0, length)
    assert length is None or len(groups.batch([0])["labels"]) < 8, "lines are shared"
    for number in range(2):
        one = ours(KTO(BETA, 1.5, 0.5), now, groups.batch([number]))
        agree(one, theirs(trainer, trainer.model, rows[4 * number : 4 * number + 4]))


def test_orpo_has_trls_loss_and_gradient_where_the_prompt_is_one_token_and_answers_are_as_long(tmp_path, tokenizer):
    now = network(2)
    draw = random.Random(1)
    same = [{"prompt": "", **{which: "".join(draw.choices("abcdefgh", k=9)) for which in ("chosen", "rejected")}} for _ in range(5)]
    config = settings(tmp_path / "trl", ORPOConfig, max_length=256)
    trainer = ORPOTrainer(model=copy.deepcopy(now), args=config, train_dataset=Dataset.from_list(same), processing_class=tokenizer)
    rows = list(trainer.train_dataset)
    both = [(row["prompt_input_ids"], row[f"{which}_input_ids"]) for row in rows for which in ("chosen", "rejected")]
    found = write(tmp_path / "ours", [example(prompt, ids[len(prompt) :]) for prompt, ids in both], {})
    agree(ours(ORPO(BETA), now, Rows(found, 0, together=2).batch(range(5))), theirs(trainer, trainer.model, rows))


def test_orpos_odds_are_trls_for_any_rows(tmp_path, tokenizer):
    now = network(2)
    config = settings(tmp_path / "trl", ORPOConfig, max_length=256)
    trainer = ORPOTrainer(model=copy.deepcopy(now), args=config, train_dataset=Dataset.from_list(preferences(6)), processing_class=tokenizer)
    rows = list(trainer.train_dataset)
    both = [(row["prompt_input_ids"], row[f"{which}_input_ids"]) for row in rows for which in ("chosen", "rejected")]
    found = write(tmp_path / "ours", [example(prompt, ids[len(prompt) :]) for prompt, ids in both], {})
    batch = Rows(found, 0, together=2).batch(range(6))
    told = {name: value.item() / 6 for name, value in ORPO(BETA).sums(now, batch).items()}
    _, metrics = trainer.get_batch_loss_metrics(trainer.model, trainer.data_collator(rows))
    assert told["loss"] - told["likelihood"] == pytest.approx(-BETA * metrics["log_odds_ratio"], abs=1e-5)
    assert told["margin"] == pytest.approx(metrics["rewards/margins"], abs=1e-5)
    assert told["accuracy"] == pytest.approx(metrics["rewards/accuracies"])
