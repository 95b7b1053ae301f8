"""A page of a run in a real browser: Debian's Chromium, driven by selenium, with no network and no profile."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement

from tilth.report import page
from tilth.report.facts import Facts

FLAGS = (
    "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync "
    "disable-dev-shm-usage force-prefers-reduced-motion hide-scrollbars"
).split()

WITNESS = """
window.witnessed = [];
addEventListener("securitypolicyviolation", (found) => witnessed.push(`blocked: ${found.violatedDirective} ${found.blockedURI}`));
addEventListener("error", (found) => witnessed.push(`error: ${found.message}`));
addEventListener("unhandledrejection", (found) => witnessed.push(`rejected: ${found.reason}`));
for (const name of ["alert", "confirm", "prompt"]) window[name] = (...words) => witnessed.push(`${name}: ${words}`);
"""
"""Runs before anything of the page does, and notes what should never happen."""


class Browser:
    """A window that shows one page at a time."""

    def __init__(self, driver: Chrome, folder: Path) -> None:
        self.driver = driver
        self.folder = folder
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WITNESS})

    def show(self, facts: dict[str, Any], width: int = 800, scheme: str = "light", *, scripts: bool = True) -> str:
        """Open the page of these facts; its address."""
        file = self.folder / "report.html"
        file.write_text(page.html(msgspec.convert(facts, Facts)), "utf-8", "backslashreplace")
        self.driver.get("about:blank")
        self.wear(width, scheme)
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.driver.get(file.as_uri())
        if scripts:  # a driver under load was seen to come back while the page was being read
            self.until(lambda: self.ask("return document.readyState === 'complete' && location.protocol === 'file:'"))
        return file.as_uri()

    def wear(self, width: int, scheme: str, media: str = "screen") -> None:
        """The width of the window, the colours that the reader likes, and whether it is paper."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wish = {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)

    def ask(self, script: str, *arguments: Any) -> Any:
        """What a script of ours finds out in the page."""
        return self.driver.execute_script(script, *arguments)

    def asked_for(self) -> list[str]:
        """The addresses of everything that was requested since the page was opened."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """What the browser's console says, and what should never happen."""
        return [entry["message"] for entry in self.driver.get_log("browser")] + list(self.ask("return window.witnessed"))

    def figure(self, name: str) -> WebElement:
        """The figure of a picture."""
        found: WebElement = self.ask("return [...document.querySelectorAll('figure')].find((one) => one.dataset.picture === arguments[0])", name)
        return found

    def explore(self, figure: WebElement) -> None:
        """Press the button of a picture, and wait until it can be explored."""
        self.ask("arguments[0].querySelector('.tools button').click()", figure)
        self.until(lambda: self.ask("return arguments[0].classList.contains('explored')", figure))

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something is so, for ten seconds at most."""
        ends = time.monotonic() + 10
        while not true():
            assert time.monotonic() < ends, self.complaints()
            time.sleep(0.01)


@pytest.fixture(scope="session")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser, started once."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("There is no Chromium with its driver here (Debian: chromium, chromium-driver).")
    folder = tmp_path_factory.mktemp("browser")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"user-data-dir={folder / 'profile'}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options, Service(chromedriver, log_output=subprocess.DEVNULL))
    try:
        yield Browser(driver, folder)
    finally:
        driver.quit()


@pytest.fixture
def browser(window: Browser) -> Iterator[Browser]:
    """The browser as each test finds it."""
    yield window
    window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.fixture(scope="session")
def axe() -> str:
    """The rules of accessibility, as a script."""
    return (files("selenium_axe_python") / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture
def rich(facts: dict[str, Any]) -> dict[str, Any]:
    """A whole run with everything that a report may draw."""
    lengths = {"model": "base", "data": "docs.train", "rows": 13719, "tokens": 1_600_000, "used": 256, "cut": 12_000, "padded": 3000}
    lengths |= {"edges": [32.0 * number for number in range(9)], "counts": [5000, 4000, 2400, 1200, 700, 300, 100, 19]}
    lengths |= {"by_length": [[64, 9000, 900_000, 0.1], [128, 4000, 300_000, 0.3], [256, 100, 12_000, 0.5]]}
    words = {"tokens": 1_600_000, "coverage": [[0.5, 120], [0.9, 1800], [0.99, 3600]], "unused": 31}
    words |= {"ranks": [[1, 80000], [10, 7000], [100, 800], [1000, 60], [4000, 2]], "top": [[" the", 80000]], "rare": [["zx", 2]]}
    pair = {"dataset": "docs", "a": "characters", "b": "duplicate_line_share", "correlation": 0.31, "low": 0.29, "high": 0.33, "rows": 14319}
    pair |= {"points": [[80.0 + 7 * number, (number * 37 % 100) / 100] for number in range(90)]}
    labels = {"step": "docs.filter.quality", "rule": "language", "measure": "language", "labels": {"en": [16000, 15000], "de": [150, 0]}}
    scores = [{**one, "model": "other", "value": one["value"] * 1.2, "low": None, "high": None} for one in facts["scores"]]
    more = {"sequences": [lengths], "vocabularies": {"words": words}, "related": [pair]}
    return {**facts, **more, "measures": [*facts["measures"], {**labels, "judged": 16150, "failed": 150}], "scores": [*facts["scores"], *scores]}
