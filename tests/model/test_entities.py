"""A token classifier that was taught a few names here finds them, in any script, in long texts, whatever stands beside."""

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from tests.planted import NAMES, UNKNOWN, write_finder  # noqa: E402
from tilth.errors import AskedWrong, Missing  # noqa: E402
from tilth.model.identifying import finder  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_finder(tmp_path_factory.mktemp("finder"))


def found(folder, *texts, entities=("person",), confidence=0.5):
    told = finder(folder).find(texts, entities, confidence)
    return [[text[one.start : one.stop] for one in some] for text, some in zip(texts, told, strict=True)]


def test_names_are_found_as_they_were_taught(folder):
    assert finder(folder).entities == ["location", "person"]
    assert found(folder, f"we met {NAMES[0]} today", "nobody is here", "") == [[NAMES[0]], [], []]


def test_two_names_side_by_side_are_two_and_a_name_of_two_words_is_one(folder):
    assert found(folder, "we saw zorblax quuxley zorblax quuxley") == [["zorblax quuxley", "zorblax quuxley"]]


def test_a_word_is_what_its_first_token_is(folder):
    """The tokenizer has no `quuxleyed`: it is `quuxley` and `##ed`, and the second was never taught."""
    assert found(folder, "we met zorblax quuxleyed today") == [["zorblax quuxleyed"]]


def test_only_what_is_asked_for_is_found_and_no_place_is_taken_for_a_name(folder):
    text = f"{NAMES[0]} lives in brindlemoor"
    assert found(folder, text) == [[NAMES[0]]]
    assert found(folder, text, entities=("location",)) == [["brindlemoor"]]
    assert found(folder, text, entities=("location", "person")) == [[NAMES[0], "brindlemoor"]]
    assert found(folder, text, entities=("email",)) == [[]]


def test_what_is_less_sure_than_asked_is_not_found(folder):
    text, shares = f"we met {NAMES[0]} and strangers", []
    for confidence in (0.0, 0.0002, 0.5, 1.0):
        told = finder(folder).find([text], ["person"], confidence)[0]
        assert all(one.sureness >= confidence for one in told)
        shares.append(sum(one.stop - one.start for one in told))
    assert shares == sorted(shares, reverse=True) and shares[0] > shares[2] == len(NAMES[0])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=9), min_size=1, max_size=6), st.integers(0, 5))
def test_places_are_right_in_any_script(folder, pieces, place):
    before, behind = " ".join(pieces[: place % len(pieces)]), " ".join(pieces[place % len(pieces) :])
    text = f"{before} zorblax quuxley {behind}"
    for some in finder(folder).find([text], ["person"], 0.2):
        for one in some:
            assert 0 <= one.start < one.stop <= len(text) and text[one.start : one.stop] == text[one.start : one.stop].strip() != ""
    told = finder(folder).find([f"Ünïcode 東京 😀\U0001f469\u200d\U0001f680 zorblax quuxley, {UNKNOWN}"], ["person"], 0.5)[0]
    assert any((one.start, one.stop) == (16, 31) for one in told)


def test_a_long_text_is_read_in_windows_to_its_end(folder):
    filler = "we met nobody today and "
    text = "".join(f"{filler * (number % 5)}met {NAMES[number % len(NAMES)]} today " for number in range(60))
    assert found(folder, text) == [[NAMES[number % len(NAMES)] for number in range(60)]]


def test_marks_of_the_tokenizer_within_a_long_text_move_no_place(folder):
    text = "we met nobody [SEP] today [CLS] and " * 20 + f"met {NAMES[1]} today"
    assert found(folder, text)[0][-1] == NAMES[1]


def test_what_is_found_does_not_depend_on_what_is_read_beside(folder):
    texts = [f"{'we met nobody ' * (number % 23)}we met {NAMES[number % len(NAMES)]} {'today ' * (number % 7)}" for number in range(90)]
    together = finder(folder).find(texts, ["person", "location"], 0.3)
    assert together == [finder(folder).find([text], ["person", "location"], 0.3)[0] for text in texts]
    assert together == finder(folder).find(texts[::-1], ["person", "location"], 0.3)[::-1]
    assert sum(map(len, together)) >= 90


def test_each_character_of_a_script_without_blanks_is_a_word(folder):
    assert found(folder, "我們見王小明今天") == [["王小明"]]


def test_a_folder_without_weights_or_of_another_kind_is_refused(tmp_path, folder):
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    with pytest.raises(Missing, match="cannot be (loaded|read)"):
        finder(tmp_path)
    (tmp_path / "config.json").write_text('{"architectures": ["BertForMaskedLM"], "model_type": "bert"}')
    with pytest.raises(AskedWrong, match="finds no entities"):
        finder(tmp_path)
