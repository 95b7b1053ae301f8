"""Several processes: the same training as in one, ended together, whatever ends them."""

import os
import signal
from dataclasses import replace
from multiprocessing import util

import psutil
import pytest
import torch
from safetensors.torch import load_file
from torch import distributed

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
from tilth.work import Destination, Launcher, Machine, Work

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


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("launching")
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


@pytest.fixture(scope="module")
def both(work):
    """A training in two processes: its facts, and what was told of it."""
    said = []
    return launching.launch(training, (WORDS,), work("both", 2, said.append, 2), {}), said


def test_two_processes_learn_what_one_does_and_only_the_first_tells(work, both):
    alone = launching.launch(training, (WORDS,), work("alone"), {})
    both, said = both
    assert len(curve(alone)) == len(curve(both)) == 10
    for one, other in zip(curve(alone), curve(both), strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    assert [one["step"] for one in said if "loss" in one] == list(range(1, 9))
    mine, theirs = (load_file(work(name).folder / "model.safetensors") for name in ("alone", "both"))
    assert max(float((mine[name] - theirs[name]).abs().max()) for name in mine) < 1e-4
    assert both["best"] == alone["best"] == 8


# Ends


def leaving(work):
    """What libraries clear away when a process ends, semaphores among it, is cleared away so."""
    util.Finalize(None, (work.folder / f"left {distributed.get_rank()}").touch, exitpriority=0)
    return {"rank": distributed.get_rank()}


def test_those_that_are_done_leave_by_themselves(work):
    given = work("leaving", 2)
    assert launching.launch(leaving, (), given, {}) == {"rank": 0}
    assert sorted(file.name for file in given.folder.iterdir()) == ["left 0", "left 1"]


def breaking(how, work):
    """The second process ends in some way, while the first one waits for it."""
    if distributed.get_rank() == 1:
        if how == "ours":
            raise Diverged("It broke.", remedy="Mend it.")
        os.kill(os.getpid(), signal.SIGKILL) if how == "killed" else {}["gone"]
    distributed.barrier()
    return {}


def test_the_error_of_one_ends_all_and_is_the_one_that_is_raised(work):
    with pytest.raises(Diverged) as raised:
        launching.launch(breaking, ("ours",), work("diverged", 2), {})
    assert raised.value.found == "It broke." and raised.value.remedy == "Mend it."
    assert not any("--multiprocessing-fork" in one.cmdline() for one in psutil.Process().children())


def test_a_killed_process_is_told_as_such(work):
    with pytest.raises(WorkerDied, match="Process 2 of 2 was killed by signal 9"):
        launching.launch(breaking, ("killed",), work("killed", 2), {})


def test_a_librarys_error_is_told_with_its_process_and_its_trace(work):
    with pytest.raises(StepFailed, match=r"KeyError: 'gone' \(in process 2 of 2\)") as raised:
        launching.launch(breaking, ("library",), work("library", 2), {})
    assert "in breaking" in str(raised.value.__cause__)


def terminating(told):
    """Ask this process to end, as a cluster does, at the third step."""
    if told.get("step") == 3 and "loss" in told:
        os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_ends_all_of_them_with_a_checkpoint_and_the_training_goes_on_from_it_to_the_same_end(work, both):
    with pytest.raises(KeyboardInterrupt):
        launching.launch(training, (WORDS,), work("x", 2, terminating, 2), {})
    newest = max(int(one.name) for one in (work("x").scratch / "checkpoints").iterdir())
    again = launching.launch(training, (WORDS,), work("x", 2, None, 2), {})
    assert 3 <= newest < 8 and again["resumed"] == newest
    assert curve(again) == curve(both[0])


def test_ctrl_c_ends_all_of_them(work):
    def interrupt(told):
        if told.get("step") == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        launching.launch(training, ({**WORDS, "steps": 400},), work("interrupted", 2, interrupt), {})


# One process


def plain(words, work):
    with launching.first():
        return {"leads": launching.leads(), "any": launching.any_of_all(said=True), "none": launching.any_of_all(said=False), "words": words}


def test_without_a_launcher_it_is_done_here(work):
    assert launching.launch(plain, ("a",), work("here"), {}) == {"leads": True, "any": True, "none": False, "words": "a"}


def telling(work):
    work.tell({"step": 1, "of": 1, "loss": 2.5})
    return {}


def test_its_trackers_are_told_as_well(work, tmp_path):
    pytest.importorskip("tensorboard", reason="needs the extra `track`")
    said = []
    given = replace(work("told", 0, said.append), name="small/base", destinations=(Destination("tensorboard", tmp_path),))
    assert launching.launch(telling, (), given, {"batch": 4}) == {} and said == [{"step": 1, "of": 1, "loss": 2.5}]
    (file,) = tmp_path.glob("*/events.out.tfevents.*")
    assert b"train/loss" in file.read_bytes()


def test_a_strategy_that_is_only_planned_is_refused_and_leaves_its_configuration(work):
    given = work("planned", 2)
    planned = replace(given, machine=replace(given.machine, launcher=Launcher(2, "fsdp2")))
    with pytest.raises(AskedWrong, match="`strategy: fsdp2` is planned by this version, and not trained with") as refused:
        launching.launch(plain, ("a",), planned, {})
    file = given.scratch / "accelerate.yaml"
    assert str(file) in refused.value.accepted and "fsdp_version: 2" in file.read_text()


def test_a_launcher_that_cannot_serve_is_refused_before_anything_starts(work):
    given = work("refused", 2)
    wrong = replace(given, machine=replace(given.machine, launcher=Launcher(2, "ddp", None, "nccl")))
    with pytest.raises(AskedWrong, match="`nccl` talks between CUDA GPUs only"):
        launching.launch(plain, ("a",), wrong, {})
