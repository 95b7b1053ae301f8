"""A rubric: which answers are scores, and what is said about a row."""

import pytest

from tilth.steps.filter._rubric import Scale, score_in


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ('{"score": 3}', 3),
        ('```json\n{"score": 4.5, "why": "3 errors"}\n```', 4.5),
        ('First {"note": 1}, then {"score": 2}', 2),
        ("<think>It is a 5, no, a 1.</think>4", 4),
        ("I give it 4/5.", 4),
        ("On a scale to 10, 3", 3),
        ("Score: -1 or 2", 2),
        ('{"score": 7}', None),
        ('{"score": "4"} and that is it', 4),
        ('{"score": true}', None),
        ('{"score": NaN}', None),
        ("none", None),
        ("v2.5x and 3rd", None),
        ("", None),
    ],
)
def test_the_score_is_that_of_the_object_or_else_the_first_number_on_the_scale(answer, score):
    assert score_in(answer, (1, 5)) == score


def test_a_row_with_nothing_in_its_columns_is_not_talked_about():
    scale = Scale("How good is {{ text }}?", ("text",), (0, 1), (("How good is that?", 0.5),))
    assert scale.conversation({"text": None}) is None
    system, asked, said, question = scale.conversation({"text": "this"})
    assert "from 0 to 1" in system["content"] and (asked["content"], said["content"]) == ("How good is that?", '{"score": 0.5}')
    assert question["role"] == "user" and question["content"].startswith("How good is <data ")
