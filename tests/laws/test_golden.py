"""A result does not move without its revision: the store would take the old result for the new one."""

import pytest

from tests.laws.golden import digest, kept, watched
from tests.laws.house import obeyed
from tilth.step import Step

ANEW = "run `python -m tests.laws.golden`"


@pytest.mark.parametrize("kind", watched(), ids=lambda kind: kind.name())
def test_a_result_moves_only_with_its_revision(kind: type[Step]) -> None:
    known = kept().get(kind.name())
    assert known, f"{kind.name()} has no golden digest: give it settings in tests/laws/golden.py if it needs some, and {ANEW}."
    assert known["revision"] == kind.revision, f"The revision of {kind.name()} was raised: {ANEW}."
    assert known["digest"] == digest(kind), f"{kind.name()} gives another result under the same settings: raise its `revision`, then {ANEW}."


def test_no_digest_is_kept_of_a_step_that_is_gone() -> None:
    obeyed(f"Kept in golden.json, and no step any more: {ANEW}.", sorted(set(kept()) - {kind.name() for kind in watched()}))
