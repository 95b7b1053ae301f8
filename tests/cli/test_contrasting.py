"""Differences in words: counted, named, and never more certain than they are."""

from tilth.cli.contrasting import Compared, Told, words
from tilth.execute.two_runs import ABSENT, Counts, Scored, Setting, TwoRuns

NOTHING = {"datasets": {}, "models": {}, "recipe": [], "steps": [], "scores": [], "versions": {}, "machine": {}}


def said(**told) -> str:
    return "\n".join(words(Told("a/1", "a/2", TwoRuns(**{**NOTHING, **told}), ())))


def test_where_nothing_differs_that_is_said():
    assert "The recipes ask for the same." in said() and "Every step counted the same." in said()


def test_settings_are_told_by_their_address():
    told = said(recipe=[Setting("docs.filter.length.at_least", 12, 30), Setting("docs.dedup.exact", ABSENT, {"ignore": ["case"]}, "b")])
    assert "docs.filter.length.at_least  12 → 30" in told
    assert "docs.dedup.exact             in the second alone: {ignore: [case]}" in told


def test_a_step_without_settings_that_one_side_has_is_named_alone():
    assert said(recipe=[Setting("docs.clean.whitespace", None, ABSENT, "a")]).splitlines()[2].endswith("in the first alone")


def test_counts_of_a_step_that_is_not_there_are_a_dash():
    told = said(steps=[Counts("docs.dedup.exact", {"kept": (None, 90), "dropped": (None, 1000), "edited": (None, 0)})])
    assert "kept – → 90, dropped – → 1,000" in told and "edited" not in told


def test_datasets_and_models_are_equal_or_not():
    told = said(datasets={"docs": ("x", "x"), "old": ("x", None), "new": ("x", "y")}, models={"base": ("k", "l")})
    assert "docs  equal: the same content" in told and "old   in the first alone" in told and "new   another content" in told
    assert "base  another key" in told


def test_scores_are_told_with_their_difference_and_whether_intervals_overlap():
    apart = Scored("held_out", "base", "perplexity", (60, 55, 66, 9), (50, 46, 54, 9))
    near = Scored("held_out", "large", "perplexity", (60, 55, 66, 9), (58, 52, 64, 9))
    bare = Scored("held_out", "tiny", "perplexity", (60, None, None, 9), (58, 52, 64, 9))
    gone = Scored("held_out", "old", "perplexity", (60, 55, 66, 9), None)
    told = said(scores=[apart, near, bare, gone])
    assert "60 (55 … 66) → 50 (46 … 54), -10 (-17.21 … -3.597); the intervals do not overlap" in told
    assert "; the intervals overlap" in told and "without intervals" in told and "in the first alone: 60 (55 … 66)" in told


def test_scores_are_said_to_be_of_other_rows_where_the_data_changed():
    score = Scored("held_out", "base", "perplexity", (60, 55, 66, 9), (50, 46, 54, 9))
    assert "Scores on rows of `docs` were measured on other rows" in said(scores=[score], datasets={"docs": ("x", "y")})
    assert "other rows" not in said(scores=[score], datasets={"docs": ("x", "x")})


def test_intervals_without_width_are_no_evidence():
    told = said(scores=[Scored("samples", "base", "length", (59, 59, 59, 1), (57, 57, 57, 1))])
    assert "59 → 57; intervals without width say nothing about noise" in told and "overlap" not in told


def test_versions_and_machines_stand_beside_each_other():
    told = said(versions={"numpy": ("2.0", None)}, machine={"cores": (2, 8)})
    assert "numpy  2.0 → –" in told and "cores  2 → 8" in told


def test_equal_datasets_are_told_with_their_content():
    told = "\n".join(words(Told("a", "b", None, [Compared("a/1:docs", "a/2:docs", "c0ffee", None, ())])))
    assert told == "a/1:docs → a/2:docs\n  Equal: both have the content c0ffee. No row was read."


def test_names_are_harmless():
    assert "\x1b" not in said(recipe=[Setting("docs.clean.replace.with", "\x1b[31m", "\x1b[0m")], datasets={"docs": ("x", "y")})
