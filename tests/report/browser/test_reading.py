"""A report as people read it: on a phone and on a wall, by day and by night, by keyboard, on paper, and without scripts."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Keys

from tests.report.browser.conftest import Browser

WIDTHS = (360, 800, 1600)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def violations(browser: Browser, axe: str) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    browser.driver.execute_script(axe)
    browser.driver.set_script_timeout(30)
    run = "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']}).then(arguments[1])"
    found = browser.driver.execute_async_script(run, RULES)["violations"]
    return [f"{one['id']}: {one['help']}: {node['target']}" for one in found for node in one["nodes"][:4]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_violation(browser: Browser, rich: dict[str, Any], axe: str, width: int, scheme: str) -> None:
    browser.show(rich, width, scheme)
    if width == 800:
        browser.explore(browser.figure("curve:base.loss"))
        browser.ask("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert violations(browser, axe) == []


def test_axe_would_find_what_is_wrong(browser: Browser, axe: str) -> None:
    browser.show({})
    browser.ask("document.querySelector('main').innerHTML += '<button></button><p style=\"color:#999\">pale</p>'")
    assert [one.partition(":")[0] for one in violations(browser, axe)] == ["button-name", "color-contrast"]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(browser: Browser, rich: dict[str, Any], width: int) -> None:
    browser.show(rich, width)
    browser.ask("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.ask("return document.documentElement.scrollWidth") <= width


def test_only_the_page_itself_is_asked_for(browser: Browser, rich: dict[str, Any]) -> None:
    address = browser.show(rich)
    browser.explore(browser.figure("histogram:docs.filter.length.characters"))
    assert [found for found in browser.asked_for() if not found.startswith("data:")] == [address]
    assert browser.complaints() == []


def laid_out(browser: Browser) -> str:
    """The words that the browser has laid out, asked without a script."""
    found = browser.driver.execute_cdp_cmd("DOMSnapshot.captureSnapshot", {"computedStyles": []})
    shown = {found["strings"][index] for index in found["documents"][0]["layout"]["text"] if index >= 0}
    return re.sub(r"\s+", " ", " ".join(shown))


def test_without_scripts_everything_is_there_to_be_read(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich, scripts=False)
    browser.until(lambda: "Drawn from the facts" in laid_out(browser))
    words = laid_out(browser)
    for wanted in ("14 319", "duplicate_line_share", "number of bytes in the given file", "held_out", "lib/io.py:61", "NotImplementedError"):
        assert wanted in words
    assert "Explore" not in words


def test_every_picture_is_drawn_without_scripts(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    heights = browser.ask(
        "return [...document.querySelectorAll('figure.picture .drawn')].map((one) => [one.clientHeight, one.closest('details') !== null])"
    )
    assert len(heights) > 10 and all(height > 20 or folded for height, folded in heights)


REACHABLE = """
const seen = (one) => one.checkVisibility({visibilityProperty: true}) && getComputedStyle(one).visibility === "visible";
return [...document.querySelectorAll("a[href], button, summary, [tabindex='0']")].filter(seen).length;
"""
FOCUSED = """
const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
window.reached = window.reached || [];
const before = reached.indexOf(one);
reached.push(one);
const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== "none";
return [one.tagName, one.className, outlined, box.width > 0 && box.top < innerHeight && box.bottom > 0, before >= 0];
"""


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    wanted = browser.ask(REACHABLE)
    found = []
    for _ in range(wanted):
        ActionChains(browser.driver, duration=0).send_keys(Keys.TAB).perform()
        found.append(browser.ask(FOCUSED))
    assert found[0][:2] == ["A", "skip"]
    assert [one for one in found if not one[2]] == [], "the focus is seen"
    assert [one for one in found if not one[3]] == [], "what has the focus is in the window"
    assert [number for number, one in enumerate(found) if one[4]] == [], "nothing is met twice"


def test_the_first_link_leads_past_the_contents(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    ActionChains(browser.driver, duration=0).send_keys(Keys.TAB).send_keys(Keys.ENTER).perform()
    assert browser.ask("return document.activeElement.tagName") == "MAIN"


def test_a_button_is_pressed_by_key(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    figure = browser.figure("curve:base.loss")
    button = figure.find_element("css selector", ".tools button")
    browser.ask("arguments[0].focus()", button)
    ActionChains(browser.driver, duration=0).send_keys(Keys.ENTER).perform()
    browser.until(lambda: figure.find_elements("css selector", "canvas"))
    assert button.get_attribute("aria-expanded") == "true" and button.accessible_name.startswith("Close")


def test_on_paper_stand_the_drawn_pictures_and_no_buttons(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    browser.explore(browser.figure("curve:base.loss"))
    pages = re.findall(rb"/Type\s*/Page\b", base64.b64decode(browser.driver.print_page()))
    assert 5 < len(pages) < 60
    browser.wear(800, "light", "print")
    shown = "return [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility()).length"
    assert browser.ask(shown, ".tools, .explorer, nav") == 0
    assert browser.ask("return document.querySelector('.explored .drawn').clientHeight") > 100
    assert browser.complaints() == []
