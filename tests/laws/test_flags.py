"""The table of verbs and flags is frozen: what is wanted grows in the recipe, not on the command line."""

from typing import Any

import typer

from docs.generate import flags, verbs
from tests.laws.house import obeyed
from tilth.cli.main import app

EVERYWHERE = {"--debug", "--quiet", "--json"}
VERBS: dict[str, set[str]] = {
    "run": {"--set", "--workers", "--engine", "--until", "--from", "--sample", "--fail-unless"},
    "plan": {"--set", "--rehearse", "--scale"},
    "look": {"--dropped", "--border", "--where", "--search", "-n", "--whole", "--ids"},
    "why": {"--run"},
    "what-if": {"--run"},
    "report": {"--open", "--figures"},
    "init": {"--from"},
    "sweep": {"--yes"},
    **dict.fromkeys(("diff", "runs", "steps", "schema", "verify", "doctor", "demo"), set()),
}


def options(command: Any) -> set[str]:
    """Every way to write each of its flags."""
    return {option for flag in flags(command) for option in flag.opts}


def test_the_verbs_and_their_flags_are_those_of_the_table() -> None:
    found = {f"tilth {name} {option}" for name, command in verbs().items() for option in options(command)}
    wanted = {f"tilth {name} {option}" for name, own in VERBS.items() for option in own | EVERYWHERE}
    findings = [f"{flag} is in the table, and not there" for flag in sorted(wanted - found)]
    obeyed("Verbs and flags.", findings + [f"{flag} is there, and not in the table" for flag in sorted(found - wanted)])


def test_before_the_verb_stands_only_the_version() -> None:
    assert options(typer.main.get_command(app)) == {"--version"}
