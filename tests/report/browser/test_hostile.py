"""Rows and names that want to do something: they are shown, and do nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.report.browser.conftest import Browser

SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)><a href=javascript:alert(4)>x</a>"
HOSTILE = {
    "markup": SCRIPT,
    "attribute": '"\' onmouseover=alert(1) autofocus onfocus=alert(2) x="',
    "comment": "<!--<script>]]>{{ 7*7 }}${alert(1)}",
    "bidi": "\u202egnp.exe\u2066\u2069\u200f",
    "control": "NUL\x00 ESC\x1b[31m \x07\u2028\u2029\ufeff",
    "style": "</style><style>*{display:none}</style>",
    "fetch": "<link rel=stylesheet href=https://example.com/x.css><img src=https://example.com/x.png><iframe src=https://example.com></iframe>",
}
NAMES = ("__proto__", "constructor", "toString", "hasOwnProperty", *HOSTILE.values())


def everywhere(value: Any, tail: str) -> Any:
    """The same facts with every text and every name of other people's given a hostile tail."""
    match value:
        case str():
            return value + tail
        case list():
            return [everywhere(item, tail) for item in value]
        case dict():
            return {
                name + tail if "." in name or name in ("train", "en", "base", "words") else name: everywhere(item, tail)
                for name, item in value.items()
            }
        case _:
            return value


@pytest.mark.parametrize("tail", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_everywhere_do_nothing(browser: Browser, rich: dict[str, Any], tail: str) -> None:
    address = browser.show(everywhere(rich, tail), 360)
    for button in browser.driver.find_elements("css selector", ".tools > button"):
        browser.explore(button.find_element("xpath", "ancestor::figure"))
    assert len(browser.driver.find_elements("css selector", "canvas")) >= 14
    assert [found for found in browser.asked_for() if not found.startswith("data:")] == [address]
    assert browser.ask("return document.documentElement.scrollWidth") <= 360
    assert browser.ask("return document.querySelectorAll('img, iframe, link, base, form:not(.explorer form), object, embed').length") == 0
    assert browser.complaints() == []


def test_names_of_the_language_itself_are_only_names(browser: Browser, rich: dict[str, Any]) -> None:
    base, words, dataset = rich["models"]["base"], rich["vocabularies"]["words"], rich["datasets"]["docs"]
    rich["models"] = {name: base for name in NAMES}
    rich["vocabularies"] = {name: words for name in NAMES}
    rich["datasets"] = {name: dataset for name in NAMES}
    rich["measures"] = [{**rich["measures"][0], "step": "docs.filter.length", "rule": name, "measure": name} for name in NAMES]
    rich["scores"] = [{**rich["scores"][0], "metric": name, "model": name} for name in NAMES]
    browser.show(rich)
    assert browser.ask("return document.querySelectorAll('.tools').length") >= 5 * len(NAMES)
    for kind in ("curve:{}.loss", "coverage:{}", "histogram:docs.filter.length.{}", "scores:{}", "donut:{}"):
        browser.explore(browser.figure(kind.format("__proto__")))
    assert browser.ask("return Object.keys(Object.prototype).length") == 0
    assert browser.complaints() == []


def test_a_line_of_a_megabyte_takes_a_bounded_place(browser: Browser, rich: dict[str, Any]) -> None:
    for bomb in ("a" * 10**6, SCRIPT * 9000, "\u202e\x00" * 10**5, "𒀱" * 10**5):
        rich["examples"]["docs.filter.length"]["dropped"][0] |= {"text": bomb, "found": bomb, "origin": bomb, "rule": bomb}
        rich["samples"][0] |= {"prompt": bomb, "text": bomb}
        browser.show(rich, 360)
        assert browser.ask("return document.documentElement.scrollWidth") <= 360
        assert browser.ask("return document.documentElement.innerHTML.length") < 2_500_000
        assert browser.complaints() == []


def test_a_script_that_got_into_the_page_would_not_run(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    browser.ask("const made = document.createElement('script'); made.textContent = 'alert(1)'; document.body.append(made)")
    browser.ask("const made = document.createElement('img'); made.src = 'https://example.com/x.png'; document.body.append(made)")
    browser.until(lambda: len(browser.ask("return window.witnessed")) == 2)
    told = browser.ask("return window.witnessed")
    assert sorted(told) == ["blocked: img-src https://example.com/x.png", "blocked: script-src-elem inline"]
