"""The page of benchmarks is what the kept results say."""

import json

from bench.page import PAGE, page
from bench.results import newest


def result(name, date, line):
    told = {"work": "walking", "budget": "≥ 2 km", "measured": "3 km", "met": True, **line}
    machine = {"cores": 2, "processor": "a processor", "python": "3.11.7"}
    return {
        "date": date,
        "machine": machine,
        "command": f"make bench ONLY={name}",
        "name": name,
        "title": name.title(),
        "lines": [told],
        "documents": "none",
        "how": "On foot.",
        "peer": "",
        "notes": [],
        "agreement": [{"rule": "steps", "rows": 1000, "ours": 7, "peer": 8, "both": None}],
    }


def test_the_page_in_docs_is_what_the_newest_results_say():
    assert PAGE.read_text("utf-8") == page(newest()), "docs/benchmarks.md is behind bench/results: run `python -m bench.page` and commit it."


def test_of_each_benchmark_the_newest_result_counts(tmp_path):
    for name, date in (("walk", "2026-01-02"), ("walk", "2026-01-10"), ("swim", "2025-12-31")):
        (tmp_path / f"{date}-{name}.json").write_text(json.dumps(result(name, date, {})))
    assert [(one["name"], one["date"]) for one in newest(tmp_path)] == [("swim", "2025-12-31"), ("walk", "2026-01-10")]


def test_a_missed_budget_is_said_as_plainly_as_a_met_one():
    told = page([result("walk", "2026-01-02", {"met": False}), result("swim", "2026-01-02", {"met": None})])
    assert "| walking | ≥ 2 km | 3 km | **no** |" in told
    assert "| walking | ≥ 2 km | 3 km | not told |" in told
    assert "| steps | 1,000 | 7 | 8 | not compared |" in told
