"""What the machine gives."""

from dataclasses import fields

import pytest

from tilth.recipe.machine import MachineSettings
from tilth.work import Launcher, Machine, cores


def test_the_settings_are_those_of_the_machine_with_the_same_defaults():
    assert list(MachineSettings.model_fields) == [field.name for field in fields(Machine)]
    assert MachineSettings().machine() == Machine(workers=cores())


def test_what_is_written_is_given_on():
    machine = MachineSettings.model_validate_json('{"workers": 7, "micro_batch": 2, "device": "cpu"}', strict=True).machine()
    assert (machine.workers, machine.micro_batch, machine.device, machine.engine) == (7, 2, "cpu", "local")


def test_a_launcher_says_what_its_processes_hold():
    told = MachineSettings.model_validate_json('{"launcher": {"processes": 4, "strategy": "deepspeed", "zero": 3}}', strict=True).machine()
    assert told.launcher == Launcher(4, "deepspeed", 3, "auto") and Machine().launcher is None


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('{"strategy": "deepspeed"}', "needs `zero: 1`"),
        ('{"strategy": "ddp", "zero": 2}', "`zero` is a setting of `strategy: deepspeed`"),
        ('{"processes": 1}', "greater than or equal to 2"),
    ],
)
def test_a_launcher_that_makes_no_sense_is_refused(said, found):
    with pytest.raises(ValueError, match=found):
        MachineSettings.model_validate_json(f'{{"launcher": {said}}}', strict=True)
