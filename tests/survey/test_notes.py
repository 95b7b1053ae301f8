"""What somebody should know before they use data."""

import pyarrow as pa
import pytest

from tilth.survey.facts import Reach
from tilth.survey.gathering import Gathering
from tilth.survey.notes import MOST, same_columns
from tilth.survey.telling import told


def notes(columns: dict) -> list[str]:
    gathering = Gathering()
    gathering.add(pa.table(columns))
    return told("it", Reach(rows=gathering.rows), gathering).notes


SENTENCES = [f"This is row {n}, which says a thing or two about the number {n}." for n in range(100)]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"text": SENTENCES[:0]}, "There are no rows in it."),
        ({"text": SENTENCES, "price": [1.5] * 20 + [None] * 80}, "`price` is filled in 20% of the rows (20); the rest is null."),
        ({"text": [*SENTENCES[:90], *SENTENCES[:10]]}, "10 texts of `text` (10%) are exact copies of an earlier one."),
        (
            {"text": [f"{n} " + "word " * (100 + n) for n in range(60)] + [f"{n:04} {'cut ' * 300}"[:1000] for n in range(40)]},
            "exactly 1,000 characters",
        ),
        ({"text": SENTENCES, "a": list(range(100)), "b": list(range(100))}, "`a` and `b` hold the same in every row."),
        ({"text": SENTENCES, "version": ["1.0-beta"] * 100}, "`version` is the same in every row: 1.0-beta."),
        ({"text": SENTENCES, "id": [*range(99), 5]}, "`id` looks like an id, and 1 of its values are there before."),
        ({"text": SENTENCES, "n": [None] * 100}, "`n` holds nothing in any row."),
        ({"chosen": SENTENCES, "rejected": SENTENCES[:50] + SENTENCES[:50]}, "Chosen and rejected are the same in 50 rows (50%)."),
        ({"text": [f"<p>{one}</p>" for one in SENTENCES]}, "has HTML tags"),
        ({"text": [*SENTENCES[:60], *["Dies ist ein deutscher Satz über die Zahl " + str(n) for n in range(40)]]}, "in other languages than en"),
    ],
)
def test_what_is_amiss_is_said(columns: dict, said: str) -> None:
    assert any(said in note for note in notes(columns)), notes(columns)


def test_of_good_data_nothing_is_said() -> None:
    words = "some many few old new red green small great good".split()
    texts = [
        f"{words[n % 10].capitalize()} {words[n // 10]} things are told here, and none of them is {words[(n + n // 10) % 10]}" for n in range(100)
    ]
    assert notes({"text": texts}) == []


def test_there_are_a_handful_of_notes() -> None:
    columns = {f"c{n}": pa.array([None, "", "x y z and more"] * 20) for n in range(40)}
    assert len(notes(columns)) <= MOST


def test_columns_are_the_same_only_if_all_their_values_are() -> None:
    table = pa.table({"a": [1, 2, None], "b": [1, 2, None], "c": [1, 2, 3], "d": [4, 4, 4], "e": [4, 4, 4]})
    assert same_columns(table, table.column_names) == [("a", "b")]
