"""The recipe for web text, on its sample: every page that must fall falls, and what must be hidden is nowhere."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.recipes.shipped import SAMPLES, Done, check_end, everything, rows, run_of

GONE = {
    "https://hafen.example/boote/teeren": "filter.language",
    "https://moulin.example/pain/seigle": "filter.language",
    "https://harbour.example/": "filter.quality",
    "https://harbour.example/shop": "filter.quality",
    "https://clocks.example/notes/code": "filter.quality",
    "https://quiz.example/school/lines": "filter.quality",
    "https://quiz.example/school/trip": "filter.quality",
    "https://mirror.example/copies/winter": "dedup.exact",
    "https://harbour.example/weather/board": "filter.length",
    "https://mirror.example/copies/sundials": "dedup.minhash",
    "https://quiz.example/school/answers": "dedup.against",
}
"""The pages that must fall, each with the step that is there for it."""

PLANTED = ("hanna.mellin@mill-visits.example", "7946 0958", "t7Kq2mV9xR4bL8nZ3wYpD6")
LETTER = "Sign up for our letter"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return run_of("web-text", tmp_path_factory.mktemp("web"))


def test_it_plans_and_runs_to_its_end(done: Done, tmp_path: Path) -> None:
    check_end(done, tmp_path)


def pages() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / "web.jsonl").read_text("utf-8").splitlines()]


def test_every_page_that_must_fall_falls_by_the_step_that_is_there_for_it(done: Done) -> None:
    kept = {row["url"] for row in rows(done, "pages")}
    gone = {page["url"] for page in pages()} - kept
    mirrored = {"https://mirror.example/copies/sundials", "https://clocks.example/history/sundials"}
    assert len(gone & mirrored) == 1, "the longer one of two near-duplicates stays"
    assert gone - mirrored == GONE.keys() - mirrored
    assert done.dropped("pages") == Counter(GONE.values())


def test_menus_are_gone_and_so_is_the_line_that_every_page_of_a_site_has(done: Done) -> None:
    assert sum(LETTER in page["text"] for page in pages()) == 5
    texts = [row["text"] for row in rows(done, "pages")]
    assert not any(LETTER in text or "Home |" in text or "Read more" in text for text in texts)
    assert any("A wooden boat is tarred in the spring" in text for text in texts)


def test_wrong_decoding_is_undone(done: Done) -> None:
    assert any("Ã" in page["text"] for page in pages())
    text = next(row["text"] for row in rows(done, "pages") if row["url"].endswith("hive/names"))
    assert "café" in text and "Édith" in text and "Ã" not in text


def test_nothing_of_the_evaluation_set_is_left(done: Done) -> None:
    asked = [json.loads(line)["question"] for line in (SAMPLES / "web-questions.jsonl").read_text("utf-8").splitlines()]
    assert any(question in page["text"] for page in pages() for question in asked)
    assert not any(question in row["text"] for row in rows(done, "pages") for question in asked)


def test_what_must_be_hidden_is_in_no_byte_of_the_run_nor_of_the_store(done: Done) -> None:
    raw = (SAMPLES / "web.jsonl").read_text("utf-8")
    assert all(value in raw for value in PLANTED)
    found = everything(done)
    assert not [value for value in PLANTED if value.encode() in found]
    assert b"[EMAIL]" in found and b"[PHONE]" in found and b"[ASSIGNED]" in found


def test_the_report_tells_whom_each_step_kept_by_section(done: Done) -> None:
    told = [line for line in done.facts["representation"] if line["by"] == "section" and line["step"] == "pages.filter.quality"]
    foreign, refused = ({url for url, step in GONE.items() if step == name} for name in ("filter.language", "filter.quality"))
    came = Counter(page["section"] for page in pages() if page["url"] not in foreign)
    stayed = Counter(page["section"] for page in pages() if page["url"] not in foreign | refused)
    assert {group["value"]: (group["came"], group["stayed"]) for group in told[0]["groups"]} == {name: (came[name], stayed[name]) for name in came}
