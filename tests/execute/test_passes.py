"""Passes: a shard goes through a segment once, and what was measured is not measured again."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects import Project, line, result, table
from tilth.errors import BooksDoNotBalance
from tilth.execute.passes import EXCERPT, advance, excerpts, measures_key, recall, rows_key, wanted
from tilth.execute.pieces import Piece
from tilth.recipe.plan import Segment
from tilth.recipe.resolve import Placed
from tilth.record import TEXT, Batch, Check, Measure
from tilth.step import Filter, Map
from tilth.steps.clean.unicode import Unicode
from tilth.steps.filter.length import Length


class Stamp(Map):
    """A step that sets what it may not."""

    column: str
    """What it sets."""
    rows: int = 0
    """How many values it forgets."""

    def reads(self) -> tuple[str, ...]:
        return ("text",)

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        return {self.column: pa.array(["x"] * (len(batch) - self.rows if len(batch) else 0), TEXT)}


def too_few(array: pa.Array) -> dict[str, pa.Array]:
    return {"few": pa.array([1.0] * max(0, len(array) - 1))}


class Forgetful(Filter):
    """A filter whose measure forgets a row."""

    def checks(self) -> tuple[Check, ...]:
        return (Check("few", Measure("few", too_few), at_least=0),)


@pytest.fixture
def piece(project: Project) -> Piece:
    stage = project.run().record()["data"]["docs"]["stages"][0]
    return Piece(stage["rows"][0], None, stage["entered"][0])


def objects(project: Project, file: str) -> set[str]:
    """The objects in the store that hold a file of this name."""
    return {path.parent.name for path in (project.store.root / "objects").glob(f"*/*/{file}")}


def length(**limits: object) -> Placed:
    return Placed("docs.filter.length", 7, Length(**limits))  # type: ignore[arg-type]


def test_a_changed_limit_measures_nothing_and_changes_no_row(project: Project) -> None:
    project.run()
    rows, measures, verdicts = (objects(project, name) for name in ("rows.parquet", "measures.parquet", "keep.parquet"))
    stamps = {path: path.stat().st_mtime_ns for path in (project.store.root / "objects").glob("*/*/measures.parquet")}
    changed = project.run(sets=["docs.filter.length.characters.at_least=25"])
    assert line(changed, "docs.filter.length")["dropped"] > 0
    first = changed.record()["data"]["docs"]["stages"][0]

    assert {content[2:] for content in first["rows"]} <= rows and {content[2:] for content in first["measures"]} <= measures
    assert not {content[2:] for content in first["verdicts"]} <= verdicts
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


def test_an_added_rule_reads_the_stored_rows_and_not_the_raw_files(project: Project) -> None:
    project.run()
    rows = objects(project, "rows.parquet")
    changed = project.run(sets=["docs.filter.length.words.at_most=6"])
    told = line(changed, "docs.source.files"), line(changed, "docs.clean.whitespace")
    assert all(one["from_store"] for one in told)
    assert {content[2:] for content in changed.record()["data"]["docs"]["stages"][0]["rows"]} <= rows


def test_a_filter_more_in_the_segment_reads_the_stored_rows_too(project: Project) -> None:
    project.write_recipe(
        "name: one\ndata:\n  docs:\n    - source.files: {path: raw}\n    - clean.unicode\n    - filter.length: {words: {at_least: 2}}\n"
    )
    project.run()
    rows = objects(project, "rows.parquet")
    project.write_recipe((project.folder / "recipe.yaml").read_text() + "    - filter.where: n > 3\n")
    run = project.run()
    assert line(run, "docs.source.files")["from_store"] and not line(run, "docs.filter.where")["from_store"]
    assert objects(project, "rows.parquet") == rows


def test_a_row_that_stays_after_all_is_cleaned_by_the_maps_that_follow(project: Project) -> None:
    straight = "docs.clean.unicode.quotes=straight"
    strict = project.run(sets=[straight, "docs.filter.length.characters.at_least=30"])
    loose = project.run(sets=[straight, "docs.filter.length.characters.at_least=1"])
    assert table(loose, "docs").num_rows > table(strict, "docs").num_rows
    assert not any("“" in text for text in table(loose, "docs")["text"].to_pylist())


def test_what_is_recalled_is_what_was_made(project: Project, piece: Piece) -> None:
    segment = Segment((Placed("docs.clean.unicode", 6, Unicode(quotes="straight")),), (length(words={"at_least": 4}),))
    assert recall(project.store, piece, segment, 7) is None
    made = advance(project.store, piece, segment, 7)
    found = recall(project.store, piece, segment, 7)
    assert found is not None and found.piece == made.piece and made.made and not found.made
    assert found.rows.content == made.rows.content and found.measures is not None and found.verdict is not None
    assert found.measures.content == made.measures.content and found.verdict.content == made.verdict.content  # type: ignore[union-attr]


def test_keys_are_blind_to_limits_and_to_nothing_else(piece: Piece) -> None:
    short, long = Segment((), (length(words={"at_least": 1}),)), Segment((), (length(words={"at_least": 9}),))
    assert measures_key(piece, short) == measures_key(piece, long)
    assert measures_key(piece, Segment((), (length(words={"at_least": 1}, fields=("kind",)),))) != measures_key(piece, short)
    assert measures_key(Piece(piece.rows, "verdict", 1), short) != measures_key(piece, short)
    assert rows_key(piece, short) is None, "filters alone change no row"
    one, other = (Segment((Placed("docs.clean.unicode", 6, Unicode(form=form)),)) for form in ("NFC", "NFKC"))
    assert rows_key(piece, one) != rows_key(piece, other)


def test_a_measure_that_two_filters_look_at_is_taken_once() -> None:
    segment = Segment((), (length(words={"at_least": 1}), length(characters={"at_least": 1})))
    assert [one.column for one in wanted(segment)] == ["characters", "words"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Stamp(column="id"), "may not set"),
        (Stamp(column="origin"), "may not set"),
        (Stamp(column="text", rows=1), "values of `text` came out"),
        (Forgetful(), "values of `few` came out"),
    ],
)
def test_a_step_that_loses_a_row_is_refused_and_nothing_is_stored(project: Project, piece: Piece, step: Map | Filter, said: str) -> None:
    placed = Placed("docs.toy.step", 6, step, "recipe.yaml:6")
    segment = Segment((placed,)) if isinstance(step, Map) else Segment((), (placed,))
    before = set((project.store.root / "keys").glob("*/*"))
    with pytest.raises(BooksDoNotBalance, match=said) as error:
        advance(project.store, piece, segment, 7)
    assert "docs.toy.step" in error.value.where
    assert set((project.store.root / "keys").glob("*/*")) == before


def test_rows_stand_as_they_were_judged_and_measures_tell_of_each(project: Project) -> None:
    record = project.run(shard_bytes=1500).record()["data"]["docs"]
    for stage in record["stages"]:
        for rows, measured, entered in zip(stage["rows"], stage["measures"], stage["entered"], strict=False):
            if measured is not None:
                assert pq.read_metadata(project.store.path(measured) / "measures.parquet").num_rows == entered
            assert pq.read_metadata(project.store.rows(rows)).num_rows >= entered


def test_a_pass_tells_its_time_once(project: Project) -> None:
    run = project.run()
    assert [one["steps"] for one in result(run)["passes"]] == [
        ["docs.clean.whitespace", "docs.filter.length"],
        ["docs.clean.unicode", "docs.filter.where"],
    ]
    told = {one["step"].removeprefix("docs."): one["seconds"] for one in result(run)["steps"]}
    assert [step for step, seconds in told.items() if seconds is None] == ["clean.whitespace", "filter.length", "filter.where"]


@given(st.text(max_size=900), st.text(max_size=900), st.text(max_size=900), st.text(max_size=9))
def test_an_excerpt_is_of_both_texts_at_the_place_where_they_part(alike: str, one: str, other: str, tail: str) -> None:
    old, new = excerpts(alike + one + tail, alike + other + tail)
    for short, long in ((old, alike + one + tail), (new, alike + other + tail)):
        assert len(short) <= EXCERPT + 2 and short.strip("…") in long
    if alike + one != alike + other and one[:1] != other[:1]:
        assert old != new


def test_nothing_half_made_is_left_where_a_pass_ended(project: Project) -> None:
    project.run()
    assert list(Path(project.store.root / "work").iterdir()) == []
