"""Packing loses nothing: every token of every document is learned exactly once."""

import json
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tilth.errors import NothingLeft
from tilth.model import pack
from tilth.model.pack import IGNORED, Marks, Windows

END, BEGIN = 0, 1
DOCUMENTS = st.lists(st.lists(st.integers(2, 99), max_size=12), min_size=1, max_size=30).filter(any)


def letters(ids):
    return "".join(chr(number) for number in ids)


def encode(texts):
    return ([ord(letter) for letter in text] for text in texts)


PLAIN = Marks(END)


def written(folder, documents, marks=PLAIN, vocabulary=128, identity=None):
    texts = [letters(ids) for ids in documents]
    return pack.write(texts, encode, marks, vocabulary, folder / "data.tokens", identity or {"documents": repr(documents)})


@given(DOCUMENTS, st.integers(2, 9), st.booleans())
def test_every_token_of_every_document_is_learned_in_exactly_one_window(tmp_path_factory, documents, context, own_begin):
    marks = Marks(END, BEGIN) if own_begin else Marks(END)
    stream = written(tmp_path_factory.mktemp("pack"), documents, marks)
    windows = Windows(stream, context)
    learned = [int(label) for number in range(len(windows)) for label in windows[number][1] if label != IGNORED]
    around = [token for ids in documents if ids for token in marks.around(ids)]
    assert learned == (around[1:] if own_begin else around)
    assert len(learned) == windows.labels


@given(DOCUMENTS, st.integers(2, 9))
def test_what_is_learned_at_a_place_comes_right_after_what_is_seen_there(tmp_path_factory, documents, context):
    windows = Windows(written(tmp_path_factory.mktemp("pack"), documents), context)
    stream = [END, *(token for ids in documents if ids for token in [*ids, END])]
    for number in range(len(windows)):
        inputs, labels = windows[number]
        real = labels != IGNORED
        start = number * context
        assert list(inputs[real]) == stream[start : start + real.sum()]
        assert list(labels[real]) == stream[start + 1 : start + 1 + real.sum()]
        assert real.all() or number == len(windows) - 1
        assert len(inputs) == len(labels) == context


def test_documents_without_a_token_are_left_out_and_counted(tmp_path):
    stream = written(tmp_path, [[5, 6], [], [7]])
    assert (stream.documents, stream.empty, stream.tokens, stream.bytes) == (2, 1, 6, 3)


def test_no_token_at_all_is_an_error(tmp_path):
    with pytest.raises(NothingLeft):
        written(tmp_path, [[], []])


@pytest.mark.parametrize(("vocabulary", "kind"), [(1 << 16, "<u2"), ((1 << 16) + 1, "<u4")])
def test_tokens_take_two_bytes_where_they_fit(tmp_path, vocabulary, kind):
    stream = written(tmp_path, [[5, 6]], vocabulary=vocabulary)
    assert stream.kind == kind
    assert list(stream.read()) == [END, 5, 6, END]


def test_a_complete_file_is_taken_as_it_is(tmp_path):
    first = written(tmp_path, [[5, 6]], identity={"content": "a"})

    def never(texts):
        raise AssertionError("tokenised again")

    assert pack.write(["x"], never, Marks(END), 128, tmp_path / "data.tokens", {"content": "a"}) == first


@pytest.mark.parametrize("harm", ["other data", "cut", "no note"])
def test_a_file_that_is_not_complete_is_written_again(tmp_path, harm):
    file = tmp_path / "data.tokens"
    written(tmp_path, [[5, 6]], identity={"content": "a"})
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:-2])
    if harm == "no note":
        file.with_suffix(".json").unlink()
    content = "b" if harm == "other data" else "a"
    stream = written(tmp_path, [[7, 8, 9]], identity={"content": content})
    assert list(stream.read()) == [END, 7, 8, 9, END]


@given(DOCUMENTS, st.booleans())
def test_the_lengths_of_documents_add_up_to_the_stream(tmp_path_factory, documents, own_begin):
    marks, folder = Marks(END, BEGIN) if own_begin else PLAIN, tmp_path_factory.mktemp("pack")
    stream = written(folder, documents, marks)
    assert stream.lengths == Counter(len(marks.around(ids)) for ids in documents if ids)
    assert sum(length * times for length, times in stream.lengths.items()) == stream.tokens - len(marks.opening)
    assert written(folder, documents, marks) == stream, "also from the note of a file that is complete"


def test_a_note_of_a_version_that_told_no_lengths_is_written_again(tmp_path):
    first = written(tmp_path, [[5, 6]], identity={"content": "a"})
    note = first.file.with_suffix(".json")
    said = json.loads(note.read_text())
    del said["stream"]["lengths"]
    note.write_text(json.dumps(said))
    assert written(tmp_path, [[5, 6]], identity={"content": "a"}).lengths == {3: 1}


@given(st.lists(st.text(max_size=30), max_size=50))
def test_pieces_hold_all_texts_in_order(texts):
    assert [text for piece in pack.pieces(texts) for text in piece] == texts


def test_pieces_are_bounded():
    sizes = [len(piece) for piece in pack.pieces("x" * 200_000 for _ in range(20))]
    assert max(sizes) <= 5
