"""What a recipe hides is read nowhere: not in a byte of the run's folder, not in what any command says of it; and the key least of all."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project, table
from tilth import masking
from tilth.record import shown

KEY = "0123-a-key-of-nobody-4567"
PLANTED = re.compile(rb"[a-z]+\.planted")
RECIPE = """
name: small
audit: [owner]
data:
  docs:
    - source.files: {path: "raw/*.jsonl", bad_records: {at_most: 0.5}}
    - clean.replace: {match: "colour", with: "color"}
    - filter.length: {characters: {at_least: 40}}
    - dedup.exact
    - dedup.minhash
    - balance.cap: {bucket: owner, at_most: 10}
    - redact.pii: {fields: [text, title, owner, "messages[].content"]}
    - filter.where: n <> 3
"""


def mail(name: str) -> str:
    return f"{name}.planted@corp-mail.com"


def read(path: Path) -> bytes:
    """All bytes of a file, and of what is packed in it."""
    held = path.read_bytes()
    if path.suffix == ".parquet":
        held += json.dumps([pq.read_table(path).to_pylist(), str(pq.read_schema(path))], default=repr).encode()
    if zipfile.is_zipfile(io.BytesIO(held)):
        packed = zipfile.ZipFile(path)
        held += b"".join(packed.read(name) for name in packed.namelist())
    return held


def rows() -> list[dict[str, object] | str]:
    body = " ".join(f"word{number}" for number in range(30))
    made: list[dict[str, object] | str] = [
        {
            "text": f"The colour of {' '.join(f'w{number}x{other}' for other in range(30))}: write to {mail('kept')}.",
            "n": number,
            "title": f"for {mail('title')}",
            "owner": mail("owner"),
            "messages": [{"role": "user", "content": f"dear {mail('chat')}"}],
        }
        for number in range(14)
    ]
    some: dict[str, object] = {"n": 90, "title": "x", "owner": mail("other"), "messages": []}
    made += [{**some, "text": f"short {mail('dropped')}"}]
    made += [{**some, "text": f"{body} {mail('twin')}"}] * 2 + [{**some, "text": f"{body} {mail('twin')}!"}]
    return [*made, '{"text": "this is cut ' + mail("broken")]


def test_no_command_says_and_no_file_holds_what_is_hidden(tmp_path: Path, tilth: Tilth) -> None:
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    project.write("a.jsonl", rows())
    said = [tilth(tmp_path, "plan", "recipe.yaml"), tilth(tmp_path, "run", "recipe.yaml", "--workers", "1")]
    run = project.runs.latest("small")
    assert run is not None and said[1].code == 0, said[1].err
    for path in run.folder.rglob("*"):
        if path.is_file():
            assert not PLANTED.findall(read(path)), path
    assert "[EMAIL]" in json.dumps(run.record()["result"]["steps"])  # the buckets of balance.cap are named
    decided = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    for step in ("filter.length", "dedup.exact", "dedup.minhash", "balance.cap"):
        row = next(shown(line["id"]) for line in decided if line["step"] == f"docs.{step}" and line["action"] == "dropped")
        said += [tilth(tmp_path, "why", row), tilth(tmp_path, "why", row, "--json"), tilth(tmp_path, "look", "small:docs", "--dropped", step)]
    said += [tilth(tmp_path, "look", "small:docs"), tilth(tmp_path, "what-if", "docs.filter.length.characters.at_least=1")]
    said += [tilth(tmp_path, "report", "small"), tilth(tmp_path, "diff", "small/1", "small/1"), tilth(tmp_path, "runs", "--json")]
    for one in said:
        assert one.code == 0, one
        assert not PLANTED.findall((one.out + one.err).encode()), one
    assert sum("[EMAIL]" in one.out for one in said) >= 10


KEYED = """
name: keyed
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - redact.pii: {with: hash}
  more:
    - source.files: {path: "more.jsonl"}
    - redact.pii: {with: hash}
"""


@pytest.fixture
def keyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    project.write_recipe(KEYED)
    for name in "ab":
        project.write(f"{name}.jsonl", [{"text": f"from Ann.Lee@corp.com in {name}{number}"} for number in range(40)])
    (tmp_path / "more.jsonl").write_text(json.dumps({"text": "to ann.lee@corp.com, not bob@corp.com"}) + "\n")
    monkeypatch.setenv(masking.KEY, KEY)
    return project


def tokens(project: Project) -> tuple[set[str], list[str]]:
    run = project.run(workers=2, shard_bytes=400, batch_rows=7)
    whole = "".join(table(run, "docs")["text"].to_pylist())
    return set(re.findall(r"\[EMAIL:\w+\]", whole)), re.findall(r"\[EMAIL:\w+\]", table(run, "more")["text"][0].as_py())


def test_a_person_has_one_token_in_all_rows_and_datasets_and_with_another_key_another(keyed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, (again, bob) = tokens(keyed)
    assert ann == {again} and again != bob
    for path in (*keyed.store.root.rglob("*"), *keyed.runs.root.rglob("*")):
        if path.is_file():
            assert KEY.encode() not in read(path), path
    monkeypatch.setenv(masking.KEY, "another key of nobody's")
    other, (same, _) = tokens(keyed)
    assert other == {same} and same != again


def test_without_the_key_the_plan_already_says_so(keyed: Project, tilth: Tilth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(masking.KEY)
    for verb in ("plan", "run"):
        said = tilth(keyed.folder, verb, "recipe.yaml")
        assert said.code == 4 and masking.KEY in said.err
