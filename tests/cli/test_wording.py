"""A survey in words."""

import pyarrow as pa
import pytest
from rich.cells import cell_len

from tilth.cli.looking import look
from tilth.cli.wording import in_words
from tilth.survey.facts import Reach, Survey

ROWS = {
    "text": [f"Row {n} \x1b[31m says <b>something</b>, and more; {'word ' * (n % 40)}" for n in range(90)],
    "very_long_name_of_a_column_that_goes_on_and_on": ["x" * 300 + str(n) for n in range(90)],
    "kind": ["漢字", "b", "c"] * 30,
    "price": [n * 1.5 if n % 3 else None for n in range(90)],
    "messages": [[{"role": "user", "content": f"Hi {n}"}, {"role": "assistant", "content": "Hello there"}] for n in range(90)],
}


@pytest.mark.parametrize("columns", ["40", "80", "120", "200"])
def test_no_line_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    told = list(in_words(look(ROWS).survey))
    assert not [line for said in told for line in said.split("\n") if cell_len(line) > int(columns)]
    assert len([line for said in told for line in said.split("\n")]) <= (140 if columns == "40" else 80)


def test_nothing_of_a_row_reaches_the_terminal_raw() -> None:
    said = "\n".join(in_words(look(ROWS).survey))
    assert "\x1b" not in said and "⟨ESC⟩" in said


def test_everything_is_told_under_its_name() -> None:
    said = "\n".join(in_words(look(ROWS).survey))
    for word in ("column", "filled", "characters", "languages", "copies", "breaks", "conversations", "turns", "roles", "worth reading", "66.7%"):
        assert word in said


def test_a_sample_says_how_much_there_is_about() -> None:
    reach = Reach(rows=10, rows_in_all=123_456, estimated=True, how="the first 1 MB of 99 MB")
    said = "\n".join(in_words(Survey(name="it", reach=reach, columns=[]), "3 of the 10 rows match."))
    assert "about 123,000 rows" in said and "Looked at 10 rows: the first 1 MB of 99 MB." in said and "3 of the 10 rows match." in said


def test_a_table_of_no_rows_is_told_in_a_line_or_two() -> None:
    assert len("\n".join(in_words(look({"a": pa.array([], pa.string())}).survey)).split("\n")) <= 4
