"""What another limit would do, told from what a run has stored: the same as running with it."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.projects import Project, line
from tilth.errors import NotThere, UsageError
from tilth.execute.run import Wish
from tilth.execute.suppose import curve, suppose
from tilth.record import shown
from tilth.store.runs import Run

RECIPE = """
name: small
seed: 7
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - filter.length: {characters: {at_least: 12}, words: {at_most: 60}}
    - clean.whitespace
    - filter.length: {words: {at_least: 3}}
    - filter.quality: {rules: [gopher_repetition], limits: {top_2_gram: {at_most: 0.5}}}
    - dedup.minhash: {similarity: 0.8}
  parts:
    - from: docs
    - split.random: {test: 5}
"""

LIMITS = {
    "docs.filter.length.characters.at_least": st.integers(0, 400),
    "docs.filter.length.words.at_most": st.integers(1, 90),
    "docs.filter.length[2].words.at_least": st.integers(0, 60),
    "docs.filter.quality.limits.top_2_gram.at_most": st.floats(0.001, 1),
    "docs.dedup.minhash.similarity": st.floats(0.8, 0.89),
}


def rows() -> list[dict[str, str]]:
    """Texts of which some are short, some repeat themselves, and some are nearly another one."""
    plain = [" ".join(f"w{place}of{row}" for place in range(row % 70)) for row in range(70)]
    near = [text + " and an end" * (row % 5) for row, text in enumerate(plain[30:], 1)]
    return [{"text": text} for text in [*plain, *near, *["again and again " * 20, "  so  short "]]]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("supposed"))
    made.write_recipe(RECIPE)
    every = rows()
    made.write("a.jsonl", every[:60])
    made.write("b.jsonl", every[60:])
    made.run(shard_bytes=3000)
    return made


@pytest.fixture
def run(done: Project) -> Run:
    return done.runs.find("small/1")


def dropped(run: Run, step: str) -> set[str]:
    lines = pq.read_table(run.folder / "decisions/docs.parquet").to_pylist()
    return {shown(one["id"]) for one in lines if (one["step"], one["action"]) == (step, "dropped")}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(LIMITS)), st.data())
def test_the_answer_is_what_a_run_with_that_limit_does_row_by_row(done: Project, run: Run, address: str, data: st.DataObject) -> None:
    value = data.draw(LIMITS[address])
    told = suppose(run, address, str(value))
    other = done.run([f"{address}={value}"], Wish(until="docs"), shard_bytes=3000)
    step = told.step
    came = line(other, step)
    assert (told.rows_in, told.kept, told.would_keep) == (came["rows_in"], line(run, step)["kept"], came["kept"])
    before, after = dropped(run, step), dropped(other, step)
    assert set(told.back.ids) == before - after
    assert set(told.gone.ids) == after - before
    assert (told.back.rows, told.gone.rows) == (len(told.back.ids), len(told.gone.ids))
    assert sum(told.gone.by_rule.values()) == told.gone.rows


def test_rows_that_turn_come_with_rule_value_and_text(run: Run) -> None:
    told = suppose(run, "docs.filter.length[2].words.at_least", "5")
    assert set(told.gone.by_rule) == {"words"} and not told.back.rows
    assert all(one.value in (3, 4) and len(one.text.split()) == one.value for one in told.gone.examples)


def test_a_curve_tells_what_each_single_question_tells(run: Run) -> None:
    told = curve(run, "docs.filter.length.characters.at_least")
    assert told.now == 12 and len(told.points) > 10
    assert [kept for _, kept in told.points] == sorted((kept for _, kept in told.points), reverse=True)
    for value, kept in told.points[::5]:
        assert suppose(run, "docs.filter.length.characters.at_least", str(value)).would_keep == kept


def test_the_curve_of_a_similarity_tells_how_surely_pairs_were_found(run: Run) -> None:
    told = curve(run, "docs.dedup.minhash.similarity")
    kept = dict(told.points)
    assert kept[0.5] <= kept[0.8] <= kept[1.0]
    assert told.found[0.5] < 0.5 < 0.99 <= told.found[0.8]


def test_another_size_of_a_part_moves_rows_and_drops_none(run: Run) -> None:
    told = suppose(run, "parts.split.random.test", "8")
    assert (told.moved, told.back.rows, told.gone.rows) == (3, 0, 0)


def test_labels_that_would_be_kept_too_bring_their_rows_back(another: object) -> None:
    project = another()
    project.write_recipe('name: small\ndata:\n  docs:\n    - source.files: {path: "raw/*.jsonl"}\n    - filter.language: {keep: [en]}\n')
    english, german = "The weather is fine today, and we walk home together.", "Das Wetter ist heute schön, und wir gehen zusammen nach Hause."
    project.write("a.jsonl", [{"text": text} for text in [english, german, german]])
    told = suppose(project.run(), "docs.filter.language.keep", "[en, de]")
    assert (told.kept, told.would_keep, told.back.rows) == (1, 3, 2)
    assert [one.value for one in told.back.examples] == [None, None]


def test_a_label_has_a_curve_of_what_the_list_becomes_with_and_without_it(another: object) -> None:
    project = another()
    project.write_recipe('name: small\ndata:\n  docs:\n    - source.files: {path: "raw/*.jsonl"}\n    - filter.language: [en]\n')
    english, german = "The weather is fine today, and we walk home together.", "Das Wetter ist heute schön, und wir gehen zusammen nach Hause."
    project.write("a.jsonl", [{"text": text} for text in [english, german, german]])
    told = curve(project.run(), "docs.filter.language.keep")
    assert (told.now, told.points) == (["en"], [(["en"], 1), (["en", "de"], 3)]), "a list without a label is no setting"


def test_a_limit_that_is_not_given_has_a_curve_too(run: Run) -> None:
    told = curve(run, "docs.filter.length.characters.at_most")
    assert told.now is None and told.points[-1][1] == line(run, "docs.filter.length")["kept"]


def test_rows_that_were_let_go_are_counted_and_those_that_had_fallen_are_named(done: Project, run: Run, another: object) -> None:
    other = another()
    shutil.copytree(done.folder / "raw", other.folder / "raw", dirs_exist_ok=True)
    other.write_recipe(RECIPE)
    bare = other.run(shard_bytes=3000, keep_rows=False)
    for address, value in (("docs.filter.length[2].words.at_least", "1"), ("docs.filter.length.characters.at_least", "100")):
        told, whole = suppose(bare, address, value), suppose(run, address, value)
        assert (told.back.rows, told.gone.rows, told.gone.by_rule) == (whole.back.rows, whole.gone.rows, whole.gone.by_rule)
        assert (told.back.ids, told.gone.ids) == (whole.back.ids, [])
        assert all(one.text is None and one.value is not None for one in told.back.examples)


def test_a_curve_of_what_is_no_number_is_refused_with_what_to_ask_instead(run: Run) -> None:
    with pytest.raises(UsageError, match=r"tilth what-if parts\.split\.random\.test=VALUE"):
        curve(run, "parts.split.random.test")


def test_a_step_that_the_run_did_not_come_to_is_said_to_be_so(tmp_path: object, done: Project, another: object) -> None:
    other = another()
    shutil.copytree(done.folder / "raw", other.folder / "raw", dirs_exist_ok=True)
    other.write_recipe(RECIPE + "  more:\n    - from: docs\n    - filter.length: {words: {at_least: 2}}\n")
    half = other.run(wish=Wish(until="docs"))
    with pytest.raises(NotThere, match=r"did not come to more\.filter\.length"):
        suppose(half, "more.filter.length.words.at_least", "4")


def test_an_answer_can_be_written_as_json_and_holds_no_numpy(run: Run) -> None:
    told = suppose(run, "docs.filter.length.characters.at_least", "100")
    assert json.loads(json.dumps({"in": told.rows_in, "ids": list(told.gone.ids), "rules": told.gone.by_rule}))["in"] == told.rows_in
    assert not isinstance(told.kept, np.integer)


def test_what_would_be_cut_set_or_copied_is_no_row_that_fares_as_it_did(another: object) -> None:
    project = another()
    project.write_recipe(
        'name: small\ndata:\n  docs:\n    - source.files: {path: "raw/*.jsonl"}\n    - dedup.lines: {at_least: 2, shortest: 3}\n'
        "  over:\n    - from: docs\n    - balance.classes: {by: kind, how: oversample, to: {a: 4}}\n"
    )
    often, twice = "a line of many rows", "a line of two rows"
    texts = [f"one\n{often}", f"two\n{often}", f"three\n{often}\n{twice}", f"four\n{twice}"]
    project.write("a.jsonl", [{"text": text, "kind": kind} for text, kind in zip(texts, "abbb", strict=True)])
    run = project.run()
    told = suppose(run, "docs.dedup.lines.at_least", "3")
    assert (told.otherwise, told.same, told.cut - told.would_cut) == (1, 3, len(twice) + 1), "of the fourth row nothing would be cut"
    copied = suppose(run, "over.balance.classes.to.a", "6")
    assert (copied.otherwise, copied.same) == (1, 3)


def test_a_limit_of_all_rows_has_a_curve_and_a_group_of_settings_tells_what_is_in_it(another: object) -> None:
    project = another()
    project.write_recipe(
        'name: small\ndata:\n  docs:\n    - source.files: {path: "raw/*.jsonl"}\n    - filter.length: {words: {at_least: 1}}\n'
        "    - balance.cap: {bucket: kind, at_most: 4}\n"
    )
    project.write("a.jsonl", [{"text": f"row {number}", "kind": "ab"[number % 2]} for number in range(20)])
    run = project.run()
    assert curve(run, "docs.balance.cap.at_most").points == [(1, 2), (2, 4), (3, 6), (4, 8), (6, 12), (8, 16), (16, 20), (40, 20)]
    with pytest.raises(UsageError, match="Ask for one: `tilth what-if docs.filter.length.words.at_least`"):
        curve(run, "docs.filter.length.words")
