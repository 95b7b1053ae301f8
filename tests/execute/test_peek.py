"""A look at the first records: sizes, columns, and every mistake at once."""

import pytest

from tests.projects import Project, some_rows
from tilth import masking
from tilth.errors import AskedWrong, Missing, NotThere, RecipeError
from tilth.execute import peek as module
from tilth.execute.peek import Peeked, Seen, peek, total
from tilth.execute.run import Wish

TWO = """
name: two
data:
  docs:
    - source.files: {path: raw/a.jsonl}
    - source.files: {path: raw/b.jsonl}
  all:
    - from: docs
"""


def look(project: Project, recipe: str) -> Seen:
    project.write_recipe(recipe)
    read = project.recipe(workers=1)
    return peek(read, read.order)


def complaint(project: Project, recipe: str) -> list[str]:
    """The places of all mistakes, without the folder."""
    with pytest.raises(AskedWrong) as error:
        look(project, recipe)
    return [line.removeprefix(f"{project.folder}/recipe.yaml:") for line in str(error.value).splitlines() if not line.startswith(" ")]


def test_sizes_are_of_each_source_and_of_the_datasets_made_from_them(project: Project) -> None:
    seen = look(project, TWO)
    sizes = [(project.folder / "raw" / name).stat().st_size for name in ("a.jsonl", "b.jsonl")]
    assert [one.bytes for one in seen.sources.values()] == sizes
    assert [abs(one.rows - rows) <= 3 for one, rows in zip(seen.sources.values(), (50, 70), strict=True) if one.rows] == [True, True]
    assert seen.data["docs"] == seen.data["all"]
    assert seen.data["docs"].bytes == sum(sizes) and seen.data["docs"].columns == {"text": "string", "n": "int64", "kind": "string"}


def test_of_a_large_file_only_the_first_records_are_seen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look(project, TWO).data["docs"].whole
    monkeypatch.setattr(module, "PEEKED", 10)
    assert not look(project, TWO).data["docs"].whole


def test_a_source_without_records_is_told_and_has_no_columns_that_could_be_missed(project: Project) -> None:
    (project.folder / "raw/a.jsonl").write_text("")
    seen = look(project, "name: x\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n    - clean.unicode\n")
    assert seen.data["docs"] == Peeked(0, 0, {}, True)
    assert seen.findings == [f"{project.folder}/recipe.yaml:4  docs.source.files\n  There are no records in it."]


def test_every_mistake_in_sources_and_columns_is_told_at_once(project: Project) -> None:
    recipe = (
        "name: wrong\ndata:\n  a:\n    - source.files: {path: raw/c.jsonl}\n    - source.files: {path: row}\n"
        "  b:\n    - source.files: {path: raw, text: txt}\n"
        "  c:\n    - source.files: {path: raw}\n    - filter.where: m > 1\n    - filter.where: o > 1\n"
        "  d:\n    - from: a\n    - filter.where: never_known > 1\n"
    )
    assert complaint(project, recipe) == [
        "4  a.source.files raw/c.jsonl",
        "5  a.source.files[2] row",
        "7  b.source.files",
        "10  c.filter.where",
        "11  c.filter.where[2]",
    ]


def test_one_mistake_keeps_its_kind_and_parts(project: Project) -> None:
    with pytest.raises(NotThere) as error:
        look(project, TWO.replace("raw/a", "row/a"))
    assert error.value.accepted.startswith("Did you mean `raw/a.jsonl`?")


@pytest.mark.parametrize("first", ["docs", "all"])
def test_a_column_is_looked_for_in_all_that_follows_from_a_source(project: Project, first: str) -> None:
    step = "    - filter.where: knid = 'a'\n"
    recipe = TWO + step if first == "all" else TWO.replace("  all:\n", step + "  all:\n")
    with pytest.raises(RecipeError, match="It reads the column `knid`, which is not there.*Did you mean `kind`"):
        look(project, recipe)


def test_a_column_may_yet_come_where_not_all_was_seen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PEEKED", 10)
    project.write("a.jsonl", [*some_rows()[:50], {"text": "at last", "late": 1}])
    (finding,) = look(project, TWO + "    - filter.where: late is null\n").findings
    assert "It reads the column `late`, which is not there." in finding and "The first 10 records do not have it" in finding
    (finding,) = look(project, TWO.replace("raw/a.jsonl", "raw/a.jsonl, text: late")).findings
    assert "There is no column `late`, which `text` names." in finding


MODELS = """
models:
  words: {train.tokenizer: {data: docs, field: txt}}
scores:
  held: {evaluate.perplexity: {models: [given], data: docs, field: body}}
  ended: {evaluate.generate: {models: [given], prompts: [The]}}
"""


def test_the_column_that_a_model_or_a_score_reads_is_looked_for_too(project: Project) -> None:
    recipe = TWO + MODELS.replace("models:\n", "models:\n  given: {from: ./given}\n", 1)
    with pytest.raises(RecipeError, match="It reads the column `txt` of `docs`, which is not there. .*Did you mean `text`"):
        look(project, recipe)
    assert [one.partition("  ")[2] for one in complaint(project, recipe)] == ["words.train.tokenizer", "held.evaluate.perplexity"]


def test_the_columns_that_a_format_names_are_looked_for_in_what_a_model_learns_and_is_scored_on(project: Project) -> None:
    learned = "train.sft: {data: docs, model: given, format: {type: question, question: ask, answer: txt}}"
    scored = "evaluate.perplexity: {models: [given], data: docs, on: answers, format: {type: text, text: boddy}}"
    recipe = f"{TWO}models:\n  given: {{from: ./given}}\n  tuned: {{{learned}}}\nscores:\n  held: {{{scored}}}\n"
    assert [one.partition("  ")[2] for one in complaint(project, recipe)] == ["tuned.train.sft", "held.evaluate.perplexity"]
    with pytest.raises(RecipeError, match="It reads the column `ask` of `docs`, which is not there"):
        look(project, recipe)


def test_a_run_looks_before_it_begins_and_only_at_what_it_makes(project: Project) -> None:
    project.write_recipe(TWO + "  late:\n    - source.files: {path: gone}\n")
    with pytest.raises(NotThere, match="There is no such file or folder"):
        project.run()
    assert not list((project.folder / ".tilth").rglob("*.parquet"))
    project.run(wish=Wish(until="all"))


def test_a_sum_with_something_unknown_is_unknown() -> None:
    assert (total([1, 2]), total([1, None]), total([])) == (3, None, 0)


@pytest.mark.parametrize(
    ("begun", "who"),
    [
        ("    - source.files: {path: raw/a.jsonl}\n    - source.files: {path: raw/c.jsonl}\n", "docs.source.files[2]"),
        ("    - from: [one, two]\n", "two"),
    ],
)
def test_a_column_is_looked_for_in_each_of_what_a_dataset_begins_with(project: Project, begun: str, who: str) -> None:
    project.write("c.jsonl", [{"text": "no number"}] * 3)
    others = "  one:\n    - source.files: {path: raw/a.jsonl}\n  two:\n    - source.files: {path: raw/c.jsonl}\n"
    with pytest.raises(RecipeError) as error:
        look(project, f"name: x\ndata:\n{others}  docs:\n{begun}    - filter.where: n > 3\n")
    assert error.value.found == f"It reads the column `n`, which `{who}` does not have." and "needs the columns" in error.value.remedy


def test_a_key_that_hiding_needs_is_missed_before_anything_begins(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(masking.KEY, raising=False)
    recipe = "name: x\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n    - redact.pii: {with: hash}\n"
    with pytest.raises(Missing, match=r"recipe.yaml:5  docs.redact.pii\n.*TILTH_REDACTION_KEY is not set"):
        look(project, recipe)
    assert look(project, recipe.replace("hash", "mask")).data["docs"].rows
    monkeypatch.setenv(masking.KEY, "0123456789abcdef")
    assert look(project, recipe).data["docs"].rows


def test_the_columns_that_a_step_reads_of_another_dataset_are_looked_for_there(project: Project) -> None:
    recipe = (
        "name: x\ndata:\n  good:\n    - source.files: {path: raw/a.jsonl, mapping: {body: text}}\n  docs:\n    - source.files: {path: raw/b.jsonl}\n"
        "    - filter.perplexity: {reference: good, column: body, add: [perplexity]}\n"
    )
    assert look(project, recipe).data["docs"].rows
    with pytest.raises(RecipeError, match="It reads the column `bdy` of `good`, which is not there.*Did you mean `body`") as error:
        look(project, recipe.replace("column: body", "column: bdy"))
    assert error.value.where.endswith("recipe.yaml:7  docs.filter.perplexity")
