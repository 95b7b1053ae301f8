"""Which texts of a row may be cut, and how much of each stays."""

import numpy as np

from tilth.model.examples import Example
from tilth.model.shortening import cuttable, shortened, with_texts

CHAT = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "One."},
    {"role": "tool", "content": "Two."},
    {"role": "user", "content": " "},
    {"role": "assistant", "content": "Three."},
    {"role": "user", "content": "Four."},
    {"role": "assistant", "content": "Five."},
)


def test_only_what_users_and_tools_say_before_the_first_answer_may_be_cut():
    assert cuttable(CHAT, 4) == {1: "One.", 2: "Two."}
    assert [message["content"] for message in with_texts(CHAT, {1: "1", 2: "2"})] == ["Be brief.", "1", "2", " ", "Three.", "Four.", "Five."]


def test_of_an_instruction_with_an_input_the_input_is_cut():
    both = {"role": "user", "content": "Sort.\n\nc a b", "instruction": "Sort.", "input": "c a b"}
    assert cuttable([both], 1) == {0: "c a b"}
    assert with_texts([both], {0: "c a"}) == ({"role": "user", "content": "Sort.\n\nc a", "instruction": "Sort.", "input": "c a"},)
    alone = {"role": "user", "content": "Sort it.", "instruction": "Sort it.", "input": ""}
    assert with_texts([alone], cuttable([alone], 1) | {0: "Sort"}) == ({"role": "user", "content": "Sort", "instruction": "Sort", "input": ""},)


class Letters:
    """Rows whose tokens are letters, and whose answer is one exclamation mark."""

    def __init__(self, *texts):
        self.texts = texts

    def contexts(self, row):
        return self.texts

    def again(self, row, contexts):
        ids = np.frombuffer("".join([*contexts, "!"]).encode("utf-32-le"), np.int32)
        return [Example(row, ids, ids == ord("!"), ((len(ids) - 1, len(ids)),))]


def kept(length, *texts, side="right"):
    source = Letters(*texts)
    made = shortened(source.again(0, texts), length, source, side)
    return None if made is None else made[0].ids.tobytes().decode("utf-32-le")


def test_the_longest_gives_way_first_and_white_space_at_the_ends_stays():
    assert kept(30, "short ", "a longer one, of many words \n") == "short a longer one, of many \n!"
    assert kept(30, "short ", "a longer one, of many words \n", side="left") == "short one, of many words \n!"
    assert kept(22, "one two three ", "four five six ") == "one two four five !"


def test_something_of_every_text_stays_or_none_is_cut():
    assert kept(9, "incomprehensible ", "a b c d ") is None
    assert kept(21, "incomprehensible ", "a b c d e f g h i j ") is None
    assert kept(36, "incomprehensible ", "a b c d e f g h i j ") == "incomprehensible a b c d e f g h i !"
