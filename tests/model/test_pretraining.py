"""The worker of train.pretrain leaves in scratch what a killed run takes up again."""

import pytest

from tilth.fakes.sentences import SENTENCES
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.fakes.work import tiny_work
from tilth.steps.train.pretrain import Pretrain

SETTINGS = {"data": "docs", "tokenizer": "words", "architecture": {"layers": 1, "width": 16, "heads": 2, "context": 16}, "steps": 3, "batch": 2}


def test_tokens_that_were_finished_before_a_kill_are_not_made_again(tmp_path):
    class Killed(BaseException):
        pass

    def kill(said):
        if said.get("step") == 1:
            raise Killed

    models = {"words": tiny_tokenizer(tmp_path / "words")}
    with pytest.raises(Killed):
        Pretrain(**SETTINGS).fit(tiny_work(tmp_path, {"docs": SENTENCES}, models, kill))
    before = (tmp_path / "scratch" / "docs.tokens").stat().st_mtime_ns
    Pretrain(**SETTINGS).fit(tiny_work(tmp_path, {"docs": SENTENCES}, models))
    assert (tmp_path / "scratch" / "docs.tokens").stat().st_mtime_ns == before


def test_progress_is_told_in_words_and_numbers(tmp_path):
    told = []
    Pretrain(**SETTINGS).fit(tiny_work(tmp_path, {"docs": SENTENCES}, {"words": tiny_tokenizer(tmp_path / "words")}, told.append))
    assert told[0] == {"doing": "tokenising docs", "rows": len(SENTENCES)}
    assert [said["step"] for said in told[1:]] == [1, 2, 3]
    assert set(told[-1]) == {
        "step",
        "of",
        "loss",
        "learning_rate",
        "grad_norm",
        "tokens_per_second",
        "seconds_left",
        "memory_bytes",
        "flops_per_second",
    }


def test_the_recipes_seed_is_taken_unless_the_step_has_one(tmp_path):
    weights = [
        Pretrain(**SETTINGS, **more).fit(tiny_work(tmp_path / name, {"docs": SENTENCES}, {"words": tiny_tokenizer(tmp_path / "words")}))["weights"]
        for name, more in (("a", {}), ("b", {"seed": 7}), ("c", {"seed": 8}))
    ]
    assert weights[0] == weights[1] != weights[2]


def test_the_lengths_of_what_was_learned_add_up_with_the_other_facts(tmp_path):
    facts = Pretrain(**SETTINGS).fit(tiny_work(tmp_path, {"docs": SENTENCES}, {"words": tiny_tokenizer(tmp_path / "words")}))
    told = facts["sequences"]
    assert (told["data"], told["rows"], told["tokens"]) == ("docs", len(SENTENCES), facts["tokens"])
    assert (told["used"], told["packed"], told["cut"]) == (16, True, 0)
    assert told["padded"] == facts["windows"] * 16 - facts["tokens"] < 16
