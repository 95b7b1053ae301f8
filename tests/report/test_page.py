"""The page: everything that the run wrote is on it, and it is safe, readable and of a bounded size."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.errors import UsageError
from tilth.report import page
from tilth.report.facts import Facts

Write = Callable[[dict[str, Any]], Path]
HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\u202egnp.exe\x00\x1b[31m<style>*{display:none}</style>\"' {{ 7*7 }}"
VOID = {"meta", "br", "img", "link", "input", "hr", "rect", "line", "circle", "path", "polyline"}


class Page(HTMLParser):
    """The tags of a page in order, its ids, links, headings and words; raises for tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.nested_svg = 0
        self.feed(html)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append((int(tag[1]), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open and {"h1", "h2", "h3", "h4"} & set(self.open):
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]

    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words).replace("\u202f", " "))


def drawn(facts: dict[str, Any]) -> str:
    return page.html(msgspec.convert(facts, Facts))


def test_it_is_drawn_from_the_facts_beside_it(facts: dict[str, Any], run_of: Write) -> None:
    run = run_of(facts)
    found = page.draw(run)
    assert found == run / "report.html"
    assert found.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(file.name for file in run.iterdir()) == ["facts.json", "report.html"], "nothing half-made is left"


def test_the_same_facts_give_the_same_bytes(facts: dict[str, Any], run_of: Write) -> None:
    first = page.draw(run_of(facts)).read_bytes()
    assert page.draw(run_of(copy.deepcopy(facts))).read_bytes() == first


def test_a_page_that_stood_before_is_replaced_as_a_whole(facts: dict[str, Any], run_of: Write) -> None:
    run = run_of(facts)
    (run / "report.html").write_text("old")
    assert "old" != page.draw(run).read_text(encoding="utf-8")[:3]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(facts: dict[str, Any], run_of: Write) -> None:
    run = run_of(facts)
    run.chmod(0o500)
    with pytest.raises(UsageError, match="cannot be written"):
        page.draw(run)


def test_headings_are_in_order_under_one_title(facts: dict[str, Any]) -> None:
    levels = [level for level, _ in Page(drawn(facts)).headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later <= level + 1 for level, later in zip(levels, levels[1:], strict=False))


def test_every_part_of_the_facts_has_its_section_and_every_link_its_target(facts: dict[str, Any]) -> None:
    found = Page(drawn(facts))
    sections = [str(section["id"]) for section in found.all("section")]
    assert sections == ["result", "path", "steps", "bad", "data", "tokenizers", "models", "scores", "samples", "estimates", "run", "recipe"]
    assert len(found.ids()) == len(set(found.ids()))
    assert {str(link["href"]) for link in found.all("a")} <= {f"#{name}" for name in found.ids()}


def test_a_chapter_is_headed_by_the_steps_word_and_found_under_its_address(facts: dict[str, Any]) -> None:
    found = Page(drawn(facts))
    assert (3, "filter.quality") in found.headings
    assert "docs.filter.quality" in found.ids()


def test_the_first_screen_says_what_went_in_what_came_out_what_was_lost_and_how_good_the_model_is(facts: dict[str, Any]) -> None:
    html = drawn(facts)
    first = Page(html[: html.index("<main>")].replace("<html", "<html").split("<body>")[1]).text()
    for words in (
        "20 113 records were read",
        "14 319 rows are left, 71.2 % of what was read",
        "5 782 dropped, 12 set aside as bad",
        "duplicate_line_share 388",
    ):
        assert words in first
    assert "perplexity of 26.7 (95\xa0% interval 25.6 to 27.9)" in "".join(first) or "perplexity of 26.7 (95 % interval 25.6 to 27.9)" in first
    assert "blind guessing would give 4 096" in first
    assert "Return the number of bytes" in first


@pytest.mark.parametrize(
    "words",
    [
        "19.4 %",  # share of the rows that filter.length dropped
        "3 907 of 20 101 beyond",  # the histogram's caption
        "kept instead",  # the partner of a duplicate
        "At the border",
        "lib/io.py:61",  # where a row came from
        "invalid syntax in line 7",
        "⟨NUL⟩",  # in the raw bytes of a bad record
        "10 more are in the store",
        "data/docs/train-00000-of-00001.parquet",
        "bytes per token",
        "plement",  # a piece of a term
        "212 of 999 are one token; 700 take 2; 87 take 3 such as 137",
        "NotImplementedError ·representation",  # the longest tokens
        "tokens per second",
        "best",
        "25.6 to 27.9",
        "sampled, temperature 0.8, seed 7",
        "2 min 51 s",  # measured, beside
        "2 min 30 s",  # estimated
        "1.14",  # their ratio
        "tilth run recipes/python-docs.yaml --set seed=7",
        "# the rest is docs.train",
        "transformers 5.23.0",
        "8.2 GB",
        "The recipe has no redact step",
    ],
)
def test_what_the_run_wrote_is_on_the_page(facts: dict[str, Any], words: str) -> None:
    assert words in Page(drawn(facts)).text()


def test_it_fetches_nothing_and_runs_nothing(facts: dict[str, Any]) -> None:
    found = Page(drawn(facts))
    tags = {tag for tag, _ in found.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    policy = next(meta["content"] for meta in found.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    for tag, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"], tag
        assert not re.search(r"(https?:)?//|javascript:", " ".join(str(attributes.get(name)) for name in ("href", "style", "xlink:href")))
    assert "url(" not in drawn(facts) and "@import" not in drawn(facts)


def test_pictures_have_a_title_and_a_description_for_those_who_do_not_see(facts: dict[str, Any]) -> None:
    html = drawn(facts)
    pictures = re.findall(r'<svg role="img"[^>]*><title>([^<]+)</title><desc>([^<]+)</desc>', html)
    assert len(pictures) == html.count('role="img"') == 7 + 4 + 1 + 3 + 3
    others = [svg for svg in Page(html).all("svg") if svg.get("role") != "img"]
    assert all(svg.get("aria-hidden") == "true" or svg.get("preserveaspectratio") == "none" for svg in others), "inner pieces and the mark"


def test_the_page_names_its_language_and_fits_a_phone(facts: dict[str, Any]) -> None:
    found = Page(drawn(facts))
    assert found.all("html")[0]["lang"] == "en"
    assert "width=device-width" in str(found.all("meta"))


def _everywhere(value: Any) -> Any:
    """The same facts with every text replaced by hostile ones, and every name given a hostile tail."""
    match value:
        case str():
            return value + HOSTILE
        case list():
            return [_everywhere(item) for item in value]
        case dict():
            return {
                (name + HOSTILE if "." in name or name in ("train", "words", "base", "docs") else name): _everywhere(item)
                for name, item in value.items()
            }
        case _:
            return value


def test_hostile_texts_everywhere_do_nothing_but_stand_there(facts: dict[str, Any]) -> None:
    html = drawn(_everywhere(facts))
    found = Page(html)
    assert not {tag for tag, _ in found.tags} & {"script", "img"}
    assert len(found.all("style")) == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)
    assert "<script>alert(1)</script>" in found.text()
    assert "{{ 7*7 }}" in found.text(), "the texts are no templates"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_any_text_of_a_row_keeps_the_page_whole(facts: dict[str, Any], text: str) -> None:
    found = copy.deepcopy(facts)
    found["examples"]["docs.filter.length"]["dropped"][0] |= {"text": text, "found": text, "origin": text, "rule": text}
    found["samples"][0] |= {"prompt": text, "text": text + "more"}
    assert len([level for level, _ in Page(drawn(found)).headings if level == 1]) == 1


def test_texts_stand_apart_from_the_direction_of_the_page(facts: dict[str, Any]) -> None:
    facts["examples"]["docs.filter.length"]["dropped"][0]["text"] = "שלום abc"
    assert '<pre class="text"><bdi>שלום abc</bdi></pre>' in drawn(facts)


@pytest.mark.parametrize("part", [name for name in Facts.__struct_fields__])
def test_every_part_may_be_missing(facts: dict[str, Any], part: str) -> None:
    del facts[part]
    levels = [level for level, _ in Page(drawn(facts)).headings]
    assert levels.count(1) == 1


def test_a_run_that_made_nothing_says_so() -> None:
    found = Page(drawn({}))
    assert "This run made no dataset." in found.text()
    assert [str(section["id"]) for section in found.all("section")] == ["result", "run"]


def test_two_datasets_are_told_apart(facts: dict[str, Any]) -> None:
    more = {"dataset": "short", "step": "short.filter.length", "name": "filter.length", "rows_in": 14319, "kept": 9000, "dropped": 5319}
    facts["path"].append(more)
    facts["datasets"]["short"] = {"rows": 9000, "bytes": 1_000_000}
    found = Page(drawn(facts))
    assert {"docs.filter.length", "short.filter.length"} <= set(found.ids())
    assert "docs holds 14 319, short holds 9 000 rows." in found.text()


def test_a_hundred_steps_of_hostile_megabytes_stay_below_five_megabytes(facts: dict[str, Any]) -> None:
    rows = [
        {**facts["examples"]["docs.dedup.exact"]["dropped"][0], "text": bomb, "rule": "x" * 5000}
        for bomb in ("a" * 10**6, HOSTILE * 9999, "\x00\x01" * 10**5)
    ]
    edits = [{"id": "x", "before": "\x00 " * 10**5, "after": HOSTILE * 999}] * 8
    stage = facts["path"][3]
    names = [f"docs.filter.quality[{number}]" for number in range(100)]
    facts["path"] = [{**stage, "step": name, "name": "filter.quality", "reasons": {f"rule {n}": n for n in range(30)}} for name in names]
    facts["examples"] = {name: {"dropped": rows * 9, "border": rows * 9, "edited": edits} for name in names}
    facts["measures"] = [{**measured, "step": name} for name in names for measured in facts["measures"]]
    html = drawn(facts)
    assert len(Page(html).all("article")) >= 100
    assert len(html.encode()) < 5e6


def test_a_limit_shows_what_others_would_keep(facts: dict[str, Any]) -> None:
    assert "characters: rows kept at other limits" in drawn(facts)
    assert "Rows kept, if one limit alone were another:" in Page(drawn(facts)).text() and "at least8016 194" in Page(drawn(facts)).text()


def test_a_step_that_gathers_tells_its_groups_and_what_other_similarities_would_drop(facts: dict[str, Any]) -> None:
    words = Page(drawn(facts)).text()
    assert "701 groups of rows that belong together, the largest of 86. 5 120 pairs were compared, and 33 in large buckets were not." in words
    assert "4 rows have nothing to compare, and stay." in words
    assert "0.51 40322.3 %" in words
    assert "test is 2 short of what was asked" in words


def test_a_rule_that_judges_labels_shows_the_rows_of_each(facts: dict[str, Any]) -> None:
    counts = {"en": [16000, 15000], HOSTILE: [150, 0], "not judged": [44, 44]}
    told = {"step": "docs.filter.quality", "rule": "language", "measure": "language#1f", "by": "two voters, by row", "labels": counts}
    facts["measures"].append({**told, "at_least": None, "at_most": None, "judged": 16150, "failed": 150})
    found = Page(drawn(facts))
    assert "two voters, by row, 150 of 16 150 beyond (0.93 %)" in found.text() and "language#1f" not in found.text()
    assert "en16 00015 000" in found.text() and "not judged4444" in found.text()


def test_a_usual_page_is_small(facts: dict[str, Any]) -> None:
    assert len(drawn(facts).encode()) < 150_000


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_words_stand_out_from_their_ground_in_both_schemes(facts: dict[str, Any], scheme: int) -> None:
    palette = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", re.findall(r":root\{([^}]*--ink[^}]*)\}", drawn(facts))[scheme]))
    for ground in ("paper", "panel"):
        for words in ("ink", "soft", "accent", "stays-text", "lost-text", "unread-text"):
            assert _contrast(palette[words], palette[ground]) >= 4.5, (words, ground)
    assert _contrast(palette["lost-text"], palette["shade"]) >= 4.5
    assert _contrast(palette["stays-text"], palette["insert"]) >= 4.5
    for shape in ("stays", "lost", "unread", "accent", "second"):
        assert _contrast(palette[shape], palette["paper"]) >= 3, shape
