"""What the machine gives."""

from dataclasses import fields

from tilth.recipe.machine import MachineSettings
from tilth.work import Machine, cores


def test_the_settings_are_those_of_the_machine_with_the_same_defaults():
    assert list(MachineSettings.model_fields) == [field.name for field in fields(Machine)]
    assert MachineSettings().machine() == Machine(workers=cores())


def test_what_is_written_is_given_on():
    machine = MachineSettings.model_validate_json('{"workers": 7, "micro_batch": 2, "device": "cpu"}', strict=True).machine()
    assert (machine.workers, machine.micro_batch, machine.device, machine.engine) == (7, 2, "cpu", "local")
