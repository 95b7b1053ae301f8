"""Redactions: spans in, something else out; and a second look that tells what the first missed."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from tilth import masking
from tilth.errors import Missing
from tilth.record import SPANS, TEXT
from tilth.redaction import Redaction


def found(texts: pa.Array, pattern: str, kind: str) -> pa.Table:
    lines = [
        (row, kind, len(text[: match.start()].encode()), len(text[: match.end()].encode()))
        for row, text in enumerate(texts.to_pylist())
        if text
        for match in re.finditer(pattern, text)
    ]
    return pa.table({name: [line[place] for line in lines] for place, name in enumerate(SPANS.names)}, schema=SPANS)


class Digits(Redaction):
    """Hides digits; its second look finds capital letters too."""

    second_share: float = 0.0

    def spans(self, texts: pa.LargeStringArray) -> pa.Table:
        return found(texts, r"\d+", "digits")

    def second(self, texts: pa.LargeStringArray) -> pa.Table | None:
        return found(texts, r"\d|[A-Z]", "capital")

    def share(self) -> float:
        return self.second_share


class Plates(Redaction):
    """Hides digits; its second look finds the letters too that belong to them."""

    def spans(self, texts: pa.LargeStringArray) -> pa.Table:
        return found(texts, r"\d+", "digits")

    def second(self, texts: pa.LargeStringArray) -> pa.Table | None:
        return found(texts, r"[a-z]*\d+[a-z]+", "plate")

    def share(self) -> float:
        return 1.0


def test_what_the_second_look_finds_more_of_is_hidden_whole() -> None:
    look = Plates().look(pa.array(["see 12ab and ab12cd"], TEXT))
    assert Plates()(pa.table({"text": ["see 12ab and ab12cd", "7"]}))["text"].to_pylist() == ["see [PLATE] and [PLATE]", "[DIGITS]"]
    assert (look.spans.num_rows, look.missed.num_rows) == (2, 0)


def test_texts_and_what_is_in_json_columns_are_redacted() -> None:
    table = pa.table({"text": ["a 1 b", None], "messages": ['[{"content": "call 22"}, {"content": "no"}]', "[]"]})
    told = Digits(fields=("text", "messages[].content"))(table)
    assert told["text"].to_pylist() == ["a [DIGITS] b", None]
    assert told["messages"].to_pylist() == ['[{"content":"call [DIGITS]"},{"content":"no"}]', "[]"]


def test_a_second_look_tells_what_was_missed_and_hides_it() -> None:
    look = Digits(second_share=1.0).look(pa.array(["A 1", "b", "C", "2 2"], TEXT))
    assert (look.drawn, look.drawn_lacking, look.marked, look.marked_lacking) == (4, 2, 2, 1)
    assert look.missed.to_pylist() == [
        {"row": 0, "kind": "capital", "start_byte": 0, "stop_byte": 1},
        {"row": 2, "kind": "capital", "start_byte": 0, "stop_byte": 1},
    ]
    told = Digits(second_share=1.0)(pa.table({"text": ["A 1", "b", "C", "2 2"]}))
    assert told["text"].to_pylist() == ["[CAPITAL] [DIGITS]", "b", "[CAPITAL]", "[DIGITS] [DIGITS]"]


def test_which_texts_are_looked_at_twice_depends_on_them_alone() -> None:
    texts = [f"text number {'x' * i}" for i in range(400)]
    whole = Digits(second_share=0.25).look(pa.array(texts, TEXT))
    parts = [Digits(second_share=0.25).look(pa.array(texts[begin : begin + 7], TEXT)) for begin in range(0, 400, 7)]
    assert whole.drawn == sum(part.drawn for part in parts) and 60 < whole.drawn < 140


def test_the_key_leaves_a_mark_in_the_identity_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(masking.KEY, "a key that nobody knows")
    told = Digits.model_validate({"with": "hash"}).identity()
    assert told["key"] == masking.key_mark() and "nobody" not in str(told)
    monkeypatch.delenv(masking.KEY)
    with pytest.raises(Missing):
        Digits.model_validate({"with": "hash"}).identity()
    assert "key" not in Digits().identity()


def test_it_reads_the_columns_of_its_fields() -> None:
    assert Digits(fields=("text", "messages[].content", "meta.title")).reads() == ("text", "messages", "meta")
