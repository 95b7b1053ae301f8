"""filter.characters: rows by what their characters are, and by how much they repeat."""

import pytest
from pydantic import ValidationError

from tilth.frames import to_batch
from tilth.judging import judge
from tilth.steps.filter.characters import Characters

PROSE = "It was the best of times, it was the worst of times, it was the age of wisdom."
SIGNS, SHOUT, AGAIN = "$$$ --- 12 % 34 %", "BUY NOW AND PAY LATER", "one two three four five six seven eight nine ten " * 4


def verdict(step, **columns):
    batch = to_batch(columns)
    checks = step.checks()
    return judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))


@pytest.mark.parametrize(
    ("limits", "falls"),
    [
        ({"alphanumeric": {"at_least": 0.6}}, SIGNS),
        ({"special": {"at_most": 0.5}}, SIGNS),
        ({"digits": {"at_most": 0.1}}, SIGNS),
        ({"white_space": {"at_most": 0.25}}, SIGNS),
        ({"capitals": {"at_most": 0.5}}, SHOUT),
        ({"word_repetition": {"at_most": 0.5}}, AGAIN),
        ({"character_repetition": {"at_least": 0.01}, "characters_in_run": 30}, PROSE),
    ],
)
def test_each_limit_drops_what_it_is_for(limits, falls):
    texts = [falls] if falls == PROSE else [PROSE, SIGNS, SHOUT, AGAIN, None, ""]
    out = Characters.model_validate(limits)({"text": texts})["text"]
    assert out == [text for text in texts if text != falls]


def test_the_verdict_names_the_measure_and_tells_value_and_limit():
    told = verdict(Characters(capitals={"at_most": 0.5}, digits={"at_most": 0.1}), text=[SHOUT, SIGNS, PROSE])
    assert [told.rules[rule] if rule >= 0 else None for rule in told.failed] == ["capital_share", "digit_share", None]
    assert (told.value[0], told.limit[0]) == (1.0, 0.5)


def test_such_limits_as_data_juicers_keep_prose_and_drop_what_repeats():
    usual = Characters(
        alphanumeric={"at_least": 0.25}, special={"at_most": 0.3}, character_repetition={"at_most": 0.5}, word_repetition={"at_most": 0.5}
    )
    assert usual({"text": [PROSE, SIGNS, AGAIN]})["text"] == [PROSE]


def test_every_field_must_pass():
    step = Characters(digits={"at_most": 0.5}, fields=("title", "text"))
    told = verdict(step, title=["1234", "abc"], text=["abc", "1234"])
    assert [told.rules[rule] for rule in told.failed] == ["digit_share(title)", "digit_share"]


def test_the_length_of_a_run_is_measured_and_limits_only_decide():
    one, other = Characters(word_repetition={"at_most": 0.5}), Characters(word_repetition={"at_most": 0.9})
    assert one.identity() == other.identity() and one.deciding() != other.deciding()
    longer = Characters(word_repetition={"at_most": 0.5}, words_in_run=5)
    assert longer.identity() != one.identity() and longer.checks()[0].measure.column != one.checks()[0].measure.column


@pytest.mark.parametrize("settings", [{}, {"digits": {}}, {"digits": {"at_least": 0.9, "at_most": 0.1}}, {"words_in_run": 0, "digits": {}}])
def test_what_cannot_be_is_refused(settings):
    with pytest.raises(ValidationError):
        Characters.model_validate(settings)
