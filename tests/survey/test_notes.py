"""What somebody should know before they use data."""

import pyarrow as pa
import pytest

from tilth.survey.facts import Reach, Share
from tilth.survey.gathering import Gathering
from tilth.survey.notes import MOST, percent, same_columns
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
        ({"text": SENTENCES, "version": ["1.0-beta"] * 100}, "`version` is the same in every row: `1.0-beta`."),
        ({"text": SENTENCES, "id": [*range(99), 5]}, "`id` looks like an id, and 1 of its values are there before."),
        ({"text": SENTENCES, "n": [None] * 100}, "`n` holds nothing in any row."),
        ({"chosen": SENTENCES, "rejected": SENTENCES[:50] + SENTENCES[:50]}, "Chosen and rejected are the same in 50 of 100 rows (50%)."),
        ({"text": [f"<p>{one}</p>" for one in SENTENCES]}, "100% of the texts in `text` have HTML tags."),
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


def test_what_only_a_sample_shows_is_not_said_of_every_row() -> None:
    gathering = Gathering()
    gathering.kept.most = 60
    gathering.add(pa.table({"prompt": SENTENCES, "chosen": SENTENCES, "rejected": SENTENCES, "n": range(100)}))
    said = told("it", Reach(rows=100), gathering)
    assert any("hold the same in all of" in note and "compared" in note for note in said.notes), said.notes
    assert not any("every row" in note for note in said.notes)


@pytest.mark.parametrize(("rows", "said"), [(0, "0%"), (1, "<0.01%"), (5_000, "5%"), (99_999, "99.9%"), (100_000, "100%"), (33, "0.03%")])
def test_a_share_is_nothing_or_all_only_where_it_is(rows: int, said: str) -> None:
    assert percent(Share(rows, 100_000)) == said


def test_columns_are_the_same_only_if_all_their_values_are() -> None:
    table = pa.table({"a": [1, 2, None], "b": [1, 2, None], "c": [1, 2, 3], "d": [4, 4, 4], "e": [4, 4, 4]})
    assert same_columns(table, table.column_names) == [("a", "b")]


def test_numbers_that_few_rows_have_are_told_before_texts_that_fewer_have():
    rare = {f"t{n}": [*SENTENCES[:2], *[None] * 98] for n in range(4)}
    assert "`price` is filled in 20% of the rows (20); the rest is null." in notes(
        {"text": SENTENCES, **rare, "price": [1.5, 2.5] * 10 + [None] * 80}
    )


def test_personal_data_in_a_column_of_addresses_is_told_too():
    told = notes({"text": SENTENCES, "mail": [f"someone{n % 60}@example.org" for n in range(100)]})
    assert "Likely personal data in `mail`: an e-mail address in 100 rows." in told
