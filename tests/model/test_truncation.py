"""Rows that are too long: what a cut would take, and what each way does instead."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.model.examples import Example, write
from tilth.model.shortening import cuttable, with_texts
from tilth.model.truncation import Limit, apply

CODES: dict[str, int] = {}


def tokens(text):
    return [CODES.setdefault(word, len(CODES)) for word in text.split()]


class Chats:
    """Questions and answers; a token is a word, and every turn has a heading and an end."""

    def __init__(self, rows):
        self.rows = [({"role": "user", "content": question}, {"role": "assistant", "content": answer}) for question, answer in rows]

    def example(self, row, messages):
        ids, learned, answers = [], [], []
        for message in messages:
            said = message["role"] == "assistant"
            ids += tokens(f"<{message['role']}> {message['content']} <end>")
            learned += [False] + [said] * (len(ids) - len(learned) - 1)
            answers += [(len(ids) - len(tokens(message["content"])) - 1, len(ids))] if said else []
        return Example(row, np.array(ids, np.int32), np.array(learned), tuple(answers))

    def contexts(self, row):
        return list(cuttable(self.rows[row], 1).values())

    def again(self, row, contexts):
        return [self.example(row, with_texts(self.rows[row], dict(enumerate(contexts))))]

    def write(self, folder):
        return write(folder, [self.example(row, messages) for row, messages in enumerate(self.rows)], {"of": "chats"})


def text_of(example):
    words = {code: word for word, code in CODES.items()}
    return " ".join(words[int(one)] for one in example.ids)


LONG = "The mill was built in 1713. It burned down twice. Who owns it now?"
CHATS = Chats([("Who?", "Me."), (LONG, "Nobody does."), ("Why?", "I do not know, and I have said so before."), ("A" + " b" * 20, "No.")])


def test_when_all_fit_nothing_happens(tmp_path):
    examples = CHATS.write(tmp_path / "all")
    same, ledger = apply(examples, Limit(30), tmp_path / "cut")
    assert same is examples and not (tmp_path / "cut").exists()
    assert (ledger.rows, ledger.cut.rows, ledger.cut.tokens, ledger.terminators) == (4, 0, 0, 4)
    assert ledger.told()["done"] == dict.fromkeys(["dropped", "truncated", "context_tokens_removed", "windowed", "windows"], 0) | {
        "dropped_rows": [],
        "truncated_rows": [],
    }


def test_a_row_that_is_too_long_is_refused_with_what_each_way_would_cost(tmp_path):
    with pytest.raises(DataRefused) as raised:
        apply(CHATS.write(tmp_path / "all"), Limit(12), tmp_path / "cut")
    assert raised.value.exit_code == 3
    assert raised.value.found == "3 of 4 rows are longer than 12 tokens: row 2 has 20, row 3 has 15, row 4 has 26."
    assert "lose 25 tokens, 8 of them to be learned, and the ends of 3 answers" in raised.value.accepted
    for line in ("`length: 26`", "`truncation: drop`, which leaves 3 rows out", "`truncation: truncate_context`"):
        assert line in raised.value.remedy
    with pytest.raises(DataRefused, match="of 1 row the answer alone is too long"):
        apply(CHATS.write(tmp_path / "all"), Limit(10), tmp_path / "cut")


def test_no_more_than_five_rows_are_named(tmp_path):
    with pytest.raises(DataRefused, match="row 5 has 6, and 2 more"):
        apply(Chats([("a", "b")] * 7).write(tmp_path / "all"), Limit(5), tmp_path / "cut")


def test_rows_that_are_dropped_are_counted_and_named(tmp_path):
    left, ledger = apply(CHATS.write(tmp_path / "all"), Limit(12, "drop"), tmp_path / "cut")
    assert [one.row for one in left] == [0] and text_of(left[0]) == "<user> Who? <end> <assistant> Me. <end>"
    assert (ledger.done.dropped, ledger.done.dropped_rows) == (3, [2, 3, 4])
    assert ledger.told()["cut_would_lose"] == {
        "tokens": 25,
        "answer_tokens": 8,
        "terminators": 3,
        "rows_without_answer": 2,
        "rows_with_part_of_it": 1,
        "rows_of_context_only": 0,
    }


def test_where_no_row_is_left_nothing_is_learned(tmp_path):
    with pytest.raises(NothingLeft, match="`length: 26`, which fits all"):
        apply(CHATS.write(tmp_path / "all"), Limit(3, "drop"), tmp_path / "cut")


@pytest.mark.parametrize(("side", "kept"), [("left", "It burned down twice. Who owns it now?"), ("right", "The mill was built in 1713.")])
def test_context_is_cut_at_a_sentence_and_the_answer_never(tmp_path, side, kept):
    left, ledger = apply(CHATS.write(tmp_path / "all"), Limit(15, "truncate_context", side), tmp_path / "cut", CHATS)
    assert text_of(left[1]) == f"<user> {kept} <end> <assistant> Nobody does. <end>"
    assert text_of(left[3]).count(" b") == 10 - (side == "right") and text_of(left[3]).endswith("<assistant> No. <end>")
    assert [one.row for one in left] == [0, 1, 2, 3] and ledger.done.truncated_rows == [2, 4]
    assert ledger.done.context_tokens_removed == ledger.tokens - int(left.lengths.sum())
    assert left.learned_counts.tolist() == [2, 3, 11, 2]


def test_an_answer_that_is_too_long_is_refused_and_not_cut(tmp_path):
    with pytest.raises(DataRefused, match="1 row cannot be made to fit .* row 3 has 15"):
        apply(CHATS.write(tmp_path / "all"), Limit(14, "truncate_context"), tmp_path / "cut", CHATS)


def test_a_row_that_cannot_be_proved_anew_is_refused(tmp_path):
    class Unproved(Chats):
        def again(self, row, contexts):
            return []

    class Altered(Chats):
        def again(self, row, contexts):
            return [self.example(row, ({"role": "user", "content": "a"}, {"role": "assistant", "content": "Else."}))]

    for chats in (Unproved([(LONG, "Nobody does.")]), Altered([(LONG, "Nobody does.")])):
        with pytest.raises(DataRefused, match="row 1 has 20"):
            apply(chats.write(tmp_path / "all"), Limit(15, "truncate_context"), tmp_path / "cut", chats)


class Pairs(Chats):
    """Two answers to one question."""

    def again(self, row, contexts):
        return [self.example(row, with_texts(self.rows[number], dict(enumerate(contexts)))) for number in (2 * row, 2 * row + 1)]

    def contexts(self, row):
        return super().contexts(2 * row)

    def write(self, folder):
        return write(folder, [self.example(number // 2, messages) for number, messages in enumerate(self.rows)], {})


PAIRS = Pairs([("Who?", "Me."), ("Who?", "You."), (LONG, "Nobody."), (LONG, "Nobody at all, I say.")])


def test_a_pair_is_dropped_and_shortened_as_one(tmp_path):
    examples = PAIRS.write(tmp_path / "all")
    left, ledger = apply(examples, Limit(18, "drop"), tmp_path / "drop", together=2)
    assert ([one.row for one in left], ledger.rows, ledger.done.dropped) == ([0, 0], 2, 1)
    left, ledger = apply(examples, Limit(18, "truncate_context"), tmp_path / "cut", PAIRS, together=2)
    assert [text_of(one).split(" <assistant>")[0] for one in left][2:] == ["<user> It burned down twice. Who owns it now? <end>"] * 2
    assert ledger.done.truncated == 1


def plain(length):
    return Example(0, np.arange(length, dtype=np.int32), np.ones(length, np.bool_), ((0, length),))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.integers(2, 20), st.data())
def test_each_token_of_a_text_is_learned_in_one_window_and_seen_with_what_stands_before_it(tmp_path_factory, sizes, length, data):
    overlap = data.draw(st.none() | st.integers(1, length - 1))
    folder = tmp_path_factory.mktemp("texts")
    limit = Limit(length, "window", overlap=overlap)
    left, ledger = apply(write(folder / "all", [plain(size) for size in sizes], {}), limit, folder / "cut")
    assert left.lengths.max() <= length
    learned = [int(one) for window in left for one in window.ids[window.learned]]
    assert learned == [token for size in sizes for token in range(size)]
    assert learned == [int(one) for window in left for begin, end in window.answers for one in window.ids[begin:end]]
    for window in left:
        assert window.ids.tolist() == list(range(int(window.ids[0]), int(window.ids[0]) + len(window.ids)))
        assert window.ids[0] == 0 or (not window.learned[: limit.shared].any() and window.learned[limit.shared :].all())
    assert ledger.done.windowed == sum(size > length for size in sizes)
    assert ledger.done.windows == len(left) - sum(size <= length for size in sizes)


def test_windows_are_for_plain_text(tmp_path):
    with pytest.raises(AskedWrong, match="Row 2 has context"):
        apply(CHATS.write(tmp_path / "all"), Limit(12, "window"), tmp_path / "cut")
    with pytest.raises(AskedWrong, match="Pairs"):
        apply(PAIRS.write(tmp_path / "pairs"), Limit(12, "window"), tmp_path / "cut", together=2)
    with pytest.raises(AskedWrong, match="cannot overlap by 12"):
        apply(CHATS.write(tmp_path / "all"), Limit(12, "window", overlap=12), tmp_path / "cut")
    with pytest.raises(AskedWrong, match="have no answers"):
        apply(write(tmp_path / "plain", [plain(30)], {}), Limit(12, "truncate_context"), tmp_path / "cut")
    with pytest.raises(DataRefused, match="or `truncation: window`"):
        apply(write(tmp_path / "plain", [plain(30)], {}), Limit(12), tmp_path / "cut")
