"""The facts of a run as a run writes them: a small docstring model, made by the code below."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

IDS = [f"{number:026d}".translate(str.maketrans("0189", "abcd")) for number in range(200)]
DOC = "open(file, mode='r', buffering=-1, encoding=None)\n\nOpen file and return a stream. Raise OSError upon failure. "


@pytest.fixture
def facts() -> dict[str, Any]:
    """A whole run: seven steps, a tokenizer, a model, scores and samples."""
    return {
        "format": 1,
        "name": "python-docs",
        "run": 3,
        "started": "2026-11-21T03:12:44+00:00",
        "seconds": 252.4,
        "recipe": RECIPE,
        "command": "tilth run recipes/python-docs.yaml --set seed=7",
        "versions": {"tilth": "0.1.0", "python": "3.11.7", "pyarrow": "26.0.1", "torch": "2.13.0", "transformers": "5.23.0", "tokenizers": "0.23.3"},
        "machine": {"cores": 2, "memory_bytes": 8_200_000_000, "processor": "x86-64 server processor, 2.6 GHz", "workers": 2, "device": "cpu"},
        "path": _path(),
        "datasets": {"docs": _dataset()},
        "inputs": {},
        "bad": [
            {
                "dataset": "docs",
                "file": "lib/test/badsyntax.py",
                "record": 0,
                "offset": 0,
                "reason": "invalid syntax in line 7",
                "raw": "def f(:\n  \x00",
            },
            {"dataset": "docs", "file": "lib/encodings/old.py", "record": 0, "offset": 812, "reason": "not UTF-8 at byte 812", "raw": "caf\ufffd"},
        ],
        "bad_total": 12,
        "measures": _measures(),
        "examples": _examples(),
        "models": {"words": _tokenizer(), "base": _model()},
        "scores": _scores(),
        "samples": [
            {
                "score": "samples",
                "model": "base",
                "prompt": "Return the",
                "mode": "greedy",
                "text": "Return the number of bytes in the given file object.\n\nIf the optional argument is true, the result is a list of names.",
            },
            {
                "score": "samples",
                "model": "base",
                "prompt": "Raise",
                "mode": "sampled, temperature 0.8, seed 7",
                "text": "Raise a ValueError if the key is not of type.\n\n    >>> x = get()",
            },
        ],
        "estimates": [
            {"what": "docs", "quantity": "rows", "estimate": 21000, "measured": 20113},
            {"what": "docs", "quantity": "disk_bytes", "estimate": 31e6, "measured": 27.4e6},
            {"what": "base", "quantity": "seconds", "estimate": 150, "measured": 171.2},
            {"what": "base", "quantity": "memory_bytes", "estimate": 1.1e9, "measured": 1.3e9},
            {"what": "base", "quantity": "flops", "estimate": 6.1e13, "measured": None},
            {"what": "base", "quantity": "parameters", "estimate": 3346752, "measured": 3346752},
        ],
        "types": {
            "docs": [
                _settled("text", "text", 20113),
                _settled("line", "int64", 19000),
                {**_settled("price", "number", 17), "said": True, "misfits": 3},
            ]
        },
        "vocabularies": {"words": _vocabulary()},
        "sequences": [_sequences()],
        "truncations": [_truncation()],
        "related": [_related()],
        "representation": [REPRESENTED],
        "findings": ["filter.length: the limit of 80 characters alone drops 6 % of the rows."],
    }


@pytest.fixture
def run_of(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Write facts into a run's folder, and return the folder."""

    def write(facts: dict[str, Any]) -> Path:
        folder = tmp_path / "runs" / "1"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "facts.json").write_bytes(msgspec.json.encode(facts))
        return folder

    return write


RECIPE = """\
name: python-docs
seed: 7
data:
  docs:
    - source.docstrings: {packages: stdlib}
    - clean.unicode: {form: NFC}
    - clean.whitespace
    - filter.length: {characters: {at_least: 80}}
    - filter.quality: {rules: [gopher_repetition]}
    - dedup.exact
    - split.random: {validation: 300, test: 300}     # the rest is docs.train
"""


NEAR = {
    "groups": 701,
    "largest_group": 86,
    "not_judged": 4,
    "candidates": 5120,
    "skipped": 33,
    "detection": [[0.5, 0.2227], [0.8, 0.9923]],
    "dropped_at": [[0.5, 1403], [0.8, 1264]],
}
"""What a step that drops near-duplicates tells."""


REPRESENTED = {
    "dataset": "docs",
    "step": "docs.filter.length",
    "by": "language",
    "best": "en",
    "of": 2,
    "marked": 1,
    "groups": [
        {"value": "en", "came": 18000, "stayed": 15800, "share": 0.8778, "low": 0.8729, "high": 0.8825},
        {
            "value": "de",
            "came": 2101,
            "stayed": 394,
            "share": 0.1875,
            "low": 0.1714,
            "high": 0.2048,
            "ratio": 0.2136,
            "ratio_low": 0.1952,
            "ratio_high": 0.2337,
            "marked": True,
        },
    ],
}
"""Whom a step kept: of one language far fewer than of the other."""


def _path() -> list[dict[str, Any]]:
    rows, stages = 20113, []
    for name, shape, lost, more in (
        ("source.docstrings", "Source", 0, {"quarantined": 12}),
        ("clean.unicode", "Map", 0, {"edited": 41}),
        ("clean.whitespace", "Map", 0, {"edited": 14822}),
        ("filter.length", "Filter", 3907, {"reasons": {"characters": 3907}}),
        ("filter.quality", "Filter", 611, {"reasons": {"duplicate_line_share": 388, "top_2_gram_share": 204, "duplicate_5_gram_share": 19}}),
        ("dedup.exact", "Whole", 1264, {"reasons": {"same_text": 1264}, "facts": NEAR}),
        ("split.random", "Whole", 0, {"parts": {"train": 13719, "validation": 300, "test": 300}, "facts": {"groups": 0, "short": {"test": 2}}}),
    ):
        stage = {"dataset": "docs", "step": f"docs.{name}", "name": name, "shape": shape, "rows_in": rows, "dropped": lost}
        rows -= lost + more.get("quarantined", 0)
        stages.append(
            {
                "quarantined": 0,
                "edited": 0,
                "reasons": {},
                "parts": {},
                "from_store": name == "source.docstrings",
                "seconds": 1.84,
                **stage,
                "kept": rows,
                **more,
            }
        )
    return stages


def _dataset() -> dict[str, Any]:
    parts = {"train": 13719, "validation": 300, "test": 300}
    return {
        "content": "5f1c9a" * 10,
        "rows": 14319,
        "bytes": 9_431_220,
        "parts": {name: {"rows": rows, "bytes": rows * 650, "files": [f"data/docs/{name}-00000-of-00001.parquet"]} for name, rows in parts.items()},
        "columns": {"id": "id", "origin": "origin", "text": "string", "package": "string", "line": "int64", "signature": "string"},
    }


def _bell(middle: float, width: float, low: float, high: float, bins: int = 40) -> tuple[list[float], list[int]]:
    edges = [low + (high - low) * index / bins for index in range(bins + 1)]
    return edges, [round(900 * math.exp(-(((edges[index] + edges[index + 1]) / 2 - middle) ** 2) / (2 * width**2))) for index in range(bins)]


def _measures() -> list[dict[str, Any]]:
    edges, counts = _bell(210, 160, 0, 1200)
    shares = [0.0, *(0.025 * number for number in range(1, 41))]
    tail = [9000, *(round(3000 * 0.8**number) for number in range(39))]
    geometric = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, None]
    length = {"step": "docs.filter.length", "at_most": None, "judged": 20101}
    quality = {"step": "docs.filter.quality", "at_least": None, "judged": 16194}
    return [
        {
            **length,
            "rule": "characters",
            "measure": "characters",
            "at_least": 80,
            "edges": edges,
            "counts": counts,
            "kept_at": {"at_least": [[10, 20101], [80, 16194], [210, 8800], [900, 31]]},
            "failed": 3907,
        },
        {
            **quality,
            "rule": "duplicate_line_share",
            "measure": "duplicate_line_share",
            "at_most": 0.3,
            "edges": shares,
            "counts": tail,
            "failed": 388,
        },
        {
            **quality,
            "rule": "words",
            "measure": "words",
            "at_least": 4,
            "at_most": 60,
            "edges": geometric,
            "counts": [0, 0, 10, 90, 400, 3000, 9000, 40],
            "failed": 64,
        },
        {**quality, "rule": "top_3_gram_share", "measure": "top_3_gram_share", "at_most": 0.9, "edges": shares, "counts": tail, "failed": 0},
    ]


def _row(number: int, rule: str, value: float | None, limit: float | None, text: str, **more: Any) -> dict[str, Any]:
    row = {"id": IDS[number], "rule": rule, "value": value, "limit": limit, "found": None, "text": text, "cut": False}
    return {**row, "origin": f"lib/io.py:{40 + number}", "partner": None, "kept": False, **more}


def _examples() -> dict[str, Any]:
    repeated = "x.\n" * 30
    return {
        "docs.clean.whitespace": {
            "edited": [
                {
                    "id": IDS[9],
                    "before": DOC * 3 + "\n    Return the file.   \n\n\n\nMore\there.",
                    "after": DOC * 3 + "\nReturn the file.\n\nMore here.",
                },
                {"id": IDS[10], "before": "  Split.  ", "after": "Split."},
                {"id": IDS[11], "before": "\u00a0Join.\r\n", "after": "Join."},
            ]
        },
        "docs.filter.length": {
            "dropped": [_row(number, "characters", 12.0 + number, 80, "See the manual."[: 12 + number]) for number in range(5)],
            "border": [_row(20 + number, "characters", 78 + number, 80, DOC[: 78 + number], kept=number > 1) for number in range(5)],
        },
        "docs.filter.quality": {
            "dropped": [_row(40, "duplicate_line_share", 0.967, 0.3, repeated), _row(41, "top_2_gram_share", 0.31, 0.2, "a b " * 60, cut=True)]
        },
        "docs.dedup.exact": {
            "dropped": [
                _row(60, "same_text", None, None, DOC, partner={"id": IDS[61], "text": DOC}),
                _row(62, "near_text", 0.86, 0.8, DOC + "Close it.", partner={"id": IDS[61], "text": DOC + "Flush it."}),
            ],
            "clusters": _clusters(),
        },
    }


def _clusters() -> list[dict[str, Any]]:
    fallen = [_row(70 + number, "near_text", 0.91, 0.8, DOC.replace("stream", "handle"), partner=None) for number in range(2)]
    return [{"kept": {"id": IDS[61], "text": DOC}, "members": fallen, "size": 7}]


def _settled(column: str, kind: str, filled: int) -> dict[str, Any]:
    return {"column": column, "type": kind, "said": False, "filled": filled, "rows": 20113, "misfits": 0}


def _vocabulary() -> dict[str, Any]:
    ranks = [[rank, round(60_000 / rank**0.9)] for rank in (1, 2, 5, 10, 50, 100, 500, 1000, 4000)]
    shares = [[0.5, 133], [0.9, 1467], [0.99, 3122]]
    return {
        "tokens": 1_204_331,
        "coverage": shares,
        "ranks": ranks,
        "top": [[" the", 60_000], ["\n", 41_000]],
        "rare": [["<|endoftext|>", 1]],
        "unused": 12,
    }


def _sequences() -> dict[str, Any]:
    by_length = [[64, 9000, 700_000, 0.02], [128, 4000, 320_000, 0.11], [256, 800, 61_000, 0.32], [512, 12, 900, 0.61]]
    told = {"model": "base", "data": "docs.train", "rows": 13719, "tokens": 1_204_331, "edges": [0, 50, 100, 200, 400, 800], "by_length": by_length}
    at = {"length": 256, "rows": 800, "tokens": 61_000, "answer_tokens": 5_100, "terminators": 790, "padded": 0.27}
    advice = {"batch": 16, "advice": [{**at, "lines": 4523, "filled": 0.987, "speed_up": 1.352}], "recommended": 512, "reason": "12 rows are longer."}
    return {**told, **advice, "counts": [2000, 6000, 4000, 1700, 19], "used": 256, "packed": False, "cut": 61_000, "padded": 1_100_000}


def _truncation() -> dict[str, Any]:
    lost = {"tokens": 61_000, "answer_tokens": 5_100, "terminators": 790, "rows_without_answer": 300, "rows_with_part_of_it": 490}
    done = {"dropped": 800, "dropped_rows": [17, 31]}
    there = {"rows": 13719, "tokens": 1_204_331, "answer_tokens": 400_000, "terminators": 13719, "longest": 791, "longer_rows": 800}
    return {"model": "base", "length": 256, "strategy": "drop", **there, "cut_would_lose": {**lost, "rows_of_context_only": 10}, "done": done}


def _related() -> dict[str, Any]:
    points = [[float(number), 5.0 * number + number % 3] for number in range(1, 200, 4)]
    return {"dataset": "docs", "a": "words", "b": "characters", "correlation": 0.974, "low": 0.969, "high": 0.978, "rows": 14319, "points": points}


def _tokenizer() -> dict[str, Any]:
    terms: dict[str, Any] = {
        "encoding": ["enc", "oding"],
        "ValueError": ["Value", "Error"],
        "NotImplementedError": ["Not", "Im", "plement", "ed", "Error"],
        "Zürich": ["Z", "ü", "rich"],
    }
    terms["1..999"] = {"numbers": 999, "one_token": 212, "tokens": {"1": 212, "2": 700, "3": 87}, "examples": {"137": ["13", "7"]}}
    facts = {
        "longest_tokens": ["NotImplementedError", " representation"],
        "algorithm": "bpe",
        "vocab_size": 4096,
        "bytes_per_token": 3.8123,
        "unknown_rate": 0.0,
        "reproducible": True,
        "terms": terms,
    }
    return {"key": "a1" * 32, "step": "train.tokenizer", "from_store": True, "facts": facts}


def _model() -> dict[str, Any]:
    def loss(step: int) -> float:
        return 3.1 + 5.2 * math.exp(-step / 45) + 0.12 * math.sin(step * 1.7)

    def rate(step: int) -> float:
        return 1e-3 * (step / 30 if step < 30 else 0.5 + 0.5 * math.cos(math.pi * (step - 30) / 270))

    curve = [
        {
            "step": step,
            "loss": loss(step),
            "learning_rate": rate(step),
            "grad_norm": 0.6 + 4 / (step + 1),
            "tokens": step * 8192,
            "seconds": step * 0.57,
        }
        for step in range(1, 301)
    ]
    validation = [{"step": step, "loss": 3.25 + 5 * math.exp(-step / 45)} for step in range(50, 301, 50)]
    facts = {
        "architecture": "llama",
        "parameters": 3346752,
        "vocab_size": 4096,
        "context": 256,
        "precision": "bf16",
        "tokens_per_second": 14372.11,
        "best_step": 300,
    }
    return {"key": "b2" * 32, "step": "train.pretrain", "from_store": False, "facts": {**facts, "curve": curve, "validation": validation}}


def _scores() -> list[dict[str, Any]]:
    score = {"name": "held_out", "step": "evaluate.perplexity", "model": "base", "n": 300}
    return [
        {**score, "metric": "nats_per_token", "value": 3.284, "low": 3.241, "high": 3.329},
        {**score, "metric": "perplexity", "value": 26.68, "low": 25.56, "high": 27.91},
        {**score, "metric": "bits_per_byte", "value": 1.243, "low": 1.226, "high": 1.26},
    ]
