"""The presets: every rule limits a measure that its family gives."""

import pyarrow as pa
import pytest

from tilth.text import dialects
from tilth.text.rules import USUAL

TEXT = pa.array(["Some words, and a line.\n\nAnother one.", None], pa.large_string())
ASKING = {"datatrove": "tilth.text.english", "dclm": "uniseg"}
"""What a dialect needs beside tilth."""


@pytest.mark.parametrize(("dialect", "rules"), [(name, rules) for name, sets in dialects.DIALECTS.items() if name != "tilth" for rules in sets])
def test_every_rule_limits_a_measure_that_its_family_gives_and_a_null_has_none(dialect, rules):
    if dialect in ASKING:
        pytest.importorskip(ASKING[dialect], exc_type=ImportError)
    told = dialects.family(dialect, rules)(TEXT)
    for name, (low, high) in dialects.DIALECTS[dialect][rules].items():
        assert len(told[name]) == 2 and told[name][1].as_py() is None
        assert low is not None or high is not None


def test_the_rules_of_tilth_are_the_usual_ones():
    assert dialects.DIALECTS["tilth"] is USUAL


def test_limits_of_runs_are_gophers_in_every_dialect():
    for sets in dialects.DIALECTS.values():
        assert {name: limits for name, limits in sets["gopher_repetition"].items() if "gram" in name} == {
            name: limits for name, limits in USUAL["gopher_repetition"].items() if "gram" in name
        }


def test_a_measure_depends_on_the_version_of_the_package_that_finds_its_words():
    pytest.importorskip("uniseg")
    assert dialects.key("dclm", "gopher_repetition").startswith("dclm, uniseg ") and dialects.key("dclm", "gopher") == "dclm"
    assert dialects.key("dolma", "c4") == "dolma"


def test_what_is_compiled_before_workers_start_is_what_a_family_asks():
    dialects.prepare()
    assert dialects.family("curator", "gopher")(TEXT)["words"].to_pylist() == [7, None]
