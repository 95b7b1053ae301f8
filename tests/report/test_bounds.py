"""Whatever the facts hold, the page is harmless and small enough to be sent."""

from __future__ import annotations

import copy
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.report.test_page import HOSTILE, Page, drawn


def _everywhere(value: Any) -> Any:
    """The same facts with every text replaced by hostile ones, and every name given a hostile tail."""
    match value:
        case str():
            return value + HOSTILE
        case list():
            return [_everywhere(item) for item in value]
        case dict():
            return {
                (name + HOSTILE if "." in name or name in ("train", "words", "base", "docs", "perplexity") else name): _everywhere(item)
                for name, item in value.items()
            }
        case _:
            return value


def test_hostile_texts_everywhere_do_nothing_but_stand_there(facts: dict[str, Any]) -> None:
    html = drawn(_everywhere(facts))
    found = Page(html)
    assert not {tag for tag, _ in found.tags} & {"img"}
    assert len(found.all("style")) == 1 and len(found.all("script")) <= 3
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html.partition("<script")[0])
    assert "<script>alert(1)</script>" in found.text()
    assert "{{ 7*7 }}" in found.text(), "the texts are no templates"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_any_text_of_a_row_keeps_the_page_whole(facts: dict[str, Any], text: str) -> None:
    found = copy.deepcopy(facts)
    found["examples"]["docs.filter.length"]["dropped"][0] |= {"text": text, "found": text, "origin": text, "rule": text}
    found["samples"][0] |= {"prompt": text, "text": text + "more"}
    assert len([level for level, _ in Page(drawn(found)).headings if level == 1]) == 1


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


def test_three_hundred_steps_of_sixty_measures_stay_below_five_megabytes(facts: dict[str, Any]) -> None:
    names = [f"docs.filter.quality[{number}]" for number in range(300)]
    facts["path"] = [{**facts["path"][3], "step": name, "reasons": {f"rule_{n}": n for n in range(60)}} for name in names]
    facts["measures"] = [{**facts["measures"][number % 3], "step": name, "rule": f"rule_{number}"} for name in names for number in range(60)]
    facts["examples"] = {name: facts["examples"]["docs.dedup.exact"] for name in names}
    facts["types"] = {name: facts["types"]["docs"] * 200 for name in names}
    facts["related"] = [{**facts["related"][0], "a": name, "points": [[float(n), float(n)] for n in range(1, 3000)]} for name in names]
    facts["vocabularies"] = {name: {**facts["vocabularies"]["words"], "top": [["x" * 500, 1]] * 500} for name in names}
    facts["models"] = {name: facts["models"]["base"] for name in names}
    facts["sequences"] = [{**facts["sequences"][0], "model": name} for name in names]
    facts["truncations"] = [{**facts["truncations"][0], "model": name} for name in names]
    facts["datasets"] = {name: {**facts["datasets"]["docs"], "columns": {f"c{n}": "string" for n in range(500)}} for name in names}
    facts["scores"] = [{**facts["scores"][0], "metric": name} for name in names]
    assert len(drawn(facts).encode()) < 5e6


def test_a_usual_page_is_small(facts: dict[str, Any]) -> None:
    assert len(drawn(facts).partition("<script")[0].encode()) < 200_000, "what can be explored aside"
