"""A recipe has what there is a reason for, and nothing else; and it is a recipe."""

from pathlib import Path

import msgspec
import pytest

from tests.survey.test_building import column, lengths, prose, survey
from tilth.recipe.read import read
from tilth.recipe.resolve import resolve
from tilth.survey.facts import Copies, Reach, Rule, Share, Survey, Texts
from tilth.survey.suggest import Suggestion, name_of, rounded, suggest


def of_texts(one: Texts, **told) -> Survey:
    return survey(column("text"), *told.pop("more", ()), texts=(one,), format="text", format_columns={"text": "text"}, **told)


def steps(found: Suggestion) -> list[str]:
    return [line.strip().removeprefix("- ").partition(":")[0] for line in found.recipe.splitlines() if line.strip().startswith("- ")]


def checked(found: Suggestion, folder: Path) -> Suggestion:
    """The suggestion, once its recipe was read as a recipe."""
    (folder / "recipe.yaml").write_text(found.recipe)
    assert [data.name for data in resolve(read(folder / "recipe.yaml")).data] in (["docs"], ["rows"])
    return found


def test_where_nothing_is_amiss_the_recipe_is_small_and_says_so(tmp_path):
    found = checked(suggest(of_texts(prose("text")), "a.jsonl"), tmp_path)
    assert steps(found) == ["source.files", "split.random"]
    assert "Nothing was found that should be cleaned or dropped." in found.recipe


@pytest.mark.parametrize(
    ("told", "step", "why"),
    [
        ({"damage": {"tags": Share(5, 100)}}, "clean.html", "5 of 100 `text` (5%) have HTML tags."),
        ({"damage": {"mojibake": Share(1, 100)}}, "clean.unicode", "1 of 100 `text` (1%) were decoded wrongly"),
        ({"copies": Copies(exact=Share(3, 100))}, "dedup.exact", "3% of `text` repeat an earlier one."),
        ({"copies": Copies(exact=Share(0, 100), near=Share(4, 100))}, "dedup.minhash", "4% of 100 `text` are copies or near copies"),
        ({"languages": [("en", 95), ("de", 5)]}, "filter.language", "5% of `text` are in other languages than en: de 5."),
        ({"characters": lengths(70, 300, 800, least=2)}, "filter.length", "99% of the texts have 70 characters or more; the shortest has 2."),
        ({"characters": lengths(70, 300, 800, greatest=90_000)}, "filter.length", "the longest has 90,000."),
    ],
)
def test_what_was_found_is_the_reason_for_a_step(told, step, why, tmp_path):
    found = checked(suggest(of_texts(prose("text", **told)), "a.jsonl"), tmp_path)
    assert step in steps(found)
    assert why in dict(found.reasons)[f"docs.{step}"] and why in found.recipe


@pytest.mark.parametrize(
    "told",
    [
        {"damage": {"tags": Share(0, 100), "mojibake": Share(0, 100)}},
        {"copies": Copies(exact=Share(0, 100), near=Share(0, 100))},
        {"languages": [("en", 60), ("de", 40)]},
        {"languages": [("en", 99), ("zxx", 1)]},
        {"characters": lengths(70, 300, 800, least=50)},
        {"quality": [Rule(set="gopher", rule="words", limit="at least 50", breaks=Share(60, 100))]},
    ],
)
def test_without_a_reason_there_is_no_step(told):
    assert steps(suggest(of_texts(prose("text", **told)), "a.jsonl")) == ["source.files", "split.random"]


def test_texts_from_the_web_that_break_rules_are_judged(tmp_path):
    broken = [Rule(set="gopher", rule="words", limit="50 to 100,000", breaks=Share(9, 100))]
    found = checked(suggest(of_texts(prose("text", quality=broken), more=(column("url", "url"),)), "a.jsonl"), tmp_path)
    assert "filter.quality: {rules: [gopher]}" in found.recipe and "9% of `text` break the rule `words`" in found.recipe


def test_limits_are_gentle_and_round():
    found = suggest(of_texts(prose("text", characters=lengths(77, 300, 812, least=2, greatest=90_000))), "a.jsonl")
    assert "filter.length: {characters: {at_least: 50, at_most: 5000}}" in found.recipe
    assert [rounded(value, down=True) for value in (1, 77, 100, 149, 4.5)] == [1, 50, 100, 100, 3]
    assert [rounded(value, down=False) for value in (4060, 1001, 7.5)] == [5000, 1500, 8]


@pytest.mark.parametrize(
    ("rows", "split"),
    [
        (30, ""),
        (200, "split.random: {test: 0.2}"),
        (5000, "split.random: {validation: 0.05, test: 0.05}"),
        (90_000, "split.random: {validation: 1000, test: 1000}"),
    ],
)
def test_parts_fit_the_size_of_the_data(rows, split):
    recipe = suggest(of_texts(prose("text"), reach=Reach(rows=rows)), "a.jsonl").recipe
    assert split in recipe if split else "split" not in recipe


def test_how_much_was_looked_at_is_said():
    reach = Reach(rows=100, rows_in_all=4000, estimated=True, how="16 pieces, evenly spread")
    assert "Looked at: 100 of about 4,000 rows (16 pieces, evenly spread)" in suggest(of_texts(prose("text"), reach=reach), "a.jsonl").recipe


def test_personal_data_is_told_and_not_taken_out():
    recipe = suggest(of_texts(prose("text", personal={"email": (7, 9), "phone": (0, 0)})), "a.jsonl").recipe
    assert "# Likely personal data in `text`, rows: 7 with an e-mail address. `redact.pii`, `redact.secrets` hide what rules find." in recipe
    assert "- redact." not in recipe and "telephone" not in recipe


def test_rows_that_are_more_than_texts_keep_their_columns_clean_too(tmp_path):
    texts = tuple(prose(name, damage={"invisible": Share(1, 100)}) for name in ("output", "instruction"))
    columns = column("instruction"), column("output")
    made = survey(*columns, texts=texts, format="instruction", format_columns={"instruction": "instruction", "output": "output"})
    recipe = checked(suggest(made, "a.jsonl"), tmp_path).recipe
    assert "# These rows are instructions with their answers." in recipe
    assert "clean.unicode: {fields: [text, instruction, output]}" in recipe


def test_rows_without_a_text_are_split_by_all_of_their_columns(tmp_path):
    made = survey(column("price", "number"), column("n b", "number"), reach=Reach(rows=3000))
    recipe = checked(suggest(made, "a.csv"), tmp_path).recipe
    assert "content: [price, n b], near: null" in recipe and "No column of texts was found" in recipe


def test_records_that_cannot_be_read_are_allowed_for_with_a_warning(tmp_path):
    recipe = checked(suggest(of_texts(prose("text"), bad=5), "a.jsonl"), tmp_path).recipe
    assert "bad_records: {at_most: 0.08}" in recipe and "4.8% of the records cannot be read" in recipe
    assert "bad_records" not in suggest(of_texts(prose("text"), bad=1), "a.jsonl").recipe


def test_texts_that_all_read_as_numbers_become_numbers():
    sure = column("price", "number")
    sure = type(sure)(name="price", type="string", kind="number", held={"value": 100}, filled=Share(100, 100), looks_like={"plain_number": 1})
    unsure = type(sure)(name="cost", type="string", kind="number", held={"value": 90, "placeholder": 10}, filled=Share(90, 100))
    recipe = suggest(of_texts(prose("text"), more=(sure, unsure)), "a.jsonl").recipe
    assert "columns: {price: number}" in recipe and "Not all of `cost` reads as numbers" in recipe


def test_numbers_with_signs_that_a_source_does_not_read_stay_texts():
    priced = column("price", "number")
    priced = type(priced)(name="price", type="string", kind="number", held={"value": 100}, filled=Share(100, 100), looks_like={"number": 1})
    recipe = suggest(of_texts(prose("text"), more=(priced,)), "a.jsonl").recipe
    assert "columns: {" not in recipe and "The numbers of `price` have signs of thousands or currency, so it stays text" in recipe


def test_a_column_of_bytes_is_said_to_stop_the_run():
    survey = msgspec.structs.replace(of_texts(prose("text")), notes=["`blob` holds bytes that are no text, which a recipe cannot read; …"])
    assert "# `blob` holds bytes; with it a run refuses every row." in suggest(survey, "a.parquet").recipe


def test_what_the_source_must_be_told_stands_there(tmp_path):
    found = checked(suggest(of_texts(prose("text")), "a.csv", {"csv": {"delimiter": ";"}, "encoding": "cp1252"}), tmp_path)
    assert '{path: a.csv, csv: {delimiter: ";"}, encoding: cp1252}' in found.recipe


def test_names_of_columns_and_files_can_write_nothing_of_their_own(tmp_path):
    evil = "x`\n  evil:\n    - clean.html\u2028# \x1b[31m"
    made = survey(column(evil), texts=(prose(evil, damage={"control": Share(9, 100)}),), format="text", format_columns={"text": evil})
    found = checked(suggest(made, "a\n- b: {c}.jsonl"), tmp_path)
    assert "evil" not in [data.name for data in resolve(read(tmp_path / "recipe.yaml")).data] and "\x1b" not in found.recipe


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("data/My Reviews.jsonl.gz", "my-reviews"),
        ("../texts/*.md", "texts"),
        ("a.b.csv", "a-b"),
        ("./", "mine"),
        ("ümlaut.txt", "mlaut"),
        ("2023.csv", "2023"),
    ],
)
def test_a_recipe_is_named_as_its_file(path, name):
    assert name_of(path) == name
