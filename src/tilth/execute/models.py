"""Models and scores: fits and judges are run, once for a key, and their facts recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from tilth.errors import Missing
from tilth.execute.datasets import Hands, Walked, dataset, know_files
from tilth.execute.endpoints import endpoint, write_endpoint
from tilth.execute.hub import cache, command, fetched
from tilth.execute.local import at_step
from tilth.execute.metrics import LINES, Metrics, keep
from tilth.execute.speed import flops_per_second
from tilth.execute.tracking import destinations
from tilth.recipe.resolve import Given, Model, Placed, Recipe, Scored, steps_read_by
from tilth.recipe.words import did_you_mean, nearest, sentences
from tilth.step import Fit, Judge
from tilth.store.files import folder_content
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store
from tilth.store.tables import write_table
from tilth.training import Training
from tilth.work import Items, Known, Ratio, Work


@dataclass(frozen=True)
class Stands:
    """A model as it stands: its key, its folder, and what is known of it."""

    name: str
    key: str
    folder: Path
    step: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    stored: bool = True
    seconds: float = 0.0
    metrics: str | None = None
    """The content of what its training told, step by step, where it told something."""

    @property
    def known(self) -> dict[str, Any]:
        """What an estimate may be made from: its facts, and its folder."""
        return {**self.facts, "folder": str(self.folder)}


@dataclass(frozen=True)
class Judged:
    """A score as it was made."""

    name: str
    step: str
    made: Made
    stored: bool


@dataclass(frozen=True)
class Shop:
    """Where models and scores are made: the hands, the recipe, and what stands already."""

    hands: Hands
    recipe: Recipe
    data: Mapping[str, Walked]
    models: Mapping[str, Stands]
    scores: Mapping[str, Judged] = field(default_factory=dict)

    def work(self, placed: Placed, key: str, folder: Path, scratch: Path) -> Work:
        """What a step is given: its datasets, models and scores by name, and its folders."""
        named = steps_read_by(placed.step)
        return Work(
            datasets={
                name: dataset(self.hands.store, self.data[name.partition(".")[0]], name) for name in named if name.partition(".")[0] in self.data
            },
            models={name: self.models[name].folder for name in named if name in self.models},
            folder=folder,
            scratch=scratch,
            key=key,
            seed=placed.seed(self.recipe.seed),
            machine=self.hands.machine,
            tell=self.hands.progress.tell,
            name=(name := f"{self.recipe.name}/{placed.address.partition('.')[0]}"),
            destinations=destinations(self.hands.machine, self.hands.store.root, name),
            scores={name: _items(self.hands.store, self.scores[name]) for name in named if name in self.scores},
        )

    def known(self, placed: Placed) -> Known:
        """What an estimate is made from: the sizes of the datasets and the facts of the models it names."""
        named = [name for name in steps_read_by(placed.step) if name.partition(".")[0] in self.data]
        made = {name: self.data[name.partition(".")[0]].files[name.partition(".")[2] or "all"].manifest for name in named}
        rows, sizes = ({name: int(told[what]) for name, told in made.items()} for what in ("rows", "bytes"))
        return Known(rows, sizes, {name: one.known for name, one in self.models.items()}, flops_per_second(), self.hands.machine)

    def key(self, what: str, placed: Placed) -> str:
        """Settings, contents of the datasets, keys of the models, and contents of the scores."""
        named = steps_read_by(placed.step)
        data = {
            name: dataset(self.hands.store, self.data[name.partition(".")[0]], name).content for name in named if name.partition(".")[0] in self.data
        }
        models = {name: self.models[name].key for name in named if name in self.models}
        asked = {"what": what, "step": placed.step.identity(), "limits": placed.step.deciding(), "seed": placed.seed(self.recipe.seed)}
        scores = {name: self.scores[name].made.content for name in named if name in self.scores}
        return key_of({**asked, "data": data, "models": models, **({"scores": scores} if scores else {})})


def _items(store: Store, judged: Judged) -> Items:
    """The items of a score that stands."""
    told = judged.made.manifest
    ratios = {name: Ratio(**one) for name, one in told.get("ratios", {}).items()}
    return Items(judged.name, store.path(judged.made.content) / "items.parquet", tuple(told.get("by", ())), ratios)


def stand(shop: Shop, model: Model) -> Stands:
    """Make a model, or find it made, or look at what is given."""
    if model.made is None:
        stands = given(shop, model)
        if model.given is not None and model.given.endpoint is not None:
            write_endpoint(shop.hands.store, stands.folder, model.given.endpoint)
        return stands
    placed, store = model.made, shop.hands.store
    assert isinstance(placed.step, Fit)
    key = shop.key("fit", placed)
    known = store.find(key)
    stored = known is not None
    known = known or _fit(shop, placed, placed.step, key)
    store.drop_scratch(key)  # also where a process was killed right after its commit
    told, folder = known.manifest, store.path(known.content) / "model"
    return Stands(model.name, key, folder, placed.step.name(), told["facts"], stored, known.seconds, told.get("metrics"))


def _fit(shop: Shop, placed: Placed, step: Fit, key: str) -> Made:
    begun, store = time.perf_counter(), shop.hands.store
    if store.blind:
        store.drop_scratch(key)
    folder, scratch = store.work(key), store.scratch(key)
    (folder / "model").mkdir()
    _announce(shop, "train", placed.address)
    estimate = step.estimate(shop.known(placed))
    work, metrics = shop.work(placed, key, folder / "model", scratch), Metrics(scratch / LINES)

    def tell(told: Mapping[str, Any]) -> None:
        metrics.tell(told)
        work.tell(told)

    try:
        facts = at_step(_doing(shop, placed, step), placed.where, (replace(work, tell=tell),), place=store.root)
    finally:
        metrics.close()
    facts["estimate"] = estimate
    shop.hands.progress.close()
    told = keep(store, scratch / LINES)
    manifest = {"what": "model", "facts": facts, **({"metrics": told} if told else {})}
    return store.commit(key, folder, folder_content(folder / "model"), manifest, time.perf_counter() - begun)


def _doing(shop: Shop, placed: Placed, step: Fit) -> Callable[[Work], dict[str, Any]]:
    """What is done of a step: all of it, or, of a training that is rehearsed, a trial."""
    whole = shop.hands.whole
    if whole is None or not isinstance(step, Training):
        return step.fit
    name, _, part = step.data.partition(".")
    here = {one: int(made.manifest["rows"]) for one, made in shop.data[name].files.items()}
    all_rows = whole.get(name)
    rows = None if all_rows is None else round(all_rows * here[part or "all"] / max(1, sum(here.values())))
    return partial(step.rehearse, rows=rows)


def _announce(shop: Shop, phase: str, address: str) -> None:
    shop.hands.store.doing(phase)
    shop.hands.progress.at(address.partition(".")[0], [address])
    shop.hands.progress.phase(phase, 0)


def given(shop: Shop, model: Model) -> Stands:
    """A model that is there already: a folder beside the recipe, one of the hub that was fetched, or an endpoint. Raises Missing."""
    assert model.given is not None
    if model.given.endpoint is not None:
        facts = {name: model.given.endpoint[name] for name in ("endpoint", "name")}
        return Stands(model.name, *endpoint(shop.hands.store, model.given.endpoint), facts=facts)
    folder = place_of(model.given, f"models.{model.name}.from", shop.hands.base)
    files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    digests = know_files(shop.hands, files, model.name)
    return Stands(model.name, key_of([[Path(path).name, digests[path]] for path in files]), folder)


def place_of(given: Given, asked_at: str, base: Path) -> Path:
    """The folder of a model that is there already. Raises Missing."""
    said, where = given.place, given.where or asked_at
    beside = (base / said).expanduser()
    if not beside.is_dir() and (said.startswith((".", "/", "~")) or said.count("/") != 1):
        raise _no_folder(said, where, base)
    folder = beside if beside.is_dir() else fetched(said, given.revision, cache())
    if folder is None:
        raise Missing(
            f"The model `{said}` is not on this machine.",
            where=where,
            accepted=f"A model of the hub is looked for in {cache()}.",
            remedy=f"Fetch it: `{command(said, given.revision)}`. Where its owners ask for consent, give it there and set HF_TOKEN.",
        )
    return folder


def _no_folder(said: str, where: str, base: Path) -> Missing:
    above = (base / said).expanduser().parent
    near = nearest(Path(said).name, [one.name for one in above.iterdir() if one.is_dir()]) if above.is_dir() else None
    meant = did_you_mean(str(Path(said).with_name(near)) if near else None)
    accepted = sentences(meant, "A folder that Transformers can load, or a hub's name such as `owner/name`.")
    return Missing(f"There is no model folder `{said}`.", where=where, accepted=accepted)


def score(shop: Shop, scored: Scored) -> Judged:
    """Make a score, or find it made."""
    placed, store = scored.made, shop.hands.store
    assert isinstance(placed.step, Judge)
    key = shop.key("judge", placed)
    known = store.find(key)
    if known is not None:
        return Judged(scored.name, placed.step.name(), known, True)
    begun, folder = time.perf_counter(), store.work(key)
    _announce(shop, "evaluate", placed.address)
    judge: Callable[[Work], Any] = placed.step.judge
    found = at_step(judge, placed.where, (shop.work(placed, key, folder, folder),), place=store.root)
    shop.hands.progress.close()
    items = write_table(folder / "items.parquet", found.items)
    scores = [
        {
            "name": scored.name,
            "step": placed.step.name(),
            "model": one.model,
            "metric": one.metric,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "n": one.n,
            **({"verdict": one.verdict} if one.verdict else {}),
        }
        for one in found.scores
    ]
    compared = {"by": list(found.by), "ratios": {name: asdict(one) for name, one in found.ratios.items()}}
    manifest = {"what": "score", "scores": scores, "facts": dict(found.facts), **(compared if found.ratios else {})}
    content = key_of([items, scores, *([compared] if found.ratios else [])])
    return Judged(scored.name, placed.step.name(), store.commit(key, folder, content, manifest, time.perf_counter() - begun), False)
