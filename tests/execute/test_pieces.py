"""Where rows stand, which of them are still in, and that none is lost."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects import Project, line
from tilth.errors import BooksDoNotBalance
from tilth.execute.pieces import Piece, balance, entering, ids, positions, size
from tilth.record import ID, Ids, as_ids, shown

IDS = st.lists(st.integers(0, 1 << 128).map(lambda number: (number % (1 << 128)).to_bytes(16, "big")), max_size=12, unique=True)
ZERO = bytes(16)


def array(found: list[bytes]) -> Ids:
    return as_ids(pa.array(found, ID))


@given(IDS, st.randoms())
def test_books_balance_if_each_row_is_in_exactly_one_outcome(rows: list[bytes], random) -> None:
    outcomes: list[list[bytes]] = [[], [], []]
    for one in random.sample(rows, len(rows)):
        outcomes[random.randrange(3)].append(one)
    balance("docs.filter.x", array(rows), *map(array, outcomes))


@given(IDS.filter(bool), st.data())
def test_a_row_that_is_missing_double_or_foreign_is_named(rows: list[bytes], data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(rows))
    rest = [row for row in rows if row != one]
    with pytest.raises(BooksDoNotBalance) as missing:
        balance("here", array(rows), array(rest))
    assert f"{len(rows)} rows entered and {len(rest)} are accounted for; {shown(one)} is missing" in str(missing.value)
    with pytest.raises(BooksDoNotBalance, match=f"{shown(one)} is there twice"):
        balance("here", array(rows), array(rows), array([one]))
    with pytest.raises(BooksDoNotBalance, match=f"{shown(one)} came from nowhere"):
        balance("here", array(rest), array(rest), array([one]))
    assert missing.value.where == "here" and missing.value.exit_code == 3


def test_one_row_in_place_of_another_is_found_out_though_the_numbers_agree() -> None:
    one, other = ZERO, ZERO[:-1] + b"\1"
    with pytest.raises(BooksDoNotBalance, match=f"{shown(one)} is missing"):
        balance("here", array([one]), array([other]))
    with pytest.raises(BooksDoNotBalance, match=f"{shown(other)} is missing"):
        balance("here", array([one, other]), array([one, one]))


def test_ids_of_zeros_are_ids_like_any_other() -> None:
    some = [ZERO, b"a" + ZERO[1:], b"a\0b" + ZERO[3:], ZERO[:-1] + b"a"]
    balance("here", array(some), array(some[::-1]))
    balance("here", array([]))


def test_a_piece_gives_its_rows_in_order_whatever_the_batch(project: Project) -> None:
    run = project.run()
    told = run.record()["data"]["docs"]
    assert sum(piece[2] for piece in told["pieces"]) == line(run, "docs.split.random")["kept"]
    for rows, keep, count, _ in told["pieces"]:
        piece = Piece(rows, keep, count)
        every = ids(project.store, Piece(rows, None, 0))
        kept = ids(project.store, piece)
        places = positions(project.store, piece)
        assert places is not None and len(kept) == count == size(project.store, piece)
        assert (every[places] == kept).all() and (np.diff(places) > 0).all()
        assert positions(project.store, Piece(rows, None, 0)) is None
        for batch in (1, 7, 1000):
            tables = list(entering(project.store, piece, batch, ["id", "text"]))
            assert all(0 < table.num_rows <= batch for table in tables)
            assert as_ids(pa.concat_tables(tables)["id"]).tobytes() == kept.tobytes()


def test_the_parts_of_a_split_share_no_row_and_leave_none_out(project: Project) -> None:
    told = project.run().record()["data"]["docs"]
    for rows, keep, count, _ in told["pieces"]:
        parts = [Piece(rows, keep, count, number) for number in range(len(told["part_names"]))]
        balance("split", ids(project.store, Piece(rows, keep, count)), *(ids(project.store, part) for part in parts))
        assert [size(project.store, part) for part in parts] == [len(ids(project.store, part)) for part in parts]
        assert len({str(part.identity()) for part in parts}) == len(parts)
