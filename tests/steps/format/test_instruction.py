"""format.instruction: instructions, inputs and outputs by templates."""

import pytest
from pydantic import ValidationError

from tilth.model.formats import detect, read
from tilth.steps.format.instruction import Instruction


def test_a_question_and_its_answer_become_an_instruction_and_its_output():
    made = Instruction(instruction="{{ question }}", output="{{ answer }}")({"question": ["a", None], "answer": ["b", "c"]})
    assert made == {
        "question": ["a", None],
        "answer": ["b", "c"],
        "instruction": ["a", None],
        "input": ["", ""],
        "output": ["b", "c"],
        "refused": [None, "`question` is null"],
    }


def test_the_instruction_may_be_the_same_for_all_and_the_input_may_be_missing():
    step = Instruction(instruction="Sum it up.", input="{{ text or '' }}", output="{{ summary }}")
    made = step({"text": ["long", None], "summary": ["short", "none"]})
    assert made["instruction"] == ["Sum it up."] * 2 and made["input"] == ["long", ""] and made["refused"] == [None, None]
    assert step.reads() == ("text", "summary")


def test_what_is_made_is_detected_before_what_it_was_made_from():
    made = Instruction(instruction="{{ question }}", output="{{ answer }}")({"question": ["a"], "answer": ["b"], "input": ["kept"]})
    assert made["original_input"] == ["kept"]
    row = {name: values[0] for name, values in made.items()}
    told = detect(list(row), [row])
    assert told.format == "alpaca"
    assert [one["content"] for one in read(told, row).messages] == ["a", "b"]


def test_an_output_that_is_the_same_for_all_is_refused():
    with pytest.raises(ValidationError, match="names no column"):
        Instruction(instruction="{{ a }}", output="yes")
