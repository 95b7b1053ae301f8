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

from tilth.errors import UsageError
from tilth.report import facts as written
from tilth.report import page
from tilth.report.facts import Facts

Write = Callable[[dict[str, Any]], Path]
HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\u202egnp.exe\x00\x1b[31m<style>*{display:none}</style>\"' {{ 7*7 }}"
VOID = {"meta", "br", "img", "link", "input", "hr"}
OURS = ("script", "style")
CHAPTERS = ["result", "path", "steps", "types", "bad", "data", "related", "tokenizers", "models", "scores", "samples", "estimates", "run", "recipe"]


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
        if self.open and self.open[-1] in OURS:
            return
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
    assert sections == CHAPTERS
    assert len(found.ids()) == len(set(found.ids()))
    assert {str(link["href"]) for link in found.all("a")} <= {f"#{name}" for name in found.ids()}


def test_a_chapter_is_headed_by_the_steps_word_and_found_under_its_address(facts: dict[str, Any]) -> None:
    found = Page(drawn(facts))
    assert (3, "filter.quality") in found.headings
    assert "docs.filter.quality" in found.ids()


def test_the_first_screen_says_what_went_in_what_came_out_what_was_lost_and_how_good_the_model_is(facts: dict[str, Any]) -> None:
    html = drawn(facts)
    first = Page(html[html.index('<section id="result"') : html.index('<section id="path"')]).text()
    for words in (
        "20 113 records went in; 14 319 rows came out, 71.2 % of what was read.",
        "5 782 rows were dropped, each for a reason given below; most of them by filter.length (3 907).",
        "12 records could not be read and were set aside.",
        "5 782 dropped, 12 set aside as bad",
        "duplicate line share 388",
        "0.65 % of the 4 096 that blind guessing would give",
    ):
        assert words in first
    assert "perplexity of 26.7 (95 % interval 25.6 to 27.9)" in first
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
        "10 more in the store",
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
        "7 rows say the same; one was kept",
        "And 4 more rows fell",
        "dropped and kept instead, letter by letter the same",
        "the recipe says so",  # the type of a column
        "94.5 %",  # of the rows have a line
        "Rank correlation 0.974 (95 % interval 0.969 to 0.978) over 14 319 rows.",
        "133 entries make up 50 %, 1 467 entries make up 90 %, 3 122 entries make up 99 %",
        "12 entries never occur",
        "·the 60 000",
        "A token stands for 3.81 bytes of text",
        "61 000 tokens were cut or left out (5.1 %)",
        "Rows by part",
        "tilth run recipes/python-docs.yaml --set seed=7",
        "# the rest is docs.train",
        "transformers 5.23.0",
        "8.2 GB",
    ],
)
def test_what_the_run_wrote_is_on_the_page(facts: dict[str, Any], words: str) -> None:
    assert words in Page(drawn(facts)).text()


def test_it_fetches_nothing_and_no_script_runs_but_its_own(facts: dict[str, Any]) -> None:
    found = Page(drawn(facts))
    tags = {tag for tag, _ in found.tags}
    assert not tags & {"link", "img", "iframe", "object", "embed", "form", "base"}
    assert not [script for script in found.all("script") if "src" in script]
    policy = str(next(meta["content"] for meta in found.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:") and "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2]
    for tag, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"], tag
        assert not re.search(r"(https?:)?//|javascript:", " ".join(str(attributes.get(name)) for name in ("href", "style", "xlink:href")))
    styles = "".join(re.findall("<style>(.*?)</style>", drawn(facts), re.DOTALL))
    assert "url(" not in styles and "@import" not in styles


def test_pictures_have_a_title_and_a_description_for_those_who_do_not_see(facts: dict[str, Any]) -> None:
    html = drawn(facts).partition("<script")[0]
    pictures = re.findall(r'<svg role="img"[^>]*><title>([^<]+)</title><desc>([^<]+)</desc>', html)
    assert len(pictures) == html.count('role="img"') > 20
    others = [svg for svg in Page(drawn(facts)).all("svg") if svg.get("role") != "img"]
    assert all(svg.get("aria-hidden") == "true" or svg.get("preserveaspectratio") == "none" for svg in others), "inner pieces and the mark"


def figures(html: str) -> dict[str, str]:
    """The pictures of a page by their names: what stands between the tags of each."""
    found = re.findall(r'<figure class="picture[^"]*" id="[^"]*" data-picture="([^"]*)">(.*?)</figure>', html, re.DOTALL)
    assert len(found) == len(dict(found)) == html.count("data-picture="), "each name once, and none within another"
    return dict(found)


def test_every_kind_of_picture_bears_its_name_and_has_its_table(facts: dict[str, Any]) -> None:
    facts["measures"].append({"step": "docs.filter.quality", "rule": "language", "labels": {"en": [9, 8], "de": [3, 0]}, "judged": 12, "failed": 3})
    found = figures(drawn(facts).partition("<script")[0])
    assert set(found) == {
        "flow:docs",
        "histogram:docs.filter.length.characters",
        "kept:docs.filter.length.characters",
        *(f"histogram:docs.filter.quality.{rule}" for rule in ("duplicate_line_share", "words", "top_3_gram_share")),
        "donut:docs.filter.quality.language",
        "donut:docs",
        "scatter:docs.words.characters",
        "coverage:words",
        *(f"curve:base.{title}" for title in ("loss", "learning rate", "gradient norm")),
        "lengths:base",
        "cutting:base",
        *(f"scores:{metric}" for metric in ("nats_per_token", "perplexity", "bits_per_byte")),
    }
    for name, inside in found.items():
        assert '<svg role="img"' in inside and '<details class="numbers">' in inside and "<tbody>" in inside, name
        assert inside.lstrip().startswith("<figcaption>"), name


@pytest.mark.parametrize("more", [0, 300])
def test_what_can_be_explored_has_its_figure(facts: dict[str, Any], more: int) -> None:
    facts["measures"] += [{**facts["measures"][0], "rule": f"rule {n}", "failed": n % 2} for n in range(more)]
    html, _, block = drawn(facts).partition("<script")
    explored = set(msgspec.json.decode(re.findall(r'data-tilth="pictures">(.*?)</script>', block, re.DOTALL)[0])["pictures"])
    assert explored and explored <= set(figures(html))


def test_the_chapters_are_listed_for_wide_and_for_narrow_pages(facts: dict[str, Any]) -> None:
    html = drawn(facts)
    lists = re.findall(r"<nav.*?</nav>", html, re.DOTALL)
    assert len(lists) == 2 and "<details>" in lists[1] and "<details>" not in lists[0]
    for one in lists:
        places = re.findall(r'href="#([^"]*)"', one)
        assert [place for place in places if place in CHAPTERS] == CHAPTERS and "docs.filter.quality" in places


def test_a_reader_without_a_mouse_can_skip_to_the_content_and_reach_what_scrolls(facts: dict[str, Any]) -> None:
    found = Page(drawn(facts))
    assert found.all("a")[0] == {"class": "skip", "href": "#main"} and found.all("main")[0]["id"] == "main"
    scrolled = [attributes for tag, attributes in found.tags if attributes.get("class") == "scroll"]
    assert scrolled and all(one.get("tabindex") == "0" and one.get("aria-label") and one.get("role") for one in scrolled)


def test_what_differs_between_a_dropped_row_and_the_kept_one_is_marked(facts: dict[str, Any]) -> None:
    html = drawn(facts)
    assert "<del>Close</del>" in html and "<ins>Flush</ins>" in html
    assert "<del>handle</del>" in html and "<ins>stream</ins>" in html, "in a cluster too"
    style = html.partition("</style>")[0]
    assert re.search(r"del\{[^}]*line-through", style) and re.search(r"ins\{[^}]*underline", style), "not by colour alone"


def test_facts_of_an_older_version_are_drawn() -> None:
    html = page.html(written.read(Path(__file__).parent / "old_facts.json"))
    sections = [str(section["id"]) for section in Page(html).all("section")]
    assert sections[:3] == ["result", "path", "steps"] and "types" not in sections
    assert "flow:docs" in figures(html.partition("<script")[0])


def test_the_page_names_its_language_and_fits_a_phone(facts: dict[str, Any]) -> None:
    found = Page(drawn(facts))
    assert found.all("html")[0]["lang"] == "en"
    assert "width=device-width" in str(found.all("meta"))


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


def test_a_limit_shows_what_others_would_keep(facts: dict[str, Any]) -> None:
    assert "characters: rows kept at other limits" in drawn(facts)
    words = Page(drawn(facts)).text()
    assert "Rows kept, if this limit alone were another" in words and "at least8016 194" in words


def test_a_step_that_gathers_tells_its_groups_and_what_other_similarities_would_drop(facts: dict[str, Any]) -> None:
    words = Page(drawn(facts)).text()
    assert "701 groups of rows that belong together, the largest of 86. 5 120 pairs were compared, and 33 in large buckets were not." in words
    assert "4 rows with nothing to compare stayed." in words
    assert "0.51 40322.3 %" in words
    assert "test is 2 short of what was asked" in words


def test_a_rule_that_judges_labels_shows_the_rows_of_each(facts: dict[str, Any]) -> None:
    counts = {"en": [16000, 15000], HOSTILE: [150, 0], "not judged": [44, 44]}
    told = {"step": "docs.filter.quality", "rule": "language", "measure": "language#1f", "by": "two voters, by row", "labels": counts}
    facts["measures"].append({**told, "at_least": None, "at_most": None, "judged": 16150, "failed": 150})
    found = Page(drawn(facts))
    assert "two voters, by row, 150 of 16 150 beyond (0.93 %)" in found.text() and "language#1f" not in found.text()
    assert "en16 00015 000" in found.text() and "not judged4444" in found.text()


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
    for shape in ("stays", "lost", "unread", "accent", "second", "third"):
        assert _contrast(palette[shape], palette["paper"]) >= 3, shape
