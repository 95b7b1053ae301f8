"""What a trainer would call rows."""

import pytest

from tilth.survey.formats import told

TEXT = "text"


@pytest.mark.parametrize(
    ("kinds", "layouts", "main", "name"),
    [
        ({"chosen": TEXT, "rejected": TEXT, "prompt": TEXT}, {}, "chosen", "preference"),
        ({"instruction": TEXT, "input": TEXT, "output": TEXT}, {}, "output", "instruction"),
        ({"prompt": TEXT, "completion": TEXT}, {}, "completion", "prompt_completion"),
        ({"question": TEXT, "answer": TEXT}, {}, "answer", "question_answer"),
        ({"messages": "chat"}, {"messages": "messages"}, "messages", "messages"),
        ({"conversations": "chat"}, {"conversations": "sharegpt"}, "conversations", "sharegpt"),
        ({"text": TEXT, "label": "category"}, {}, "text", "labelled"),
        ({"text": TEXT, "url": "url"}, {}, "text", "text"),
        ({"body": TEXT, "n": "number"}, {}, "body", "text"),
        ({"a": TEXT, "b": TEXT}, {}, "a", "table"),
        ({"n": "number"}, {}, None, "table"),
    ],
)
def test_the_format_is_told_by_columns(kinds: dict, layouts: dict, main: str, name: str) -> None:
    assert told(kinds, layouts, main)[0] == name


def test_the_columns_that_make_it_so_are_named_by_their_part() -> None:
    assert told({"Instruction": TEXT, "context": TEXT, "response": TEXT}, {}, "response")[1] == {
        "instruction": "Instruction",
        "output": "response",
        "input": "context",
    }
