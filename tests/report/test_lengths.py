"""The words for what a limit on length cost."""

import re
from typing import Any

import msgspec

from tilth.report import page
from tilth.report.facts import Facts
from tilth.report.lengths import Done, Lost, Truncation, causes, done, ledger

LOST = Lost(tokens=1200, answer_tokens=300, terminators=3, rows_without_answer=1, rows_with_part_of_it=2, rows_of_context_only=4)


def test_where_nothing_is_too_long_that_is_all_there_is_to_say() -> None:
    assert ledger(Truncation("tuned", length=512, rows=1400, longest=90)) == "None of 1\u202f400 rows was too long: the longest has 90 tokens."


def test_what_a_cut_would_have_lost_is_told_with_what_was_done() -> None:
    one = Truncation("tuned", 512, "drop", 1400, 90_000, 3000, 1400, 900, 7, LOST, Done(dropped=7, dropped_rows=[3, 1200]))
    assert ledger(one) == (
        "7 rows of 1\u202f400 (0.50\u202f%) had more than 512 tokens. A cut there would have lost 1\u202f200 tokens, 300 of them of answers "
        "(10.0\u202f%), and the ends of 3 answers. 7 rows left out: 3, 1\u202f200 and 5 more."
    )
    assert sum(rows for _, rows in causes(one)) == one.longer_rows


def test_every_strategy_has_its_words() -> None:
    assert done(Done()) == ""
    assert done(Done(truncated=2, truncated_rows=[1, 2], context_tokens_removed=50)) == (
        "2 rows with their context shortened by 50 tokens at a sentence or a word: 1, 2."
    )
    assert done(Done(windowed=1, windows=9)) == "1 row became 9 windows, in which each token is learned once."


def test_the_page_shows_the_ledger_by_cause_and_the_advice(facts: dict[str, Any]) -> None:
    html = page.html(msgspec.convert(facts, Facts))
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
    assert "800 rows of 13 719 (5.8 %) had more than 256 tokens." in words and "800 rows left out: 17, 31 and 798 more." in words
    assert "part of their answers would be lost 490 only context would be lost 10" in words
    assert "Recommended length: 512 tokens. 12 rows are longer." in words
    assert "256 800 61 000 5 100 790 27.0 % 4 523 98.7 % 1.35 ×" in words
    longest = {**facts["truncations"][0], "longer_rows": 0}
    assert "would be lost" not in page.html(msgspec.convert({**facts, "truncations": [longest], "sequences": []}, Facts))
