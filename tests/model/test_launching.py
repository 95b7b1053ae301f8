"""Several processes: the same training as in one, ended together, whatever ends them."""

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from tilth.errors import AskedWrong, Diverged, StepFailed, WorkerDied
from tilth.fakes.sentences import SENTENCES
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model import launching, pack
from tilth.model.architecture import Architecture
from tilth.model.course import Course
from tilth.model.load import Tokenizer, new_model, save_model
from tilth.model.material import Stretches
from tilth.model.objectives import NextToken
from tilth.model.pack import Windows
from tilth.model.trainer import Setting, train
from tilth.steps.train.pretrain import Pretrain
from tilth.work import Launcher, Machine, Work

TINY = Architecture(layers=2, width=32, heads=2, context=32)


def training(words, work):
    """A small training, as a step does it: the first process prepares, all train, the first writes."""
    tokenizer = Tokenizer(work.models["words"])
    with launching.first():
        windows = {}
        for name, texts in (("data", SENTENCES), ("validation", SENTENCES[::7])):
            stream = pack.write(texts, tokenizer.encode, tokenizer.marks, tokenizer.size, work.scratch / f"{name}.tokens", {})
            windows[name] = Stretches(Windows(stream, TINY.context))
    step = Pretrain(data="d", tokenizer="t", validation="v", architecture=TINY, **words)
    processes = work.machine.launcher.processes if work.machine.launcher else 1
    setting = Setting(
        course=Course.model_validate(step),
        material=windows["data"],
        validation=windows["validation"],
        objective=NextToken(),
        steps=step.steps,
        scratch=work.scratch,
        identity={"key": work.key},
        device=torch.device("cpu"),
        precision="fp32",
        micro_batch=work.machine.micro_batch or step.batch // processes,
        seed=7,
        tell=work.tell,
    )
    model = new_model(TINY, tokenizer, 1)
    trained = train(model, setting)
    if launching.leads():
        save_model(model, tokenizer, work.folder)
    return {"log": trained.log, "best": trained.best_step, "resumed": trained.resumed_from, "threads": torch.get_num_threads()}


WORDS = {"steps": 8, "batch": 8, "learning_rate": 1e-2, "checkpoint_every": 3, "evaluate_every": 4}


@pytest.fixture
def work(tmp_path):
    words = tiny_tokenizer(tmp_path / "words")

    def make(name, processes=0, tell=None, micro_batch=None):
        folder, scratch = tmp_path / name / "model", tmp_path / name / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(exist_ok=True)
        launcher = Launcher(processes, "ddp") if processes else None
        machine = Machine(device="cpu", launcher=launcher, micro_batch=micro_batch)
        return Work({}, {"words": words}, folder, scratch, "k", 7, machine, tell or (lambda _: None))

    return make


def curve(facts):
    return [(one["step"], one.get("loss"), one.get("eval_loss"), one.get("grad_norm")) for one in facts["log"] if "loss" in one or "eval_loss" in one]


def test_two_processes_learn_what_one_does_and_only_the_first_tells(work):
    said = []
    alone = launching.launch(training, (WORDS,), work("alone"), {})
    both = launching.launch(training, (WORDS,), work("both", 2, said.append, 2), {})
    assert len(curve(alone)) == len(curve(both)) == 10
    for one, other in zip(curve(alone), curve(both), strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    assert [one["step"] for one in said if "loss" in one] == list(range(1, 9))
    mine, theirs = (load_file(work(name).folder / "model.safetensors") for name in ("alone", "both"))
    assert max(float((mine[name] - theirs[name]).abs().max()) for name in mine) < 1e-4
    assert both["best"] == alone["best"] == 8


def test_a_training_of_two_processes_goes_on_from_its_checkpoint(work):
    whole = launching.launch(training, (WORDS,), work("whole", 2), {})
    broken = launching.launch(training, ({**WORDS, "early_stopping": None},), work("broken", 2), {})
    newest = max(int(one.name) for one in (work("broken").scratch / "checkpoints").iterdir())
    again = launching.launch(training, (WORDS,), work("broken", 2), {})
    assert again["resumed"] == newest == 8 and curve(again) == curve(whole) == curve(broken)


# Ends


def diverging(where, work):
    import torch.distributed as distributed

    if distributed.get_rank() == where:
        raise Diverged("It broke.", remedy="Mend it.")
    distributed.barrier()
    return {}


def breaking(how, work):
    import torch.distributed as distributed

    if distributed.get_rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL) if how == "killed" else {}["gone"]
    distributed.barrier()
    return {}


@pytest.mark.parametrize("where", [0, 1])
def test_the_error_of_one_ends_all_and_is_the_one_that_is_raised(work, where):
    with pytest.raises(Diverged) as raised:
        launching.launch(diverging, (where,), work("x", 2), {})
    assert raised.value.found == "It broke." and raised.value.remedy == "Mend it."
    assert psutil.Process().children(recursive=True) == [] or not any("spawn_main" in " ".join(one.cmdline()) for one in psutil.Process().children())


def test_a_killed_process_is_told_as_such(work):
    with pytest.raises(WorkerDied, match="Process 2 of 2 was killed by signal 9"):
        launching.launch(breaking, ("killed",), work("x", 2), {})


def test_a_librarys_error_is_told_with_its_process_and_its_trace(work):
    with pytest.raises(StepFailed, match=r"KeyError: 'gone' \(in process 2 of 2\)") as raised:
        launching.launch(breaking, ("library",), work("x", 2), {})
    assert "in breaking" in str(raised.value.__cause__)


def terminating(told):
    """Ask this process to end, as a cluster does, at the third step."""
    if told.get("step") == 3 and "loss" in told:
        os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_ends_all_of_them_with_a_checkpoint_to_go_on_from(work):
    words = {**WORDS, "steps": 400, "checkpoint_every": 400, "evaluate_every": 400}
    with pytest.raises(KeyboardInterrupt):
        launching.launch(training, (words,), work("x", 2, terminating), {})
    (kept,) = [int(one.name) for one in (work("x").scratch / "checkpoints").iterdir()]
    assert 3 <= kept < 400


def test_ctrl_c_ends_all_of_them(work):
    def interrupt(told):
        if told.get("step") == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        launching.launch(training, ({**WORDS, "steps": 400},), work("x", 2, interrupt), {})


# One process


def plain(words, work):
    with launching.first():
        return {"leads": launching.leads(), "any": launching.any_of_all(said=True), "none": launching.any_of_all(said=False), "words": words}


def test_without_a_launcher_it_is_done_here(work):
    assert launching.launch(plain, ("a",), work("x"), {}) == {"leads": True, "any": True, "none": False, "words": "a"}


def test_a_launcher_that_cannot_serve_is_refused_before_anything_starts(work):
    given = work("x", 2)
    wrong = replace(given, machine=replace(given.machine, launcher=Launcher(2, "ddp", None, "nccl")))
    with pytest.raises(AskedWrong, match="`nccl` talks between CUDA GPUs only"):
        launching.launch(plain, ("a",), wrong, {})
