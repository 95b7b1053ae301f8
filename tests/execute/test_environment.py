"""What a run was done with is told, so that it can be done again elsewhere."""

import json
import platform
from importlib.metadata import version
from typing import cast

from hypothesis import settings

from tilth.execute.environment import environment, system
from tilth.recipe.resolve import Placed
from tilth.step import Step
from tilth.steps.clean.whitespace import Whitespace
from tilth.work import Machine


def test_the_environment_says_what_it_was_done_with() -> None:
    told = environment(Machine(workers=3))
    assert {"python", "system", "tilth", "pyarrow"} <= set(told["versions"])
    assert told["machine"]["workers"] == 3 and told["machine"]["cores"] >= 1 and told["machine"]["memory_bytes"] > 1e6
    assert json.loads(json.dumps(told)) == told


def test_the_system_is_named_and_the_machine_is_not() -> None:
    told = system()
    assert told.startswith(platform.system()) and platform.machine() in told
    assert platform.node() not in told


def test_a_package_that_brings_a_step_is_told_with_its_version() -> None:
    own, foreign = Placed("docs.clean.whitespace", 1, Whitespace()), Placed("docs.clean.other", 2, cast(Step, settings()))
    assert "hypothesis" not in environment(Machine(), [own])["versions"]
    assert environment(Machine(), [own, foreign])["versions"]["hypothesis"] == version("hypothesis")
