"""Models and scores: fits and judges are run, once for a key, and their facts recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilth.errors import Missing
from tilth.execute.datasets import Hands, Walked, dataset, know_files
from tilth.execute.endpoints import endpoint, write_endpoint
from tilth.execute.hub import cache, command, fetched
from tilth.execute.local import at_step
from tilth.execute.speed import flops_per_second
from tilth.recipe.resolve import Model, Placed, Recipe, Scored, steps_read_by
from tilth.recipe.words import did_you_mean, nearest, sentences
from tilth.step import Fit, Judge
from tilth.store.files import folder_content
from tilth.store.keys import key_of
from tilth.store.objects import Made
from tilth.store.tables import write_table
from tilth.work import Known, Work


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


@dataclass(frozen=True)
class Judged:
    """A score as it was made."""

    name: str
    step: str
    made: Made
    stored: bool


@dataclass(frozen=True)
class Shop:
    """Where models are made: the hands, the recipe, and what stands already."""

    hands: Hands
    recipe: Recipe
    data: Mapping[str, Walked]
    models: Mapping[str, Stands]

    def work(self, placed: Placed, key: str, folder: Path, scratch: Path) -> Work:
        """What a step is given: its datasets and models by name, and its folders."""
        named = steps_read_by(placed.step)
        return Work(
            datasets={
                name: dataset(self.hands.store, self.data[name.partition(".")[0]], name) for name in named if name.partition(".")[0] in self.data
            },
            models={name: self.models[name].folder for name in named if name in self.models},
            folder=folder,
            scratch=scratch,
            key=key,
            seed=self.recipe.seed,
            machine=self.hands.machine,
            tell=self.hands.progress.tell,
        )

    def known(self, placed: Placed) -> Known:
        """What an estimate is made from: the sizes of the datasets and the facts of the models it names."""
        named = [name for name in steps_read_by(placed.step) if name.partition(".")[0] in self.data]
        made = {name: self.data[name.partition(".")[0]].files[name.partition(".")[2] or "all"].manifest for name in named}
        rows, sizes = ({name: int(told[what]) for name, told in made.items()} for what in ("rows", "bytes"))
        return Known(rows, sizes, {name: one.facts for name, one in self.models.items()}, flops_per_second())

    def key(self, what: str, placed: Placed) -> str:
        """Settings, contents of the datasets, keys of the models."""
        named = steps_read_by(placed.step)
        data = {
            name: dataset(self.hands.store, self.data[name.partition(".")[0]], name).content for name in named if name.partition(".")[0] in self.data
        }
        models = {name: self.models[name].key for name in named if name in self.models}
        asked = {"what": what, "step": placed.step.identity(), "limits": placed.step.deciding(), "seed": self.recipe.seed}
        return key_of({**asked, "data": data, "models": models})


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
    if known is None:
        known = _fit(shop, placed, placed.step, key)
        return Stands(model.name, key, store.path(known.content) / "model", placed.step.name(), known.manifest["facts"], False, known.seconds)
    store.drop_scratch(key)  # a process that was killed right after its commit left it
    return Stands(model.name, key, store.path(known.content) / "model", placed.step.name(), known.manifest["facts"], True, known.seconds)


def _fit(shop: Shop, placed: Placed, step: Fit, key: str) -> Made:
    begun, store = time.perf_counter(), shop.hands.store
    if store.blind:
        store.drop_scratch(key)
    folder, scratch = store.work(key), store.scratch(key)
    (folder / "model").mkdir()
    _announce(shop, "train", placed.address)
    estimate = step.estimate(shop.known(placed))
    facts = at_step(step.fit, placed.where, (shop.work(placed, key, folder / "model", scratch),), place=store.root)
    facts["estimate"] = estimate
    shop.hands.progress.close()
    content = folder_content(folder / "model")
    made = store.commit(key, folder, content, {"what": "model", "facts": facts}, time.perf_counter() - begun)
    store.drop_scratch(key)
    return made


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
    said, where = model.given.place, model.given.where or f"models.{model.name}.from"
    beside = (shop.hands.base / said).expanduser()
    if not beside.is_dir() and (said.startswith((".", "/", "~")) or said.count("/") != 1):
        raise _no_folder(said, where, shop.hands.base)
    folder = beside if beside.is_dir() else fetched(said, model.given.revision, cache())
    if folder is None:
        raise Missing(
            f"The model `{said}` is not on this machine.",
            where=where,
            accepted=f"A model of the hub is looked for in {cache()}.",
            remedy=f"Fetch it: `{command(said, model.given.revision)}`. Where its owners ask for consent, give it there and set HF_TOKEN.",
        )
    files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    digests = know_files(shop.hands, files, model.name)
    return Stands(model.name, key_of([[Path(path).name, digests[path]] for path in files]), folder)


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
        }
        for one in found.scores
    ]
    manifest = {"what": "score", "scores": scores, "facts": dict(found.facts)}
    content = key_of([items, scores])
    return Judged(scored.name, placed.step.name(), store.commit(key, folder, content, manifest, time.perf_counter() - begun), False)
