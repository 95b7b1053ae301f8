"""clean.cut: never more than the limit, never in the middle of a word, and the rest as it was."""

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.projects import Project, line, table
from tilth.errors import AskedWrong
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.counting import token_counts
from tilth.steps.clean.cut import Cut

REAL = Path(__file__).parents[4] / "shared" / "data" / "products" / "items_2023_22k.jsonl.gz"
TWO = "The lamp is brass. It has a long cord and a highly durable shade of woven glass."
WORDS = st.lists(st.sampled_from(["the", "lamp", "is.", "On", "and", "highly", "durable", "I.", "3.5", "—", "\n\n", "don't", "Ω!"]), max_size=60)


def cut(text, **said):
    return Cut.model_validate(said)({"text": [text]})["text"][0]


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny_tokenizer(tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="module")
def by_tokens(words, tmp_path_factory):
    def made(**said):
        return Cut.model_validate({"tokenizer": "words", **said}).given(tmp_path_factory.mktemp("step") / "step", models={"words": words})

    return made


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"characters": 100}, TWO),
        ({"characters": 60}, "The lamp is brass."),
        ({"characters": 60, "at_least": 30}, "The lamp is brass. It has a long cord and a highly durable"),
        ({"characters": 60, "at": "word"}, "The lamp is brass. It has a long cord and a highly durable"),
        ({"characters": 10}, "The lamp"),
        ({"words": 5}, "The lamp is brass."),
        ({"words": 2}, "The lamp"),
        ({"characters": 70, "from": "start"}, "It has a long cord and a highly durable shade of woven glass."),
        ({"characters": 21, "from": "start"}, "shade of woven glass."),
        ({"characters": 2}, ""),
    ],
)
def test_a_text_is_cut_at_a_sentence_or_else_at_a_word(said, kept):
    assert cut(TWO, **said) == kept


def test_what_is_short_enough_stays_to_the_byte():
    for text in (" a \n", "", "word", "  two  words\t"):
        assert cut(text, characters=20) == text
    assert Cut(characters=3)({"text": [None, "a b c"]}) == {"text": [None, "a b"]}


def test_scripts_without_spaces_are_cut_between_characters():
    assert cut("这是一个没有空格的句子。这是第二个句子，更长一些。", characters=15) == "这是一个没有空格的句子。"
    kept = cut("这是一个没有空格的句子", characters=5)
    assert kept == "这是一个没"


@given(WORDS.map(" ".join), st.integers(1, 60), st.sampled_from(["sentence", "word"]), st.sampled_from(["end", "start"]))
@settings(deadline=None, max_examples=150)
def test_a_cut_text_is_a_piece_within_the_limit_that_ends_with_whole_words(by_tokens, words, text, most, at, side):
    kept = by_tokens(**{"tokens": most, "at": at, "from": side})({"text": [text]})["text"][0]
    assert token_counts(words, [kept])[0] <= most
    assert text.startswith(kept) if side == "end" else text.endswith(kept)
    if kept != text:
        rest = text[len(kept) :] if side == "end" else text[: len(text) - len(kept)]
        assert not kept or re.match(r"\s", rest if side == "end" else rest[::-1]), (kept, rest)
        assert set(kept.split()) <= set(text.split())


@given(WORDS.map(" ".join), st.integers(1, 40))
@settings(deadline=None, max_examples=100)
def test_at_a_word_no_further_word_would_fit(by_tokens, words, text, most):
    kept = by_tokens(tokens=most, at="word")({"text": [text]})["text"][0]
    longer = re.match(r"\s*\S+", text[len(kept) :])
    assert kept == text or longer is None or token_counts(words, [kept + longer[0]])[0] > most


@given(st.text(max_size=80), st.integers(1, 30))
@settings(deadline=None, max_examples=150)
def test_any_text_of_unicode_is_cut_within_the_limit(text, most):
    kept = cut(text, characters=most)
    assert len(kept) <= most or kept == text
    assert text.startswith(kept)


@given(WORDS.map(" ".join), st.integers(5, 40), st.integers(1, 5))
@settings(deadline=None, max_examples=80)
def test_a_sentence_that_leaves_too_little_gives_way_to_a_word(by_tokens, words, text, most, least):
    kept = by_tokens(tokens=most, at_least=least)({"text": [text]})["text"][0]
    by_word = by_tokens(tokens=most, at="word")({"text": [text]})["text"][0]
    if token_counts(words, [kept])[0] < least:
        assert kept == by_word


def test_a_long_text_is_cut_as_if_all_of_it_had_been_counted():
    text = " ".join(f"word{number}." for number in range(50_000))
    assert cut(text, words=7) == " ".join(f"word{number}." for number in range(7))
    assert cut(text, **{"words": 2, "from": "start"}) == "word49998. word49999."


def test_what_stands_inside_json_is_cut_too():
    step = Cut(characters=8, fields=("messages[].content",))
    rows = {"text": [None], "messages": ['[{"role":"user","content":"A long question."}]']}
    assert json.loads(step(rows)["messages"][0]) == [{"role": "user", "content": "A long"}]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "here are none"),
        ({"tokens": 5}, "name one, `tokenizer"),
        ({"words": 5, "characters": 5}, "here are words and characters"),
        ({"words": 5, "at_least": 6}, "more than the limit of 5"),
        ({"words": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused(said, why):
    with pytest.raises(ValidationError, match=why):
        Cut.model_validate(said)


def test_without_its_tokenizer_it_says_so():
    with pytest.raises(AskedWrong, match="not at hand"):
        Cut(tokens=5, tokenizer="llama")({"text": ["a"]})


def test_a_recipe_names_the_tokenizer_and_the_books_tell_what_went(tmp_path):
    project = Project(tmp_path)
    project.write("a.jsonl", [{"text": TWO}, {"text": "Short."}])
    tiny_tokenizer(project.folder / "tiny")
    project.write_recipe(
        "name: cut\ndata:\n  docs:\n    - source.files: {path: raw}\n    - clean.cut: {tokens: 30, tokenizer: words}\n"
        "models: {words: {from: ./tiny}}\n"
    )
    run = project.run()
    assert table(run, "docs")["text"].to_pylist() == ["The lamp is brass.", "Short."]
    assert line(run, "docs.clean.cut")["edited"] == 1


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not here")
def test_no_real_product_ends_in_the_middle_of_a_word(by_tokens, words):
    with gzip.open(REAL, "rt", encoding="utf-8") as file:
        rows = [json.loads(next(file)) for _ in range(1500)]
    texts = [" ".join([row["title"], *row["description"], *row["features"]]) for row in rows]
    kept = by_tokens(tokens=180, at_least=90)({"text": texts})["text"]
    counts = token_counts(words, kept)
    assert max(counts) <= 180 and sum(one != other for one, other in zip(kept, texts, strict=True)) > 1000
    for whole, piece in zip(texts, kept, strict=True):
        assert whole.startswith(piece)
        following = whole[len(piece) :][:1]
        assert not following or following.isspace() or ord(following) > 0x3000 or ord(piece[-1]) > 0x3000, piece[-20:]
