"""Surveys of real data tell what is known of it (../shared/data/README.md)."""

from pathlib import Path

import pytest

from tilth.cli.looking import look
from tilth.survey.facts import Column, Survey, plain

SHARED = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")


def survey(name: str, **how: bool) -> Survey:
    return look(SHARED / name, rows=0, **how).survey


def column(told: Survey, name: str) -> Column:
    return next(one for one in told.columns if one.name == name)


def test_products_say_how_few_have_a_price_and_which_texts_are_cut() -> None:
    told = survey("products/items_2023_22k.jsonl.gz", whole=True)
    assert told.reach.rows == 22_000
    assert column(told, "price").filled.rows == 598 and column(told, "details_raw").filled.rows == 277
    assert "`price` is filled in 2.7% of the rows (598); the rest is null." in told.notes
    assert any("`description` have exactly 3,000 characters" in note for note in told.notes)
    assert dict(column(told, "truncated").top)["true"] == 362


def test_gift_cards_say_that_a_price_is_text_and_358_are_plain() -> None:
    told = survey("products/gift_cards_2018.jsonl.gz")
    price = column(told, "price")
    assert price.filled.rows - price.misfits == 358 and price.kind == "number"
    assert any(note.startswith("`price` is read as text; its values read as numbers; 4 do not") for note in told.notes)


def test_questions_are_wrapped_and_six_are_empty() -> None:
    told = survey("instructions/lamini_docs.jsonl.gz")
    assert told.format == "question_answer"
    assert "6 are empty without it" in told.notes[0] and "### Question:" in told.notes[0] and "### Answer:" in told.notes[0]
    copies = next(one.copies for one in told.texts if one.column == "question")
    assert copies is not None and copies.exact.rows == 3


def test_instructions_have_eight_categories() -> None:
    told = survey("instructions/dolly_3k.jsonl.gz")
    assert (told.format, column(told, "category").distinct, told.reach.rows) == ("instruction", 8, 2996)


def test_pages_of_the_web_are_english_texts_with_links_and_times() -> None:
    told = survey("web/c4_sample_1000.jsonl.gz")
    assert (told.format, told.text, told.reach.rows) == ("text", "text", 1000)
    assert [column(told, name).kind for name in ("url", "timestamp")] == ["url", "date"]
    assert dict(told.texts[0].languages)["en"] > 950


def test_an_encyclopedia_is_seen_to_be_parted_by_marks() -> None:
    told = survey("encyclopedia/en_wiki_00.txt.gz")
    assert any("documents stand between `<doc …>` and `</doc>`" in note for note in told.notes)
    chinese = survey("encyclopedia/zh_wiki_00.txt.gz").texts[0]
    assert chinese.languages[0][0] == "zh" and "Hani" in dict(chinese.scripts[:2])


def test_pairs_of_preference_are_conversations() -> None:
    told = survey("preferences/hh_harmless_1000.jsonl.gz")
    assert told.format == "preference" and {one.layout for one in told.chats} == {"human_assistant"}
    other = survey("preferences/kto_en_demo.jsonl.gz")
    assert other.format == "messages" and dict(column(other, "label").top) == {"true": 150, "false": 150}


def test_languages_are_told_of_a_folder_of_languages() -> None:
    told = survey("languages")
    assert told.reach.rows == 75 and len(told.texts[0].languages) > 60 and len(told.texts[0].scripts) > 10


def test_nothing_personal_is_in_what_is_told_of_personal_data() -> None:
    told = survey("pii/synthetic_1500.jsonl.gz")
    assert sum(rows for rows, _ in told.texts[0].personal.values()) > 20
    assert "@" not in str(plain(told)["texts"][0]["personal"])
