"""Nobody reads what a recipe hides: not in a run's folder, not in what is told of its rows."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.projects import Project, table
from tilth.cli.telling import Told, as_json, as_words
from tilth.errors import StepFailed, TilthError
from tilth.execute.sample import of_dropped
from tilth.execute.story import stories
from tilth.execute.suppose import suppose
from tilth.execute.veils import Veil, veil_of_run
from tilth.record import shown
from tilth.steps.redact.pii import Pii

PLANTED = ["ann.lee@corp-mail.com", "bob.short@corp-mail.com", "carl.bad@corp-mail.com", "dora.twin@corp-mail.com", "erik.meta@corp-mail.com"]
RECIPE = """
name: small
data:
  docs:
    - source.files: {path: "raw/*.jsonl", bad_records: {at_most: 0.5}}
    - clean.replace: {match: "colour", with: "color"}
    - filter.length: {characters: {at_least: 40}}
    - dedup.minhash
    - redact.pii: {fields: [text, contact]}
    - filter.where: n <> 3
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    body = " ".join(f"word{i}" for i in range(40))
    rows: list[dict[str, object] | str] = [
        {"text": f"The colour of it all: write to {PLANTED[0]} about page {i}, {' '.join(f'w{i}x{j}' for j in range(30))}.", "n": i, "contact": None}
        for i in range(6)
    ]
    rows += [{"text": f"short {PLANTED[1]}", "n": 90, "contact": PLANTED[4]}]
    rows += [{"text": f"{body} {PLANTED[3]}", "n": 91, "contact": "x"}, {"text": f"{body} {PLANTED[3]}!", "n": 92, "contact": PLANTED[4]}]
    rows += ['{"text": "this is cut ' + PLANTED[2]]
    project.write("a.jsonl", rows)
    return project


def test_no_byte_of_a_run_folder_has_what_was_hidden(project: Project) -> None:
    run = project.run()
    assert sum("[EMAIL]" in row["text"] for row in table(run, "docs").to_pylist()) >= 5
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        held = path.read_bytes()
        if path.suffix == ".parquet":  # its pages are packed
            held += json.dumps(pq.read_table(path).to_pylist(), default=repr).encode()
        if zipfile.is_zipfile(io.BytesIO(held)):
            held += b"".join(zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist())
        for value in PLANTED:
            assert value.encode() not in held and value.partition("@")[0].encode() not in held, f"{value} in {path}"
    facts = json.loads((run.folder / "facts.json").read_text())
    assert "[EMAIL]" in facts["examples"]["docs.filter.length"]["dropped"][0]["text"]
    assert "[EMAIL]" in facts["bad"][0]["raw"]


def test_whoever_asks_for_a_row_sees_it_through_the_veil(project: Project) -> None:
    run = project.run()
    fell = of_dropped(run, "docs", "filter.length").table
    assert fell["text"].to_pylist() == ["short [EMAIL]"] and fell["contact"].to_pylist() == ["[EMAIL]"]
    lines = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    told = [stories(run, shown(one["id"])) for one in lines] + [stories(run, shown(row["id"])) for row in table(run, "docs").to_pylist()]
    said = "".join(as_words(Told("", "", one)) + as_json(Told("", "", one)) for one in told)
    what_if = repr(suppose(run, "docs.filter.length.characters.at_least", "1"))
    assert "[EMAIL]" in said and "[EMAIL]" in what_if
    assert not [value for value in PLANTED if value.partition("@")[0] in said + what_if]


def test_an_error_does_not_quote_what_is_hidden(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise StepFailed(f"ValueError: cannot parse 'write to {PLANTED[0]}'")

    monkeypatch.setattr("tilth.execute.run.make", failing)
    with pytest.raises(TilthError) as failed:
        project.run()
    assert PLANTED[0] not in str(failed.value) and "[EMAIL]" in str(failed.value)


def test_where_nothing_is_redacted_nothing_is_veiled(project: Project) -> None:
    project.write_recipe(RECIPE.replace("    - redact.pii: {fields: [text, contact]}\n", ""))
    run = project.run()
    assert veil_of_run(run) == Veil() and not Veil().identity()
    assert PLANTED[1] in of_dropped(run, "docs", "filter.length").table["text"][0].as_py()


def test_an_excerpt_loses_what_was_cut_in_the_middle() -> None:
    veil, cut = Veil((Pii(),)), "write to ann.lee@corp-ma"
    assert "ann" not in veil.excerpt(f"{'long ' * 30}{cut}…")
    assert veil.excerpt("a whole text with ann@corp.com in it") == "a whole text with [EMAIL] in it"


def test_words_and_keys_of_facts_are_veiled_and_none_is_lost() -> None:
    told = {"buckets": [{"kind": "ann@corp.com", "rows": 3}], "labels": {"a@corp.com": 1, "b@corp.com": 2, "plain": 3}, "share": 0.5, "none": None}
    assert Veil((Pii(),)).told(told) == {
        "buckets": [{"kind": "[EMAIL]", "rows": 3}],
        "labels": {"[EMAIL]": 1, "[EMAIL] 2": 2, "plain": 3},
        "share": 0.5,
        "none": None,
    }
    assert Veil().told(told) is told


def test_numbers_in_columns_are_veiled_too() -> None:
    card = 4111111111111111
    assert Veil((Pii(),)).row({"id": b"x", "n": 3, "card": card, "flag": True}) == {"id": b"x", "n": 3, "card": "[CARD]", "flag": True}
