"""Models and scores: made once for a key, with facts, estimates and files that can be found again."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.projects import Project, result
from tilth.errors import DataRefused, Missing, NotThere
from tilth.execute.datasets import Hands
from tilth.execute.local import Pool
from tilth.execute.models import Shop, given
from tilth.execute.progress import Progress
from tilth.execute.run import Wish
from tilth.fakes.model import tiny_model
from tilth.recipe.read import read
from tilth.recipe.resolve import Given, Model, resolve
from tilth.store.files import folder_content
from tilth.store.runs import Run
from tilth.store.verify import check_object, every_object

RECIPE = """
name: scored
seed: 3
data:
  docs:
    - source.files: {path: raw}
    - split.random: {test: 5}
models:
  given: {from: ./tiny}
  words: {train.tokenizer: {data: docs.train, vocab_size: 300}}
scores:
  held: {evaluate.perplexity: {models: [given], data: docs.test}}
"""


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Run]:
    """A project with a model that is given, a tokenizer that is made, and a score; run once."""
    project = Project(tmp_path_factory.mktemp("scored"))
    project.write("a.jsonl", [{"text": f"The cat number {number} sat on the mat and slept."} for number in range(60)])
    tiny_model(project.folder / "tiny")
    project.write_recipe(RECIPE)
    return project, project.run()


@pytest.fixture
def shop(project: Project) -> Iterator[Shop]:
    with project.store.held():
        recipe = project.recipe()
        yield Shop(Hands(project.store, recipe.machine, Pool(1), Progress(quiet=True), project.folder), recipe, {}, {})


def model(place: str, revision: str | None = None) -> Model:
    return Model("given", 3, None, Given(place, revision))


# What is made


def test_a_model_is_made_once_and_found_again(scored: tuple[Project, Run]) -> None:
    project, first = scored
    again = project.run(sets=["name=again"])
    assert result(again)["models"] == result(first)["models"]
    assert (first.facts()["models"]["words"]["from_store"], again.facts()["models"]["words"]["from_store"]) == (False, True)
    assert result(again)["scores"] == result(first)["scores"]


def test_what_a_model_is_made_from_is_its_key(scored: tuple[Project, Run]) -> None:
    project, first = scored
    keys = {result(first)["models"]["words"]}
    for change in ("words.train.tokenizer.vocab_size=290", "docs.split.random.test=6"):
        keys.add(result(project.run(sets=["name=other", change]))["models"]["words"])
    assert len(keys) == 3


SEEDED = """
name: seeded
data:
  docs:
    - source.files: {path: raw}
models:
  words: {train.tokenizer: {data: docs, vocab_size: 300}}
  own: {train.sft: {data: docs, model: ./tiny, steps: 1, seed: 5}}
  recipes: {train.sft: {data: docs, model: ./tiny, steps: 1}}
scores:
  drawn: {evaluate.perplexity: {models: [given], data: docs}}
"""


def test_only_the_seed_that_is_used_is_in_a_key(shop: Shop) -> None:
    (shop.recipe.file).write_text(SEEDED.replace("./tiny", "given").replace("models:", "models:\n  given: {from: ./tiny}", 1))
    found = []
    for seed in (0, 7):
        recipe = resolve(read(shop.recipe.file, [f"seed={seed}"]))
        seeded = replace(shop, recipe=recipe)
        placed = {one.name: one.made for one in (*recipe.models, *recipe.scores) if one.made is not None}
        found.append({name: (seeded.key("fit", one), seeded.work(one, "k", Path(), Path()).seed) for name, one in placed.items()})
    before, after = found
    assert (before["words"], before["own"]) == (after["words"], after["own"])
    assert [one["own"][1] for one in found] == [5, 5] and [one["recipes"][1] for one in found] == [one["drawn"][1] for one in found] == [0, 7]
    assert before["recipes"][0] != after["recipes"][0] and before["drawn"][0] != after["drawn"][0]


def test_the_files_stand_in_the_run_and_what_was_given_stays_where_it_is(scored: tuple[Project, Run]) -> None:
    project, run = scored
    assert (run.folder / "models" / "words" / "tokenizer.json").exists()
    assert not (run.folder / "models" / "given").exists()
    record = run.record()["models"]
    assert record["words"]["folder"] == "" and Path(record["given"]["folder"]) == project.folder / "tiny"


def test_a_score_tells_its_interval_and_a_row_for_each_item(scored: tuple[Project, Run]) -> None:
    _, run = scored
    (score,) = [one for one in result(run)["scores"] if one["metric"] == "perplexity"]
    assert (score["name"], score["model"], score["step"]) == ("held", "given", "evaluate.perplexity")
    assert score["low"] <= score["value"] <= score["high"]
    items = pq.read_table(run.folder / "scores" / "held.parquet")
    assert items.num_rows == 5, "the test part has five rows"


def test_models_and_scores_are_verified_by_their_files(scored: tuple[Project, Run]) -> None:
    store = scored[0].store
    kinds = [store.manifest(content)["what"] for content in every_object(store)]
    assert {"model", "score"} <= set(kinds) and [one for content in every_object(store) for one in check_object(store, content)] == []


def test_what_was_estimated_stands_beside_what_was_measured(scored: tuple[Project, Run]) -> None:
    told = scored[1].facts()
    assert "estimate" in told["models"]["words"]["facts"]
    assert {line["what"] for line in told["estimates"]} == {"docs", "words"}
    assert all(line["estimate"] is not None for line in told["estimates"])


def test_claims_hold_or_are_refused_and_the_run_stands(scored: tuple[Project, Run]) -> None:
    project, run = scored
    value = next(one["value"] for one in result(run)["scores"] if one["metric"] == "perplexity")
    assert project.run(wish=Wish(claims=(f"held.perplexity <= {value}", f"held.given.perplexity == {value}"))).folder == run.folder
    with pytest.raises(DataRefused, match="and `held.perplexity < 1` was asked") as error:
        project.run(wish=Wish(claims=("held.perplexity < 1",)))
    assert error.value.exit_code == 3
    with pytest.raises(NotThere, match="There is no metric `accuracy`"):
        project.run(wish=Wish(claims=("held.accuracy > 0",)))


def test_nothing_is_left_to_resume(scored: tuple[Project, Run]) -> None:
    assert list((scored[0].store.root / "work").iterdir()) == []


# What is given


def test_a_folder_is_known_by_the_content_of_its_files(project: Project, shop: Shop) -> None:
    tiny_model(project.folder / "tiny")
    one = given(shop, model("./tiny"))
    assert one.folder == project.folder / "tiny" and one.stored and one.step == ""
    shutil.copytree(project.folder / "tiny", project.folder / "copy")
    assert given(shop, model("copy")).key == one.key, "where it lies does not count"
    (project.folder / "copy" / "config.json").write_text(json.dumps({"model_type": "other"}))
    assert given(shop, model("copy")).key != one.key


def test_a_hubs_model_that_was_fetched_is_known_by_its_files(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    tiny_model(tmp_path / "hub/models--owner--name/snapshots/0e9e39f249a16976")
    one = given(shop, model("owner/name", "0e9e39f"))
    assert one.folder.name == "0e9e39f249a16976"
    shutil.copytree(one.folder, shop.hands.base / "copy")
    assert given(shop, model("copy")).key == one.key


@pytest.mark.parametrize(("revision", "line"), [(None, "hf download owner/name`"), ("v1", "hf download owner/name --revision v1`")])
def test_a_hubs_model_that_was_not_fetched_is_missing_with_the_line_that_fetches_it(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revision: str | None, line: str
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(Missing, match="The model `owner/name` is not on this machine") as error:
        given(shop, model("owner/name", revision))
    assert line in error.value.remedy and str(tmp_path / "hub") in error.value.accepted


def test_a_misspelt_folder_is_told_with_the_nearest_and_its_line(project: Project) -> None:
    tiny_model(project.folder / "tiny")
    project.write_recipe(RECIPE.replace("./tiny", "./tinny"))
    with pytest.raises(Missing, match="Did you mean `tiny`") as error:
        project.run()
    line = RECIPE[: RECIPE.index("./tiny")].count("\n") + 1
    assert error.value.where == f"{project.folder}/recipe.yaml:{line}  given.from"


@pytest.mark.parametrize("place", ["./nowhere", "/nowhere/at/all", "~/nowhere-at-all", "name", "a/b/c"])
def test_a_model_that_is_nowhere_is_missing(shop: Shop, place: str) -> None:
    with pytest.raises(Missing, match=f"There is no model folder `{place}`") as error:
        given(shop, model(place))
    assert error.value.where == "models.given.from" and error.value.exit_code == 4


def test_the_content_of_a_folder_is_its_names_and_bytes(tmp_path: Path) -> None:
    for name, files in {"a": {"x": "1", "d/y": "2"}, "b": {"d/y": "2", "x": "1"}, "c": {"x": "1", "d/z": "2"}, "e": {"x": "2", "d/y": "1"}}.items():
        for file, text in files.items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_text(text)
    one, same, named, swapped = (folder_content(tmp_path / name) for name in "abce")
    assert one == same and len({one, named, swapped}) == 3
