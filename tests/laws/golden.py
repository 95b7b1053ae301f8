"""What each step makes of a fixed table. `python -m tests.laws.golden` writes golden.json anew; not where a result
moved while its step's `revision` stood still: raise that first."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from docs.generate import step_classes
from tests.tiny_fasttext import write_model
from tilth.fakes.encoder import tiny_encoder
from tilth.fakes.server import local_server
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.frames import to_batch
from tilth.model.endpoint import Endpoint, write_endpoint
from tilth.pairs import compare
from tilth.record import SPANS, Batch, id_array, row_digests
from tilth.redaction import Redaction
from tilth.spreading import Spread, spread
from tilth.step import Filter, Map, Step, Whole

KEPT = Path(__file__).with_name("golden.json")

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "balance.cap": [
        {"bucket": "label", "at_most": 2},
        {"bucket": "round(price / 5)", "at_most": 1, "unless": "price > 20", "weights": {"label": {"red": 1, "other": 5}}, "seed": 7},
    ],
    "balance.classes": [{"by": "label", "how": how, "to": to} for how, to in (("undersample", 4), ("oversample", 8), ("weights", {"red": 0.5}))],
    "balance.mixture": [{"by": "label", "weights": {"red": 2, "blue": 1}, **total} for total in ({"rows": 16}, {"characters": 600})],
    "clean.c4_lines": [{}, {"terminal_punctuation": False, "least_words": 1}],
    "clean.punctuation": [{}, {"longest": 1, "fields": ["text", "title"]}],
    "clean.replace": [{"match": r"\b(\w+) dog\b", "with": r"\1 cat"}, {"match": ".", "literal": True}],
    "clean.rewrite": [{"model": "model", "prompt": "Louder.", "tokens": 40}],
    "clean.unicode": [{}, {"form": "NFKC", "quotes": "straight", "dashes": "hyphen"}],
    "clean.urls": [{}, {"with": "<url>"}],
    "clean.whitespace": [{}, {"blank_lines": 0, "keep_indentation": True}],
    "dedup.against": [{"data": "docs"}, {"data": "docs", "ngram": 5, "do": "cut"}, {"data": "docs", "fields": ["title", "text"], "do": "flag"}],
    "dedup.exact": [{}, {"ignore": ["whitespace", "case", "punctuation"], "keep": "longest"}, {"keep": {"best": "price"}}],
    "dedup.lines": [{"at_least": 2, "shortest": 1}, {"unit": "sentence", "at_least": 2, "shortest": 5, "keep": "none", "fields": ["text", "title"]}],
    "dedup.minhash": [{}, {"similarity": 0.3, "keep": "longest"}],
    "filter.blocklist": [{"terms": ["lazy dog", "WORD", "没有", "ﬁne"]}, {"terms": {"red": ["a"], "all": ["the"]}, "language": "label"}],
    "filter.characters": [
        {name: {"at_least": 0.1} for name in ("alphanumeric", "special", "digits", "white_space", "capitals")},
        {"character_repetition": {"at_most": 0.3}, "word_repetition": {"at_most": 0.3}, "characters_in_run": 4, "words_in_run": 2},
    ],
    "clean.cut": [
        {"characters": 30},
        {"words": 8, "at": "word", "from": "start", "fields": ["text", "title"]},
        {"tokens": 12, "tokenizer": "words", "at_least": 6},
    ],
    "extract.fields": [
        {"text": "{{ title }}: {{ text }}", "price": {"from": "price", "type": "integer"}, "label": "label"},
        {"first": {"from": "text.a"}, "whole": {"from": "title", "type": "number"}, "known": {"from": "price", "join": " "}},
    ],
    "filter.classifier": [{"model": "model", "label": "good", "score": {"at_least": 0.5}}],
    "dedup.semantic": [{"model": "model", "similarity": 0.8}, {"model": "model", "similarity": 0.95, "clusters": 4, "probes": 2, "keep": "longest"}],
    "filter.freshness": [{"column": "price", "date": {"at_least": "2020-01-01"}, "as_of": "2024-06-30"}],
    "filter.relevance": [{"like": "docs", "model": "model"}, {"like": "docs", "model": "model", "neighbours": 1, "fields": ["title", "text"]}],
    "filter.judge": [{"model": "model", "rubric": "Is {{ title }} right for {{ text }}?", "score": {"at_least": 3}}],
    "filter.language": [{"keep": "all"}, {"keep": ["en"], "by": "line", "confidence": {"at_least": 0.5}}],
    "filter.length": [{"characters": {"at_least": 20}, "words": {"at_most": 50}}],
    "filter.outlier": [
        {"of": "length(text)"},
        {"of": "price", "by": "label", "quantiles": {"below": 0.2, "above": 0.8}},
        {"of": "price", "iqr": 0.2},
    ],
    "filter.perplexity": [{"reference": "docs", "perplexity": {"at_most": 100}}, {"reference": "docs", "order": 2, "add": ["perplexity"]}],
    "filter.sample": [{"rows": 5}, {"share": 0.4, "by": "label", "seed": 7}],
    "filter.quality": [{"rules": ["gopher", "gopher_repetition", "c4", "fineweb"]}],
    "filter.where": [{"sql": "price >= 3 and label <> 'red'"}],
    "format.chat": [{"format": {"type": "question", "question": "title", "answer": "text"}}],
    "format.completion": [{"prompt": "{{ title or 'none' }}: ", "completion": "{{ text }} {{ 10 / price }}"}],
    "format.instruction": [
        {"instruction": "{{ title }}", "output": "{{ text }}"},
        {"instruction": "Say it.", "input": "{{ title }}", "output": "{{ text }}"},
    ],
    "format.preference": [{"prompt": "label", "chosen": "text", "rejected": "title"}],
    "format.windows": [{"tokens": 16, "overlap": 4, "tokenizer": "words"}, {"tokens": 40, "tokenizer": "words", "field": "title"}],
    "split.group": [{"by": "label", "test": 6, "leaks": "drop"}, {"by": ["label", "title"], "test": 0.2, "seed": 7, "leaks": "keep"}],
    "split.random": [{"test": 3, "validation": 0.2, "seed": 7}],
    "split.stratified": [{"by": "label", "test": 3, "validation": 0.2}],
    "split.time": [{"column": "price", "test": 3, "undated": "train", "leaks": "drop"}],
}
"""Settings under which a step is watched; a step that is not named is watched as it is by default."""

TEXTS = [
    "The quick brown fox jumps over the lazy dog. It does so every day, and nobody has asked it why.",
    "the quick  brown fox\tjumps over the lazy dog. It does so every day, and nobody has asked it why. ",
    "The quick brown fox jumps over the lazy dog. It does so every day, and nobody has asked it why.",
    "",
    None,
    "   \n\n\n\n  blank lines \r\n and ends   \n\n\n\n\n again\u00a0here ",
    "<p>Tags &amp; entities: a &lt; b.</p><script>no()</script><ul><li>one</li><li>two</li></ul> a < b and c > d",
    "See https://example.org/a?b=c (or www.example.com), and write to nobody@example.org.",
    "What?!?!?! No!!!!!!! Yes........ And -------- so on ####",
    "cafÃ© donâ€™t “curly” ‘quotes’ – dashes — e\u0301 ﬁne ＡＢＣ \u200bzero\ufeff",
    "word " * 60,
    "one line\none line\none line\nanother line\none line\n\na paragraph\n\na paragraph\n",
    "• first\n• second\n• third\n- fourth\n- fifth ...\n",
    "Это предложение на русском языке, и в нём есть слова. 这是一个没有空格的句子。これは文です。",
    "12 34 56 78 90 % $ # @ 1.5 2,000 3e8 0x1F ½ ² ①",
    "it was the time of the year when all of them had to be at home with those that they knew and that they would be with. " * 3,
    "Emoji 👩‍👩‍👧 flag 🇩🇪 and a nul-free end",
    "SHOUTING IN CAPITALS, WITHOUT END, AND WITHOUT A REASON",
]


PERSONAL = [
    "Dear Ann Miller, call +44 20 7946 0958 or (212) 555-0142, or write to ann.miller (at) example (dot) org.",
    "Card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, SSN 536-90-4399, born 3 May 1980.",
    "Server 8.8.8.8, 2001:4860:4860::8888, 00:1A:2B:3C:4D:5E; version 1.2.3.4.5; https://bob:hunter2x@example.net/x",
    f"key = {'AK' + 'IA'}{'QWERTYUIOPASDFGH'} password: {'s3cr' + 'et-Passw0rd!x9'} and {'gh' + 'p_'}{'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}",
]
"""Texts in which there is something to hide; secrets stand here in pieces, so that nobody takes them for true ones."""


def table() -> Batch:
    """The fixed rows: texts of all kinds, and columns of numbers, labels and titles."""
    rows = range(len(TEXTS))
    columns = {
        "text": TEXTS,
        "title": [None if row % 5 == 4 else f"Title  {row % 7} <b>bold</b>" for row in rows],
        "price": [None if row % 6 == 5 else row * 1.5 for row in rows],
        "label": [("red", "green", "blue")[row % 3] for row in rows],
    }
    return to_batch(pa.table(columns))


def made(step: Step, rows: Batch) -> pa.Table:
    """All that a step says of the rows, as a table."""
    step.prepare()
    if isinstance(step, Map):
        return pa.table(dict(step.columns(rows)))
    if isinstance(step, Filter):
        measures = {check.measure.column: rows.take(check.measure) for check in step.checks()}
        limits = [f"{check.rule} {check.measure.column} {check.at_least} {check.at_most} {check.among}" for check in step.checks()]
        return pa.table(measures).append_column("limits", pa.array([limits] * len(rows)))
    if isinstance(step, Redaction):
        found = step.spans(pa.array([*TEXTS, *PERSONAL], pa.large_string()))
        return pa.table({name: found[name] for name in SPANS.names})
    if isinstance(step, Spread):
        return spread(step, rows, "golden")[0]
    assert isinstance(step, Whole)
    sketch, comparison = step.sketch(rows), step.comparison()
    found = step.decide(sketch) if comparison is None else step.decide(sketch, compare(comparison, sketch, rows))
    told = {"part": found.part, "value": found.value, "limit": found.limit, "which": found.which, "copies": found.copies, **found.columns}
    columns = {f"sketch {name}": sketch[name] for name in sketch.column_names}
    columns |= {name: pa.array(values) for name, values in told.items() if values is not None}
    columns |= {} if found.partner is None else {"partner": id_array(found.partner)}
    columns |= {} if found.cuts is None else {"cuts": pa.array([str(found.cuts.to_pylist())] * len(rows))}
    return pa.table(columns).append_column("parts", pa.array([f"{found.parts} {found.rule}"] * len(rows)))


ASKS = ("clean.rewrite", "filter.judge")
"""Steps that ask a model about rows: here a server of this machine, whose answers depend on the question alone."""


def _by_fasttext(step: Step, folder: Path) -> Step:
    model = write_model(folder / "quality.bin", {"the": "good", "it": "good", "word": "bad", "line": "bad"})
    return step.given(folder / "step", models={"model": model})


ITEMS = {
    "question": [
        "Whom does the quick brown fox jump over, and how often?",
        "the quick brown fox jumps over the lazy dog it does so",
        TEXTS[13],
        None,
    ],
    "answer": [
        "It does so every day, and nobody has asked it why.",
        "the year when all of them had to be at home with those that they",
        "",
        "SHOUTING",
    ],
}
"""An evaluation set of which some texts have something."""


def _encoding(step: Step, folder: Path) -> Step:
    data = {"docs": table().table.slice(6, 6)} if step.name() == "filter.relevance" else {}
    return step.given(folder / "step", data=data, models={"model": tiny_encoder(folder / "model")})


TAUGHT: dict[str, Callable[[Step, Path], Step]] = {
    "clean.cut": lambda step, folder: step.given(folder / "step", models={"words": tiny_tokenizer(folder / "words")}),
    "dedup.against": lambda step, folder: step.given(folder / "step", data={"docs": pa.table(ITEMS)}),
    "dedup.semantic": _encoding,
    "filter.classifier": _by_fasttext,
    "filter.relevance": _encoding,
    "format.windows": lambda step, folder: step.given(folder / "step", models={"words": tiny_tokenizer(folder / "words")}),
    "filter.perplexity": lambda step, folder: step.given(folder / "step", data={"docs": table().table}),
}
"""What other steps are given that study a model or a dataset."""


@contextmanager
def taught(step: Step) -> Iterator[Step]:
    """The step, with the model that it asks."""
    if step.name() not in ASKS:
        with TemporaryDirectory() as folder:
            yield TAUGHT[step.name()](step, Path(folder)) if step.name() in TAUGHT else step
        return
    with local_server() as server, TemporaryDirectory() as folder:
        model = write_endpoint(Path(folder) / "model", Endpoint(server.url, "tiny", key=None))
        yield step.given(Path(folder) / "step", models={"model": model})


def digest(kind: type[Step]) -> str:
    """The digest of all results of a step, over the settings under which it is watched."""
    found = hashlib.blake2b(digest_size=16)
    for settings in SETTINGS.get(kind.name(), [{}]):
        with taught(kind.model_validate(settings)) as step:
            for row in row_digests(made(step, table()), leave_out=()):
                found.update(row)
    return found.hexdigest()


def watched() -> list[type[Step]]:
    """The steps whose results are data: every Map, Redaction, Spread, Filter and Whole."""
    return [step for room in step_classes().values() for step in room if issubclass(step, Map | Redaction | Spread | Filter | Whole)]


def kept() -> dict[str, dict[str, Any]]:
    """What golden.json says now."""
    return dict(json.loads(KEPT.read_text("utf-8"))) if KEPT.exists() else {}


def moved(kind: type[Step]) -> bool:
    """Whether its result is another than the kept one, though its revision is the same."""
    known = kept().get(kind.name())
    return known is not None and known["revision"] == kind.revision and known["digest"] != digest(kind)


if __name__ == "__main__":
    still = [kind.name() for kind in watched() if moved(kind)]
    if still:
        sys.exit(f"The result moved, but not the revision, of: {', '.join(still)}. Raise `revision`, or undo the change.")
    found = {kind.name(): {"revision": kind.revision, "digest": digest(kind)} for kind in watched()}
    KEPT.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
