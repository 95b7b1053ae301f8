"""What all texts begin and end with."""

import pyarrow as pa

from tilth.survey.wrapping import Wrapping, wrapping


def of(texts: list[str | None]) -> Wrapping | None:
    return wrapping(pa.array(texts, pa.large_string()))


def test_a_prompt_around_every_text_is_found_and_the_empty_ones_are_counted() -> None:
    asked = [f"Question {n}?" for n in range(40)] + ["", " \n"]
    assert of([f"### Question:\n{one}\n### Answer:" for one in asked]) == Wrapping("### Question:\n", "\n### Answer:", 42, 42, 2)


def test_nearly_all_is_enough() -> None:
    found = of([f"Q: is it {n}" for n in range(99)] + ["other"])
    assert found is not None and (found.begins, found.ends, found.rows, found.of) == ("Q: is it ", "", 99, 100)


def test_texts_that_share_little_or_are_all_the_same_are_not_wrapped() -> None:
    assert of([f"{n} is a number" for n in range(10)]) is None
    assert of([f"I {n}" for n in range(50)]) is None
    assert of(["the very same text"] * 50) is None
    assert of([None] * 50) is None
