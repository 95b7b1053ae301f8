"""The flow of rows step by step."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from tilth.report.facts import Stage
from tilth.report.ribbons import ribbon


def shapes(stage: Stage, most: int) -> list[str]:
    return re.findall(r'class="([^"]*)"', str(ribbon(stage, most)))


def test_what_is_lost_peels_off_the_stream() -> None:
    assert shapes(Stage("d", "d.filter.length", "filter.length", rows_in=100, kept=60, dropped=40), 100) == ["stays", "lost"]
    assert shapes(Stage("d", "d.source.files", "source.files", rows_in=100, kept=99, quarantined=1), 100) == ["stays", "unread"]


def test_a_split_is_drawn_as_its_parts() -> None:
    stage = Stage("d", "d.split.random", "split.random", rows_in=100, kept=100, parts={"train": 90, "test": 10})
    assert shapes(stage, 100) == ["stays part-0", "stays part-1"]


def test_a_ribbon_says_its_rows_in_words() -> None:
    assert "60 of 100 rows kept, 40 lost." in ribbon(Stage("d", "d.filter.length", "filter.length", rows_in=100, kept=60, dropped=40), 100)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_ribbon_can_be_drawn_of_any_counts(kept: int, dropped: int, quarantined: int) -> None:
    stage = Stage("d", "d.x.y", "x.y", rows_in=kept + dropped + quarantined, kept=kept, dropped=dropped, quarantined=quarantined)
    assert ET.fromstring(ribbon(stage, stage.rows_in)).tag == "svg"
