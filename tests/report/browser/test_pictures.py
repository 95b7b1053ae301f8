"""Pictures that a reader explores: they appear when asked for, and show what the facts hold."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver import ActionChains

from tests.report.browser.conftest import Browser


def rows_of(browser: Browser, name: str) -> list[dict[str, Any]]:
    """What a picture shows, as Vega holds it."""
    figure = browser.figure(name)
    browser.explore(figure)
    found: list[dict[str, Any]] = browser.ask("return arguments[0].view.data('rows').map(({...row}) => row)", figure)
    return found


def test_a_histogram_shows_the_counts_of_the_facts(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    for measured in [one for one in rich["measures"] if "counts" in one]:
        rows = rows_of(browser, f"histogram:{measured['step']}.{measured['rule']}")
        counts = {row["bin"]: row["rows"] for row in rows}
        assert [counts.get(number, 0) for number in range(len(measured["counts"]))] == measured["counts"]
    assert browser.complaints() == []


def test_a_curve_shows_every_step_that_was_logged(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    rows = rows_of(browser, "curve:base.loss")
    for line, member in (("training", "curve"), ("validation", "validation")):
        wanted = [(point["step"], pytest.approx(point["loss"], rel=1e-5)) for point in rich["models"]["base"]["facts"][member]]
        assert [(row["step"], row["value"]) for row in rows if row["line"] == line] == wanted


def test_the_other_pictures_show_what_the_facts_hold(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    assert [[row["a"], row["b"]] for row in rows_of(browser, "scatter:docs.characters.duplicate_line_share")] == rich["related"][0]["points"]
    assert [row["rows"] for row in rows_of(browser, "lengths:base")] == rich["sequences"][0]["counts"]
    assert {row["part"]: row["rows"] for row in rows_of(browser, "donut:docs.filter.quality.language")} == {"en": 16000, "de": 150}
    assert [[row["rank"], row["tokens"]] for row in rows_of(browser, "coverage:words")] == rich["vocabularies"]["words"]["ranks"]
    wanted = [one["value"] for one in rich["scores"] if one["metric"] == "perplexity"]
    assert [row["value"] for row in rows_of(browser, "scores:perplexity")] == wanted
    kept = rich["measures"][0]["kept_at"]["at_least"]
    assert [row["rows"] for row in rows_of(browser, "kept:docs.filter.length.characters")] == [rows for _, rows in kept]
    lost = [row["part"] for row in rows_of(browser, "cutting:base") if row["line"] == "tokens lost"]
    assert lost == pytest.approx([900 / 1600, 300 / 1600, 12 / 1600])
    assert browser.complaints() == []


def test_every_picture_opens_and_closes_in_both_schemes(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich, 360)
    figures = [button.find_element("xpath", "ancestor::figure") for button in browser.driver.find_elements("css selector", ".tools > button")]
    assert len(figures) >= 14
    for figure in figures:
        browser.explore(figure)
    browser.wear(360, "dark")
    assert browser.ask("return document.documentElement.scrollWidth") <= 360
    for figure in figures:
        assert browser.ask("return arguments[0].querySelector('canvas').clientHeight", figure) > 50
        assert browser.ask("return getComputedStyle(arguments[0].querySelector('.drawn')).clipPath", figure) == "inset(50%)"
        browser.ask("arguments[0].querySelector('.tools button').click()", figure)
    assert browser.driver.find_elements("css selector", "canvas") == []
    assert browser.complaints() == []


def test_what_lies_under_the_pointer_is_told(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    figure = browser.figure("curve:base.loss")
    browser.explore(figure)
    canvas = figure.find_element("css selector", "canvas")
    browser.ask("arguments[0].scrollIntoView({block: 'center'})", canvas)
    ActionChains(browser.driver, duration=20).move_to_element(canvas).move_by_offset(5, 5).perform()
    browser.until(lambda: browser.driver.find_elements("css selector", "#vg-tooltip-element.visible"))
    told = browser.ask("return [...document.querySelectorAll('#vg-tooltip-element td.value')].map((cell) => cell.textContent)")
    logged = rich["models"]["base"]["facts"][{"training": "curve", "validation": "validation"}[told[0]]]
    assert float(told[2]) == pytest.approx(next(point["loss"] for point in logged if str(point["step"]) == told[1]), rel=1e-5)


def test_a_logarithmic_scale_can_be_chosen(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    figure = browser.figure("curve:base.loss")
    browser.explore(figure)
    button = figure.find_element("xpath", ".//button[text()='Log scale']")
    octaves = "const y = arguments[0].view.scale('y'); return (y(4) - y(8)) / (y(3) - y(6))"
    assert browser.ask(octaves, figure) == pytest.approx(4 / 3)
    browser.ask("arguments[0].click()", button)
    browser.until(lambda: browser.ask(octaves, figure) == pytest.approx(1))
    assert button.get_attribute("aria-pressed") == "true"
    assert browser.complaints() == []


def test_a_picture_can_be_kept(browser: Browser, rich: dict[str, Any]) -> None:
    browser.show(rich)
    browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(browser.folder)})
    figure = browser.figure("scores:perplexity")
    browser.explore(figure)
    for words, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        browser.ask("arguments[0].click()", figure.find_element("xpath", f".//button[text()='{words}']"))
        file = browser.folder / f"perplexity.{words.lower()}"
        browser.until(file.exists)
        assert file.read_bytes().startswith(begins)
    assert browser.complaints() == []


def test_two_pictures_whose_names_are_cut_alike_are_not_mistaken_for_each_other(browser: Browser, rich: dict[str, Any]) -> None:
    rich["measures"] = [{**rich["measures"][0], "rule": "r" * 300 + tail} for tail in "ab"]
    browser.show(rich)
    found = browser.ask("return [...document.querySelectorAll('figure')].filter((one) => one.dataset.picture?.startsWith('histogram:'))")
    assert len(found) == 2
    assert not [one for one in found if one.find_elements("css selector", ".tools")]
