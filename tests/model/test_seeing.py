"""What is shown of a training is what it is fed: the same windows, inputs and labels, token by token."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tilth.fakes.sentences import SENTENCES
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.fakes.work import tiny_dataset, tiny_work
from tilth.model import pack
from tilth.model.material import Stretches
from tilth.model.order import Batches, Order
from tilth.model.pack import IGNORED, Marks, Windows
from tilth.model.seeing import pieces_of, windows
from tilth.model.spelling import Spelling
from tilth.steps.train.pretrain import Pretrain
from tilth.work import Row

END, BEGIN = 1, 0
ROWS = st.lists(st.text("abé the", max_size=12), min_size=1, max_size=20).filter(any)


@pytest.fixture(scope="module")
def fast(tmp_path_factory):
    made = Tokenizer.from_file(str(tiny_tokenizer(tmp_path_factory.mktemp("tiny")) / "tokenizer.json"))
    made.encode_special_tokens = True
    return made


def encoder(fast):
    return lambda texts: (one.ids for one in fast.encode_batch(list(texts), add_special_tokens=False))


def placed(texts):
    return [(Row(number, bytes(16)), text) for number, text in enumerate(texts, 1)]


def shown(fast, texts, context, marks=Marks(END), **more):  # noqa: B008 — frozen
    return list(windows(placed(texts), encoder(fast), Spelling(fast), marks, context, **more))


def as_fed(window, context):
    """The inputs and labels that a window's tokens stand for."""
    ids = [token.id for token in window.tokens]
    return ids[:context], [token.id if token.learned else IGNORED for token in window.tokens[1:]]


@given(ROWS, st.integers(1, 9), st.booleans())
def test_the_windows_shown_are_those_that_a_training_is_fed(fast, tmp_path_factory, texts, context, own_begin):
    marks = Marks(END, BEGIN) if own_begin else Marks(END)
    stream = pack.write(texts, encoder(fast), marks, 268, tmp_path_factory.mktemp("pack") / "docs.tokens", {})
    fed, seen = Windows(stream, context), shown(fast, texts, context, marks)
    assert len(seen) == len(fed)
    for number, window in enumerate(seen):
        inputs, labels = as_fed(window, context)
        # The last token that is learned is seen by none; where the rest is filling, the training's input there is 0.
        real = int((fed[number][1] != IGNORED).sum())
        assert (inputs[:real], labels) == (fed[number][0].tolist()[:real], fed[number][1].tolist())
        assert all(one == 0 for one in [*fed[number][0].tolist()[real:], *inputs[real + 1 :]])
        assert window.number == number + 1 and len(window.tokens) == context + 1


def test_the_batches_that_the_trainer_takes_are_made_of_the_windows_shown(tmp_path):
    place = tiny_work(tmp_path, {"docs": SENTENCES[:40]}, {"words": tiny_tokenizer(tmp_path / "words")})
    step = Pretrain(data="docs", tokenizer="words", architecture={"layers": 1, "width": 16, "heads": 2, "context": 32}, steps=1, batch=4)
    step.fit(place)
    stream = pack.Stream(place.scratch / "docs.tokens", **_noted(place.scratch / "docs.json"))
    material = Stretches(Windows(stream, 32))
    drawn = list(Batches(Order(material.sizes, 12, 7), 4, 4))
    seen = list(step.sees(place))
    for numbers in drawn:
        batch, named = material.batch(numbers), [seen[number] for number in numbers]
        fed = [as_fed(window, 32) for window in named]
        assert torch.equal(batch["labels"], torch.tensor([labels for _, labels in fed]))
        real = batch["labels"] != IGNORED
        assert torch.equal(batch["input_ids"][real], torch.tensor([inputs for inputs, _ in fed])[real])


def _noted(file):
    told = json.loads(file.read_text())["stream"]
    return {name: told[name] for name in ("tokens", "documents", "empty", "bytes", "kind")}


@given(ROWS, st.integers(1, 9))
def test_every_row_begins_once_and_its_text_is_learned_whole_with_its_end(fast, texts, context):
    every = [token for window in shown(fast, texts, context) for token in window.tokens if token.learned]
    starts = [token.starts for token in every if token.starts is not None]
    assert starts == [number for number, text in enumerate(texts, 1) if text]
    ends = np.flatnonzero([token.kind == "end" for token in every])
    assert len(ends) == len(starts)
    for first, last, text in zip([0, *(ends[:-1] + 1)], ends, [text for text in texts if text], strict=True):
        assert fast.decode([token.id for token in every[first:last]]) == text
        assert every[first].starts is not None


def test_kinds_boundaries_and_trained_text(fast):
    first, second = shown(fast, ["ab", "", "the"], 3)
    assert [(token.kind, token.learned, token.starts) for token in first.tokens] == [
        ("begin", False, None), ("trained", True, 1), ("trained", True, None), ("end", True, None),
    ]  # fmt: skip
    assert [(token.kind, token.learned, token.starts, token.text) for token in second.tokens] == [
        ("begin", False, None, "<|endoftext|>"), ("trained", True, 3, "the"), ("end", True, None, "<|endoftext|>"), ("filling", False, None, ""),
    ]  # fmt: skip
    assert (first.trained_text, second.trained_text) == ("ab<|endoftext|>", "the<|endoftext|>")
    assert [row.number for row in first.rows] == [1] and [row.number for row in second.rows] == [1, 3]


def test_a_begin_token_of_its_own_is_learned_but_for_the_very_first(fast):
    first, second = shown(fast, ["a", "b"], 3, Marks(END, BEGIN))
    assert [(token.kind, token.learned, token.starts) for token in first.tokens] == [
        ("begin", False, 1), ("trained", True, None), ("end", True, None), ("begin", True, 2),
    ]  # fmt: skip
    assert [(token.kind, token.learned) for token in second.tokens][:1] == [("begin", False)]


def test_a_window_in_the_middle_of_a_row_names_that_row(fast):
    seen = shown(fast, ["ab", "b" * 10], 3)
    assert [[row.number for row in one.rows] for one in seen] == [[1], [1, 2], [2], [2], [2]]
    assert [token.kind for token in seen[2].tokens] == ["context", "trained", "trained", "trained"]


@given(ROWS, st.integers(1, 9), st.integers(1, 9), st.sampled_from(["", "T", "ab", "é"]))
def test_windows_are_chosen_by_number_and_by_text_whatever_its_case(fast, texts, context, first, search):
    every = shown(fast, texts, context)
    wanted = [one for one in every if one.number >= first and search.lower() in one.text.lower()]
    assert shown(fast, texts, context, first=first, search=search) == wanted


def test_what_looks_like_an_end_in_a_text_is_no_end(fast):
    (only,) = shown(fast, ["<|endoftext|>"], 99)
    assert [token.kind for token in only.tokens if token.kind == "end"] == ["end"]
    assert only.trained_text == "<|endoftext|>" * 2


def test_rows_are_cut_by_a_tokenizer_each_by_itself(fast):
    first, second, third = pieces_of(placed(["the and", "", "é"]), fast)
    assert [(token.text, token.starts) for token in first.tokens] == [("the", 1), (" and", None)]
    assert second.tokens == () and second.rows[0].number == 2
    assert [token.text for token in third.tokens] == ["⟨C3⟩", "⟨A9⟩"]
    assert {token.kind for token in first.tokens} == {"piece"} and first.trained_text == ""
    assert [one.number for one in pieces_of(placed(["the and", "", "é"]), fast, 2, "É")] == [3]


def test_rows_are_numbered_with_those_that_have_no_text(tmp_path):
    data = tiny_dataset(tmp_path, "docs", ["a", None, "b"])
    assert [(row.number, text) for row, text in data.placed()] == [(1, "a"), (3, "b")]
    assert [text for _, text in data.placed()] == list(data.texts())
    assert all(isinstance(row.id, bytes) and len(row.id) == 16 and row.origin == "" for row, _ in data.placed())
    assert len({row.id for row, _ in data.placed()}) == 2
