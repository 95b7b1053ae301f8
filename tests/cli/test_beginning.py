"""`tilth init`: a first recipe, and nothing overwritten."""

import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Tilth
from tilth.cli.running import opened


def test_the_first_recipe_runs_as_it_is_written(tmp_path: Path, tilth: Tilth) -> None:
    said = tilth(tmp_path, "init", "My Reviews!")
    assert said.code == 0 and "Next: cd My Reviews!, name your files in recipe.yaml" in said.out
    folder = tmp_path / "My Reviews!"
    assert sorted(path.name for path in folder.iterdir()) == [".env.example", ".gitignore", "recipe.yaml"]
    (folder / "data").mkdir()
    (folder / "data/a.jsonl").write_text("".join(json.dumps({"text": f"a text of some length, number {i}"}) + "\n" for i in range(100)))
    assert tilth(folder, "run", "recipe.yaml", "--quiet", "--workers", "1").code == 0
    assert (folder / "runs/my-reviews/1/report.html").is_file()


def test_what_it_only_suggests_can_be_asked_too(tmp_path: Path, tilth: Tilth) -> None:
    tilth(tmp_path, "init")
    text = (tmp_path / "recipe.yaml").read_text()
    (tmp_path / "recipe.yaml").write_text(re.sub(r"^( *)# (?=( |- filter|models|scores|  base|words))", r"\1", text, flags=re.MULTILINE))
    recipe = opened(tmp_path / "recipe.yaml")
    assert {"docs", "words", "base", "held_out"} <= set(recipe.order)
    assert any(placed.address == "docs.filter.where" for placed in recipe.data[0].steps)


def test_nothing_is_overwritten(tmp_path: Path, tilth: Tilth) -> None:
    (tmp_path / "recipe.yaml").write_text("mine")
    told = json.loads(tilth(tmp_path, "init", ".", "--json").out)
    assert told["kept"] == ["recipe.yaml"] and told["written"] == [".env.example", ".gitignore"]
    assert (tmp_path / "recipe.yaml").read_text() == "mine"


def test_secrets_and_what_is_made_stay_out_of_git(tmp_path: Path, tilth: Tilth) -> None:
    tilth(tmp_path, "init")
    assert {".env", ".tilth/", "runs/"} <= set((tmp_path / ".gitignore").read_text().split())


@pytest.mark.parametrize("verb", ["init", "demo"])
def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, tilth: Tilth, verb: str) -> None:
    (tmp_path / "here").write_text("")
    said = tilth(tmp_path, verb, "here")
    assert said.code == 2 and "This is a file." in said.err


SHARED = Path(__file__).parents[3] / "shared" / "data"
REAL = [path for room in ("products", "instructions", "preferences", "web") for path in sorted((SHARED / room).glob("*.json*"))]
"""Other people's rows of every shape."""


def own_rows(folder: Path, kind: str) -> str:
    """A small file of a kind that people bring."""
    bodies = [f"<p>The soil of bed {n} is dug &amp; watered in the week {n * 7 % 53} of the year.</p>" for n in range(120)]
    rows = [{"title": f"Bed {n}", "body": body, "price": n / 4} for n, body in enumerate(bodies)]
    texts = {
        "csv": "Titel;Text;Preis\n" + "".join(f"Beet {row['title']};{row['body']};{row['price']}\n" for row in rows),
        "txt": "\n\n".join(bodies),
        "jsonl": "".join(json.dumps(row) + "\n" for row in [*rows, *rows[:20]]),
        "chat.jsonl": "".join(
            json.dumps({"messages": [{"role": "user", "content": f"What of bed {n}?"}, {"role": "assistant", "content": body}]}) + "\n"
            for n, body in enumerate(bodies)
        ),
    }
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet")
    elif kind == "jsonl.gz":
        (folder / "rows.jsonl.gz").write_bytes(gzip.compress(texts["jsonl"].encode()))
    else:
        (folder / f"rows.{kind}").write_text(texts[kind], "utf-8")
    return f"rows.{kind}"


@pytest.mark.parametrize("kind", ["csv", "txt", "jsonl", "jsonl.gz", "parquet", "chat.jsonl"])
def test_the_recipe_for_a_file_runs_as_it_is_written(tmp_path: Path, tilth: Tilth, kind: str) -> None:
    said = tilth(tmp_path, "init", "here", "--from", own_rows(tmp_path, kind))
    assert said.code == 0 and "Next: cd here, read the reasons in recipe.yaml" in said.out
    assert "# " in (tmp_path / "here/recipe.yaml").read_text()
    planned = tilth(tmp_path / "here", "plan", "recipe.yaml", "--json")
    assert planned.code == 0
    assert tilth(tmp_path / "here", "run", "recipe.yaml", "--quiet", "--workers", "1").code == 0


@pytest.mark.skipif(not REAL, reason="../shared/data is not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_the_recipe_for_real_data_plans(tmp_path: Path, tilth: Tilth, path: Path) -> None:
    if path.name == "articles_ground_truth.json":
        pytest.skip("one object of answers, and no rows")
    assert tilth(tmp_path, "init", ".", "--from", str(path)).code == 0
    assert tilth(tmp_path, "plan", "recipe.yaml").code == 0


def test_reasons_are_told_by_step(tmp_path: Path, tilth: Tilth) -> None:
    told = json.loads(tilth(tmp_path, "init", ".", "--from", own_rows(tmp_path, "jsonl"), "--json").out)
    reasons = {one["step"]: one["why"] for one in told["reasons"]}
    assert "HTML tags" in reasons["docs.clean.html"] and "`body`" in reasons["docs.source.files"]
    assert told["recipe"] == (tmp_path / "recipe.yaml").read_text()


def test_a_recipe_that_is_there_stays_whatever_the_data_suggests(tmp_path: Path, tilth: Tilth) -> None:
    (tmp_path / "recipe.yaml").write_text("mine")
    said = tilth(tmp_path, "init", ".", "--from", own_rows(tmp_path, "jsonl"))
    assert said.code == 0 and (tmp_path / "recipe.yaml").read_text() == "mine"
    assert "No recipe was written for the data" in said.out and "tilth init FOLDER --from rows.jsonl" in said.out


def test_data_that_is_not_there_or_empty_is_refused_and_nothing_is_written(tmp_path: Path, tilth: Tilth) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    for name, said in (("nothing.jsonl", "nothing.jsonl"), ("empty.jsonl", "There are no rows in it.")):
        found = tilth(tmp_path, "init", "here", "--from", name)
        assert found.code == 2 and said in found.err and not (tmp_path / "here").exists()


def test_looking_at_files_tells_how_to_begin(tmp_path: Path, tilth: Tilth) -> None:
    name = own_rows(tmp_path, "jsonl")
    assert tilth(tmp_path, "look", name).out.rstrip().endswith(f"`tilth init --from {name}` writes a recipe for this data.")
    told = json.loads(tilth(tmp_path, "look", name, "--json").out)
    tilth(tmp_path, "init", ".", "--from", name)
    assert told["suggested"] == (tmp_path / "recipe.yaml").read_text()
    assert json.loads(tilth(tmp_path, "look", name, "--json", "--where", "price > 3").out)["suggested"] is None
