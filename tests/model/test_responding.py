"""Rows with answers become sources and targets, one for each answer; a source is made shorter, a target never."""

import json

import pytest

from tests.model.like_t5 import loaded
from tests.tuned import work
from tilth.errors import AskedWrong, DataRefused
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.load import Tokenizer
from tilth.model.responding import Responding
from tilth.model.tuning import Room

TALK = [{"role": role, "content": text} for role, text in (("user", "one"), ("assistant", "two"), ("user", "three"), ("assistant", "four"))]
LONG = {"question": "First a sentence. Then the last words", "answer": "so"}


@pytest.fixture
def prepared(tmp_path):
    def make(rows, strategy="refuse"):
        here = work(tmp_path, {"rows": rows}, {})
        place = Room(Tokenizer(tiny_tokenizer(tmp_path / "words")), 32, tmp_path / "scratch" / strategy, here)
        made = Responding(None, (strategy, "left", None)).prepare(here.datasets["rows"], place)
        found = [made.material.examples[number] for number in range(len(made.material))]
        return made, [tuple(place.tokenizer.decode(one.ids[side]) for side in (~one.learned, one.learned)) for one in found]

    return make


def test_each_answer_of_a_conversation_is_a_target_with_all_before_it_as_its_source(prepared):
    made, found = prepared([{"messages": json.dumps(TALK)}])
    assert found == [("one", "two"), ("one\n\ntwo\n\nthree", "four")]
    assert made.facts["learned_tokens"] == len("two") + 1 + len("four") + 1


def test_a_source_is_made_shorter_and_a_target_never(prepared):
    with pytest.raises(DataRefused, match="1 of 1 row is longer|1 of 1 rows? (is|are) longer"):
        prepared([LONG])
    made, [(source, target)] = prepared([LONG], "truncate_context")
    assert LONG["question"].endswith(source) and 0 < len(source) < len(LONG["question"]) and target == "so"
    assert made.facts["truncation"]["done"]["truncated"] == 1


def test_an_answer_that_is_too_long_is_refused_with_its_row(prepared):
    with pytest.raises(DataRefused, match="row 1 has"):
        prepared([{"question": "who", "answer": "me and " * 9}], "truncate_context")


def test_rows_without_answers_are_refused(prepared):
    with pytest.raises(AskedWrong, match="train.seq2seq"):
        prepared([{"text": "the cat", "label": "animal"}])


def test_it_is_asked_between_the_steps_as_it_is_taught(prepared):
    made, _ = prepared([{"question": "the cat", "answer": "sat"}])
    example = made.material.examples[0]
    assert made.asked("the cat") == example.ids[~example.learned].tolist() and made.stops == (example.ids[-1],)


def refused(tmp_path, rows, strategy="refuse"):
    here = work(tmp_path, {"rows": rows}, {})
    place = Room(loaded(tmp_path / "words"), 64, tmp_path / "scratch", here)
    return Responding(None, (strategy, "left", None)).prepare(here.datasets["rows"], place)


def test_rows_whose_answers_the_tokenizer_cannot_say_are_refused_with_what_is_lost(tmp_path):
    with pytest.raises(DataRefused, match=r"Of 2 rows, 1 cannot be learned from with proof \(unknown 1\)") as error:
        refused(tmp_path, [{"question": "give json", "answer": '{"price": 5}'}, {"question": "who", "answer": "me"}])
    assert '`{"`, `"`, `}`' in str(error.value) and "row 1 (" in str(error.value) and "clean.replace" in error.value.remedy


def test_rows_with_calls_are_refused_with_what_to_do(tmp_path):
    call = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "get", "arguments": {"a": 1}}}]}
    talk = [TALK[0], call, {"role": "tool", "content": "rain"}, TALK[1]]
    with pytest.raises(DataRefused, match="its message 2 calls a tool") as error:
        refused(tmp_path, [{"messages": json.dumps(talk)}])
    assert "train.sft" in error.value.remedy


def test_what_was_proved_is_told_once_of_each_row(tmp_path):
    rows = [{"question": f"give <json>. {'A sentence more. ' * 9}", "answer": "one\ntwo"}, {"question": "who", "answer": "me"}]
    with pytest.raises(DataRefused, match="no token for `A`"):
        refused(tmp_path / "A", [{"question": "who", "answer": "A"}])
    made = refused(tmp_path, rows, "truncate_context")
    proofs = made.facts["proofs"]
    assert made.facts["truncation"]["done"]["truncated"] == 1
    assert {name: proofs[name] for name in ("rows", "answers", "normal", "letters", "unknown")} == {
        "rows": 2, "answers": 2, "normal": 1, "letters": 0, "unknown": 1,
    }  # fmt: skip
