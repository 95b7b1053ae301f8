"""A dataset is made: found where it is stored, numbered where it begins, refused where ids meet."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.projects import RECIPE, Project, line, result, table
from tilth.errors import BooksDoNotBalance, NotThere, StepFailed, TooManyBadRecords
from tilth.execute.datasets import Hands, Kind, Walked, dataset, know_files, shelve, walk
from tilth.execute.local import Pool
from tilth.execute.pieces import Piece
from tilth.execute.progress import Progress
from tilth.execute.run import Wish
from tilth.recipe.plan import lanes
from tilth.recipe.resolve import Placed
from tilth.steps.clean.unicode import Unicode

Handed = Callable[..., Hands]


@pytest.fixture
def hands(project: Project) -> Iterator[Handed]:
    with project.store.held():

        def make(**machine: Any) -> Hands:
            return Hands(project.store, project.recipe(workers=1, **machine).machine, Pool(1), Progress(quiet=True), project.folder)

        yield make


def walked(project: Project, hands: Hands) -> Walked:
    return walk(hands, lanes(project.recipe())["docs"], {}, Walked("docs"))


def test_what_is_stored_is_recalled_and_only_the_rest_is_done(hands: Handed) -> None:
    done: list[int] = []

    def square(number: int) -> int:
        done.append(number)
        return number * number

    def known(number: int) -> int | None:
        return number * number if number % 2 else None

    assert hands().each("square", Kind(square, known), [(1,), (2,), (3,), (4,)], list("abcd")) == [1, 4, 9, 16]
    assert done == [2, 4]
    assert hands().each("square", Kind(square), [(1,)], ["a"]) == [1]
    assert hands().each("square", Kind(square, known), [], []) == []


def test_steps_are_prepared_before_the_work_and_only_if_there_is_some(hands: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(Unicode, "prepare", lambda _: told.append("prepared"))
    work = Kind(lambda: told.append("done") or 1, lambda: None if not told else 1, (Placed("docs.clean.unicode", 6, Unicode()),))
    hands().each("x", work, [()], ["a"])
    hands().each("x", work, [()], ["a"])
    assert told == ["prepared", "done"]


def test_shards_are_numbered_through_their_file(project: Project, hands: Handed) -> None:
    placed = project.recipe().data[0].sources[0]
    shelves = shelve(hands(shard_bytes=700), placed, Walked("docs"))
    assert len(shelves) > 4
    following = 1
    for before, shelf in zip([None, *shelves], shelves, strict=False):
        following = following if before is not None and before.shard.file == shelf.shard.file else 1
        assert shelf.first == following and not shelf.cut
        following += shelf.records
    assert sum(shelf.records for shelf in shelves) == 120
    assert len({str(shelf.types) for shelf in shelves}) == 1, "types are settled over all shards"


@pytest.mark.parametrize("sample", [1, 49, 50, 51, 120, 500])
def test_a_sample_takes_the_first_records_of_each_source(project: Project, sample: int) -> None:
    project.write_recipe("name: s\ndata:\n  docs:\n    - source.files: {path: raw}\n")
    run = project.run(wish=Wish(sample=sample), shard_bytes=900)
    assert line(run, "docs.source.files")["rows_in"] == min(sample, 120)
    whole = project.run(shard_bytes=900)
    assert table(run, "docs").equals(table(whole, "docs").slice(0, sample))


def test_types_are_settled_over_all_files(project: Project) -> None:
    project.write("c.jsonl", [{"text": "the last file has a fraction and a name", "n": 0.5, "kind": ["list"]}])
    run = project.run(["docs.filter.where=n >= 0"])
    rows = table(run, "docs")
    assert str(rows.schema.field("n").type) == "double" and rows.schema.field("kind").metadata == {b"tilth": b"json"}


def test_file_digests_are_taken_once(project: Project, hands: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sorted(str(path) for path in (project.folder / "raw").iterdir())
    first = know_files(hands(), paths, "docs")
    monkeypatch.setattr(Pool, "each", lambda *_: pytest.fail("a known file is read again"))
    assert know_files(hands(), paths, "docs") == first and len(set(first.values())) == 2


def test_a_part_is_meant_by_its_name(project: Project, hands: Handed) -> None:
    made = walked(project, hands())
    assert made.parts == ("train", "validation", "test") == tuple(made.files)
    assert made.part("docs") == made.pieces
    assert made.part("docs.test") == [Piece(piece.rows, piece.keep, piece.count, 2) for piece in made.pieces]
    test = dataset(project.store, made, "docs.test")
    assert (test.name, test.rows, len(test.files)) == ("docs.test", 5, 1)
    with pytest.raises(NotThere, match="`docs.tset` is no part of `docs`. Its parts: train, validation, test"):
        dataset(project.store, made, "docs.tset")


def test_two_sources_begin_one_dataset_and_have_a_line_each(project: Project) -> None:
    project.write_recipe(
        "name: two\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n    - source.files: {path: raw/b.jsonl}\n    - clean.whitespace\n"
    )
    run = project.run()
    told = [(one["step"], one["rows_in"], one["kept"]) for one in result(run)["steps"]]
    assert told == [("docs.source.files", 50, 50), ("docs.source.files[2]", 70, 70), ("docs.clean.whitespace", 120, 120)]
    assert len(set(table(run, "docs")["id"].to_pylist())) == 120


def test_the_same_file_twice_has_other_ids_unless_a_column_says_them(project: Project) -> None:
    source = "    - source.files: {path: raw/a.jsonl%s}\n"
    project.write_recipe("name: two\ndata:\n  docs:\n" + source % "" * 2)
    assert len(set(table(project.run(), "docs")["id"].to_pylist())) == 100
    project.write_recipe("name: two\ndata:\n  docs:\n" + source % ", id: n" * 2)
    with pytest.raises(BooksDoNotBalance, match="50 ids are there more than once") as error:
        project.run()
    assert error.value.remedy


def test_one_dataset_taken_in_twice_by_its_parts_shares_no_row(project: Project) -> None:
    project.write_recipe(RECIPE + "  both:\n    - from: [docs.train, docs.test]\n")
    run = project.run()
    parts = line(run, "docs.split.random")["parts"]
    assert table(run, "both").num_rows == parts["train"] + parts["test"]
    project.write_recipe(RECIPE + "  both:\n    - from: [docs.train, docs.train]\n")
    with pytest.raises(Exception, match="share rows|docs.train"):
        project.run()


@pytest.mark.parametrize(("bad", "share"), [(1, "0.02"), (5, "0.05"), (60, "0.5"), (300, "1")])
def test_the_share_that_would_let_bad_records_pass_is_proposed_and_lets_them(project: Project, bad: int, share: str) -> None:
    project.write_recipe("name: bad\ndata:\n  docs:\n    - source.files: {path: raw, bad_records: {at_most: 0}}\n")
    project.write("c.jsonl", ["{broken"] * bad)
    with pytest.raises(TooManyBadRecords) as error:
        project.run()
    assert f"`bad_records: {{at_most: {share}}}`" in error.value.remedy
    assert f"{bad:,} of {120 + bad:,} records" in error.value.found
    assert ("as `tilth steps source.files` tells" in error.value.remedy) == (bad > 120), "most of it is bad: it is written otherwise"
    project.run(sets=[f"docs.source.files.bad_records.at_most={share}"])


def test_where_all_is_bad_no_share_is_proposed(project: Project) -> None:
    project.write_recipe("name: bad\ndata:\n  docs:\n    - source.files: {path: raw/c.jsonl}\n")
    project.write("c.jsonl", ["{broken"] * 3)
    with pytest.raises(TooManyBadRecords) as error:
        project.run()
    assert error.value.remedy == "Say in this step how they are written, as `tilth steps source.files` tells."


def test_a_file_that_is_gone_when_it_is_read_is_told(project: Project, hands: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((NotThere, StepFailed), match="cannot be read"):
        know_files(hands(), [str(project.folder / "raw" / "gone.jsonl")], "docs")


def test_facts_can_be_gathered_though_rows_were_let_go(project: Project) -> None:
    first = project.run(keep_rows=False)
    again = project.run(sets=["name=other"], keep_rows=False)
    assert again.facts()["examples"] == first.facts()["examples"]
    assert result(again)["content"] == result(first)["content"]
    assert not list((project.store.root / "objects").glob("*/*/rows.parquet"))
