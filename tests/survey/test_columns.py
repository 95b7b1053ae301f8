"""What a column is."""

import json

import pyarrow as pa
import pytest

from tilth.survey.columns import Cells, is_chat
from tilth.survey.facts import Column
from tilth.survey.kept import priorities
from tilth.survey.plain import plain

PRIORITY = priorities(pa.table({"n": range(10_000)}), 0)


def column(values: list, kind: pa.DataType | None = None, name: str = "it", parts: int = 1) -> Column:
    table = plain(pa.table({name: pa.array(values, kind)}))
    cells = [Cells.of(table.schema.field(0)) for _ in range(parts)]
    size = -(-table.num_rows // parts)
    for place, one in enumerate(cells):
        one.add(table[name].slice(place * size, size).combine_chunks(), PRIORITY[place * size : place * size + size][: table.num_rows - place * size])
    for other in cells[1:]:
        cells[0].join(other)
    return cells[0].told(whole=True)


SENTENCES = [f"This is sentence number {n} of them, and a long one." for n in range(60)]
CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (SENTENCES, "text"),
        (["red", "green"] * 30, "category"),
        (["same"] * 9, "constant"),
        ([None, "", " ", "N/A"], "empty"),
        ([True, False] * 5, "flag"),
        ([0, 1] * 20, "flag"),
        ([1, 2, 3, 4, 5] * 20, "category"),
        ([n * 1.7 for n in range(50)], "number"),
        (list(range(50)), "id"),
        ([f"{n * 7919 % 9973:x}-{n}" for n in range(60)], "id"),
        ([f"2024-01-{n % 28 + 1:02}" for n in range(300)], "date"),
        ([f"https://a.org/{n}" for n in range(30)], "url"),
        ([[1] * (n % 5) for n in range(30)], "list"),
        ([{"a": n} for n in range(30)], "json"),
        ([CHAT] * 3 + [CHAT[:1]], "chat"),
        ([f"{n}.50" for n in range(40)], "number"),
        (["hello there world"], "text"),
    ],
)
def test_a_column_is_what_people_would_call_it(values: list, kind: str) -> None:
    assert column(values).kind == kind
    assert column(values, parts=3).kind == kind


def test_what_cells_hold_adds_up_to_all_rows() -> None:
    told = column([1.0, None, float("nan"), 0.0, float("inf")])
    assert told.held == {"value": 2, "null": 1, "nan": 1, "zero": 1}
    assert (told.filled.rows, told.filled.of) == (3, 5)


def test_categories_have_their_most_frequent_values() -> None:
    assert column(["b", "a", "b"] * 10, parts=2).top == [("b", 20), ("a", 10)]


def test_texts_that_nearly_all_read_as_numbers_have_misfits() -> None:
    told = column([f"{n}.5" for n in range(99)] + ["see below"])
    assert (told.kind, told.misfits, told.numbers.n if told.numbers else 0) == ("number", 1, 99)


def test_lists_have_their_lengths_as_numbers() -> None:
    told = column([[1, 2], [], [1]])
    assert told.numbers is not None and (told.numbers.least, told.numbers.greatest, told.held["empty"]) == (0, 2, 1)


def test_dates_have_their_ends() -> None:
    told = column([f"202{n % 4}-05-01" for n in range(40)])
    assert (told.first, told.last) == ("2020-05-01", "2023-05-01")


def test_a_column_counts_the_same_in_one_piece_and_in_several() -> None:
    one, several = column(SENTENCES * 2), column(SENTENCES * 2, parts=4)
    assert (one.distinct, one.held, one.examples) == (several.distinct, several.held, several.examples) == (60, {"value": 120}, SENTENCES[:3])


@pytest.mark.parametrize("value", [[], [1], [{"role": "user"}], {"role": "user", "content": ""}, json.loads('[{"a": 1}]')])
def test_not_every_list_is_a_conversation(value: object) -> None:
    assert not is_chat(value)
