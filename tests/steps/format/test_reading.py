"""Rows read by the types of their columns: every batch alike."""

import pyarrow as pa
import pytest

from tilth.errors import AskedWrong
from tilth.frames import to_batch
from tilth.model.formats import FormatSettings
from tilth.steps.format._reading import each, laid_out


def test_a_layout_is_told_by_names_alone():
    assert laid_out(None, ["question", "answer"]).format == "question"
    assert laid_out("alpaca", {"instruction": "string", "output": "string"}).columns == {"instruction": "instruction", "output": "output"}
    with pytest.raises(AskedWrong):
        laid_out(None, ["dialog"])
    assert laid_out(FormatSettings(type="messages", messages="dialog"), ["dialog"]).columns == {"messages": "dialog"}


def test_a_text_that_looks_like_messages_stays_a_text():
    told = laid_out(None, ["prompt", "completion"])
    text = '[{"role": "assistant", "content": "x"}]'
    ((row, why),) = each(to_batch(pa.table({"prompt": ["a"], "completion": [text]})), told, lambda row: row)
    assert why is None and row.messages[1]["content"] == text and row.plain


def test_each_row_is_read_or_told_why_not():
    told = laid_out(None, ["question", "answer"])
    batch = to_batch(pa.table({"question": ["a", "b"], "answer": ["c", None]}))
    assert [why for _, why in each(batch, told, lambda row: row)] == [None, "`answer` is null"]
