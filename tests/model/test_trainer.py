"""The loop: exact losses, exact resume, best weights, early stop, and no step on a number that is not finite."""

import math
import os
import signal
from dataclasses import replace
from importlib.util import find_spec

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

from tilth.errors import AskedWrong, Diverged, Missing, StepFailed
from tilth.fakes.sentences import SENTENCES
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model import pack, trainer
from tilth.model.architecture import Architecture
from tilth.model.course import Course
from tilth.model.load import Tokenizer, new_model
from tilth.model.material import Stretches
from tilth.model.objectives import NextToken
from tilth.model.pack import Windows
from tilth.model.trainer import Setting, train
from tilth.model.watch import best_step, losses
from tilth.steps.train.pretrain import Pretrain

TINY = Architecture(layers=2, width=32, heads=2, context=32)
CPU = torch.device("cpu")
EIGHT_BITS = pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="needs the extra `quantized`")


class Killed(BaseException):
    """Stands for a killed process: nothing catches it."""


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(tiny_tokenizer(tmp_path_factory.mktemp("tokenizer")))


def windows(folder, tokenizer, name, texts):
    stream = pack.write(texts, tokenizer.encode, tokenizer.marks, tokenizer.size, folder / f"{name}.tokens", {})
    return Windows(stream, TINY.context)


@pytest.fixture
def setting(tmp_path, tokenizer):
    def make(micro_batch=4, kill_at=None, scratch="scratch", texts=SENTENCES, held_out=SENTENCES[::7], **settings):
        def tell(said):
            if kill_at is not None and said.get("step") == kill_at:
                raise Killed

        (tmp_path / scratch).mkdir(exist_ok=True)
        wanted = {"steps": 12, "batch": 4, "checkpoint_every": 4, "evaluate_every": 3, "learning_rate": 1e-2, **settings}
        step = Pretrain(data="d", tokenizer="t", validation="v", architecture=TINY, **wanted)
        data = windows(tmp_path, tokenizer, "data", texts)
        return Setting(
            course=Course.model_validate(step),
            material=Stretches(data),
            validation=Stretches(windows(tmp_path, tokenizer, "validation", held_out)) if held_out else None,
            objective=NextToken(),
            steps=step.steps,
            scratch=tmp_path / scratch,
            identity={"key": "k"},
            device=CPU,
            precision="fp32" if step.precision == "auto" else step.precision,
            micro_batch=micro_batch,
            seed=7,
            tell=tell,
        )

    return make


def trained(setting, tokenizer):
    model = new_model(TINY, tokenizer, 1)
    return model, train(model, setting)


def curve(found):
    return [(entry["step"], entry["loss"], entry["grad_norm"], entry["learning_rate"]) for entry in found.log if "loss" in entry]


def test_the_loss_falls_and_every_step_is_in_the_curve(setting, tokenizer):
    _, found = trained(setting(steps=20), tokenizer)
    steps = [entry[0] for entry in curve(found)]
    assert steps == list(range(1, 21))
    assert curve(found)[-1][1] < curve(found)[0][1] - 1
    assert [step for step, _ in losses(found.log)] == [3, 6, 9, 12, 15, 18, 20]


def test_the_first_loss_is_the_mean_over_the_tokens_of_the_first_batch(setting, tokenizer):
    wanted = setting()
    model = new_model(TINY, tokenizer, 1)
    batch = wanted.material.batch([wanted.order.number(item) for item in range(4)])
    mean = cross_entropy(model(input_ids=batch["input_ids"]).logits.detach().flatten(0, 1), batch["labels"].flatten())
    assert curve(train(model, wanted))[0][1] == pytest.approx(float(mean), rel=1e-6)


def test_validation_is_the_mean_over_all_tokens(setting, tokenizer):
    wanted = setting(best=False)
    model, found = trained(wanted, tokenizer)
    total = 0.0
    for number in range(len(wanted.validation)):
        inputs, labels = (torch.from_numpy(side) for side in wanted.validation.windows[number])
        total += float(cross_entropy(model(input_ids=inputs[None]).logits.detach()[0], labels, reduction="sum"))
    assert losses(found.log)[-1] == (12, pytest.approx(total / wanted.validation.windows.labels, rel=1e-6))


def test_the_micro_batch_moves_nothing_but_the_last_digits(setting, tokenizer):
    short = SENTENCES[:9]  # its last window is masked in part, so windows weigh differently
    curves = [curve(trained(setting(size, scratch=str(size), texts=short, steps=6), tokenizer)[1]) for size in (1, 2, 4)]
    for one, other in zip(curves[0], curves[1], strict=True):
        assert one[1] == pytest.approx(other[1], rel=1e-4)
    for one, other in zip(curves[1], curves[2], strict=True):
        assert one[1] == pytest.approx(other[1], rel=1e-4)


@pytest.mark.parametrize("kill_at", [2, 5, 8, 11])
def test_a_killed_training_goes_on_to_exactly_the_same_losses(setting, tokenizer, kill_at):
    whole_model, whole = trained(setting(), tokenizer)
    with pytest.raises(Killed):
        trained(setting(scratch="killed", kill_at=kill_at), tokenizer)
    model, resumed = trained(setting(scratch="killed"), tokenizer)
    assert resumed.resumed_from == (None if kill_at < 4 else (kill_at - 1) // 4 * 4)
    assert curve(resumed) == curve(whole)
    assert losses(resumed.log) == losses(whole.log)
    assert resumed.best_step == whole.best_step
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), whole_model.parameters(), strict=True))


def test_a_damaged_newest_checkpoint_is_skipped(setting, tokenizer):
    _, whole = trained(setting(), tokenizer)
    with pytest.raises(Killed):
        trained(setting(scratch="killed", kill_at=11), tokenizer)
    wanted = setting(scratch="killed")
    (wanted.scratch / "checkpoints" / "8" / "optimizer.pt").write_bytes(b"half")
    _, resumed = trained(wanted, tokenizer)
    assert (resumed.resumed_from, resumed.damaged) == (4, [8])
    assert curve(resumed) == curve(whole)


def test_a_checkpoint_of_another_training_is_refused(setting, tokenizer):
    with pytest.raises(Killed):
        trained(setting(kill_at=6), tokenizer)
    with pytest.raises(AskedWrong, match="key: then 'k', now 'other'"):
        trained(replace(setting(), identity={"key": "other"}), tokenizer)


def test_only_so_many_checkpoints_are_kept(setting, tokenizer):
    wanted = setting(keep=2, checkpoint_every=3)
    trained(wanted, tokenizer)
    assert sorted(int(entry.name) for entry in (wanted.scratch / "checkpoints").iterdir()) == [9, 12]


NOISE = ["%$#@ ZQX 0987 ~~~ ^&*"] * 3


def test_the_best_weights_are_taken_not_the_last(setting, tokenizer):
    wanted = setting(steps=30, held_out=NOISE, schedule="constant")
    model, found = trained(wanted, tokenizer)
    told = dict(losses(found.log))
    assert found.best_step == min(told, key=told.get) == best_step(found.log) < 30
    kept = load_file(wanted.scratch / "best" / str(found.best_step) / "model.safetensors")
    assert all(torch.equal(model.state_dict()[name], weights) for name, weights in kept.items())
    assert torch.equal(model.get_output_embeddings().weight, model.get_input_embeddings().weight)


def test_training_stops_early_when_nothing_gets_better(setting, tokenizer):
    _, found = trained(setting(steps=60, held_out=NOISE, schedule="constant", early_stopping=2), tokenizer)
    steps = [step for step, _ in losses(found.log)]
    assert steps[-1] < 60
    assert steps.index(found.best_step) == len(steps) - 3


def test_without_validation_the_last_weights_are_taken(setting, tokenizer):
    _, found = trained(setting(held_out=None), tokenizer)
    assert (found.best_step, losses(found.log)) == (12, [])


def test_a_loss_that_is_not_finite_stops_the_training_and_keeps_the_batch(setting, tokenizer):
    wanted = setting(optimizer="sgd", learning_rate=1e30, clip=None, warmup=0, micro_batch=2)
    with pytest.raises(Diverged, match=r"At step 2 the loss became (nan|inf) at learning rate 1e\+30|At step 2 .* learning rate 9") as caught:
        trained(wanted, tokenizer)
    assert "Lower `learning_rate`" in str(caught.value)
    assert load_file(wanted.scratch / "diverged.safetensors")["input_ids.0"].shape[1] == 32


def test_a_gradient_that_is_not_finite_moves_no_weight(setting, tokenizer):
    model = new_model(TINY, tokenizer, 1)
    before = [weight.detach().clone() for weight in model.parameters()]
    next(model.parameters()).register_hook(lambda gradient: gradient * math.nan)
    with pytest.raises(Diverged, match="At step 1 the gradient became nan"):
        train(model, setting())
    assert all(torch.equal(one, other) for one, other in zip(before, model.parameters(), strict=True))


@pytest.mark.parametrize("optimizer", ["adamw", "adafactor", "sgd", pytest.param("adamw_8bit", marks=EIGHT_BITS)])
@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_every_optimizer_and_schedule_trains(setting, tokenizer, optimizer, schedule):
    _, found = trained(setting(optimizer=optimizer, schedule=schedule, steps=6, warmup=2, held_out=None), tokenizer)
    rates = [entry[3] for entry in curve(found)]
    assert curve(found)[-1][1] < curve(found)[0][1]
    assert rates[0] < rates[2] == max(rates)
    assert (rates[-1] == max(rates)) == (schedule == "constant")


def test_8_bit_moments_need_their_package(setting, tokenizer, monkeypatch):
    monkeypatch.setattr(trainer, "find_spec", lambda name: None)
    with pytest.raises(Missing, match="needs the package `bitsandbytes`") as refused:
        trained(setting(optimizer="adamw_8bit"), tokenizer)
    assert 'pip install "tilth[quantized]"' in refused.value.remedy


def test_bf16_products_stay_near_fp32_and_weights_stay_fp32(setting, tokenizer):
    _, exact = trained(setting(steps=6), tokenizer)
    model, rough = trained(setting(steps=6, precision="bf16", scratch="rough"), tokenizer)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert curve(rough) != curve(exact)
    for one, other in zip(curve(rough), curve(exact), strict=True):
        assert one[1] == pytest.approx(other[1], rel=0.02)


def test_nothing_is_said_on_the_screen(setting, tokenizer, capfd):
    trained(setting(), tokenizer)
    assert capfd.readouterr() == ("", "")


class Narrow(NextToken):
    """Memory for so many lines at once, and no more."""

    lines = 2

    def sums(self, network, batch):
        found = super().sums(network, batch)
        if len(batch["input_ids"]) > self.lines:
            found["loss"].backward()  # half a backward pass may have been done when memory runs out
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return found


def test_where_memory_runs_out_the_step_is_done_again_in_pieces_and_the_batch_stays(setting, tokenizer):
    _, whole = trained(setting(micro_batch=4, held_out=None), tokenizer)
    told = []
    wanted = setting(micro_batch=4, scratch="narrow", held_out=None)
    _, found = trained(replace(wanted, objective=Narrow(), tell=told.append), tokenizer)
    assert found.pieces == 2
    assert {"doing": "memory ran out: 2 at a time now, the batch stays 4"} in told
    for one, other in zip(curve(found), curve(whole), strict=True):
        assert one[1:] == pytest.approx(other[1:], rel=1e-4)


def test_memory_that_runs_out_late_in_a_step_moves_nothing(setting, tokenizer):
    class Late(Narrow):
        calls = [0]

        def sums(self, network, batch):
            self.calls[0] += 1
            if self.calls[0] == 4:  # the second micro-batch of the second step
                raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory")
            return NextToken.sums(self, network, batch)

    _, whole = trained(setting(micro_batch=2, held_out=None), tokenizer)
    _, found = trained(replace(setting(micro_batch=2, scratch="late", held_out=None), objective=Late()), tokenizer)
    assert found.pieces == 2
    for one, other in zip(curve(found), curve(whole), strict=True):
        assert one[1:] == pytest.approx(other[1:], rel=1e-4)


def test_an_item_too_large_for_the_memory_is_said_and_not_tried_for_ever(setting, tokenizer):
    class Nothing(Narrow):
        lines = 0

    with pytest.raises(StepFailed, match="memory is too small.*checkpointing: true"):
        trained(replace(setting(micro_batch=4), objective=Nothing()), tokenizer)


class NarrowWhereJudged(NextToken):
    """Memory that is enough to learn, and not to look at as many lines."""

    lines = 1

    def sums(self, network, batch):
        if not torch.is_grad_enabled() and len(batch["input_ids"]) > self.lines:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return super().sums(network, batch)


def test_where_memory_runs_out_at_the_validation_data_fewer_are_looked_at_together(setting, tokenizer):
    whole, found = (trained(replace(setting(scratch=kind.__name__), objective=kind()), tokenizer)[1] for kind in (NextToken, NarrowWhereJudged))
    assert curve(found) == curve(whole)
    assert [loss for _, loss in losses(found.log)] == pytest.approx([loss for _, loss in losses(whole.log)], rel=1e-6)

    class Nothing(NarrowWhereJudged):
        lines = 0

    with pytest.raises(StepFailed, match="too small for one item of the validation data.*shorter `length`"):
        trained(replace(setting(scratch="nothing"), objective=Nothing()), tokenizer)


def test_another_error_is_not_taken_for_want_of_memory(setting, tokenizer):
    class Broken(NextToken):
        def sums(self, network, batch):
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        trained(replace(setting(), objective=Broken()), tokenizer)


def test_a_process_that_is_asked_to_end_leaves_a_checkpoint_and_goes_on_from_it(setting, tokenizer):
    def ask(said):
        if said.get("step") == 6 and "loss" in said:
            os.kill(os.getpid(), signal.SIGTERM)

    _, whole = trained(setting(), tokenizer)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        trained(replace(setting(scratch="ended"), tell=ask), tokenizer)
    assert signal.getsignal(signal.SIGTERM) is before

    class Told(BaseException):
        """What the command raises for a signal: it has words for it, and an exit code."""

    def answer(*_):
        raise Told

    signal.signal(signal.SIGTERM, answer)
    try:
        with pytest.raises(Told):
            trained(replace(setting(scratch="told"), tell=ask), tokenizer)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (setting(scratch="told").scratch / "checkpoints").is_dir()
    _, resumed = trained(setting(scratch="ended"), tokenizer)
    assert resumed.resumed_from in (6, 7)
    assert curve(resumed) == curve(whole)


def test_fp16_may_leave_out_steps_while_its_scale_falls_and_then_no_more():
    left_out = 0
    for _ in range(trainer.LEFT_OUT):
        left_out = trainer.left_out_in_a_row(math.inf, "fp16", left_out)
    assert left_out == trainer.LEFT_OUT and trainer.left_out_in_a_row(math.nan, "fp16", left_out) is None
    assert trainer.left_out_in_a_row(1.0, "fp16", left_out) == 0
    assert trainer.left_out_in_a_row(math.inf, "bf16", 0) is None and trainer.left_out_in_a_row(math.inf, "fp32", 0) is None
