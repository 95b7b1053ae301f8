"""What stands at the end of a page: data that cannot leave their element, and scripts that the policy knows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from tilth.report import interactive, page, specs
from tilth.report.facts import Facts, Measured

HOSTILE = "</script><script>alert(1)</script><!--\u2028\u2029\x00\u202e{{ 7*7 }}"


class Scripts(HTMLParser):
    """The scripts of a page, and its policy, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self.policy = ""
        self.inside = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.found.append((dict(attrs), ""))
            self.inside = True
        if dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = str(dict(attrs)["content"])

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] = (self.found[-1][0], self.found[-1][1] + data)


def scripts(facts: dict[str, Any]) -> Scripts:
    return Scripts(page.html(msgspec.convert(facts, Facts)))


def test_the_policy_names_the_scripts_of_the_page_and_no_others(facts: dict[str, Any]) -> None:
    found = scripts(facts)
    run = [text for attributes, text in found.found if attributes.get("type") != "application/json"]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run]
    assert len(run) == 2 and set(re.findall(r"'sha256-([^']+)'", found.policy)) == set(hashes)
    assert found.policy.startswith("default-src 'none';") and "connect-src 'none'" in found.policy
    assert not re.search("script-src[^;]*unsafe", found.policy)


def test_vega_stands_in_the_page_once_and_is_not_run_by_itself(facts: dict[str, Any]) -> None:
    kinds = [attributes.get("type") for attributes, _ in scripts(facts).found]
    assert kinds == ["application/json", "text/plain", None]


def test_a_page_without_pictures_runs_nothing() -> None:
    found = scripts({"name": "empty"})
    assert found.found == [] and "script-src" not in found.policy
    assert interactive.block(Facts()) == ""


def test_hostile_names_stay_within_the_data(facts: dict[str, Any]) -> None:
    facts["models"] = {f"base{HOSTILE}": facts["models"]["base"]}
    facts["measures"][0] |= {"rule": HOSTILE, "measure": HOSTILE}
    found = scripts(facts)
    assert len(found.found) == 3
    data = found.found[0][1]
    assert not re.search("[<>&\u2028\u2029\u202e\x00]", data)
    assert any("</script><script>alert(1)" in name for name in json.loads(data)["pictures"])


def test_what_goes_beyond_the_bound_stays_as_it_is_drawn() -> None:
    bins = {"edges": [float(number) for number in range(201)], "counts": [1] * 200}
    measures = [msgspec.convert({"step": "d.filter.x", "rule": str(number), "measure": "m", **bins}, Measured) for number in range(200)]
    found = interactive.block(Facts(measures=measures))
    data = Scripts(found).found[0][1]
    assert interactive.SPECS_BYTES * 0.9 < len(data.encode()) < interactive.SPECS_BYTES + 10_000
    assert "histogram:d.filter.x.0" in json.loads(data)["pictures"]


def test_what_stands_in_the_page_is_what_was_specified(facts: dict[str, Any]) -> None:
    told = json.loads(scripts(facts).found[0][1])["pictures"]
    wanted = dict(specs.pictures(msgspec.convert(facts, Facts)))
    assert told == json.loads(json.dumps(wanted))


def test_the_script_needs_no_text_made_into_code() -> None:
    assert not re.search(r"\beval\b|new Function|innerHTML|document\.write|https?:", interactive.script())


@pytest.mark.parametrize("words", ["Explore", "Close", "PNG", "SVG", "Log scale", "Reset"])
def test_every_button_says_what_it_does(words: str) -> None:
    assert f'"{words}"' in interactive.script()
