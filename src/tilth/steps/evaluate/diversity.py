"""How varied the texts of datasets are, in words and in meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from tilth.errors import NothingLeft
from tilth.model.embedding import dimensions, encoder
from tilth.record import ID, as_ids
from tilth.step import DataName, Judge, ModelName
from tilth.text import variety, vectors
from tilth.text.clusters import centres, nearest
from tilth.text.hashing import NEXT
from tilth.work import Dataset, Judgement, Known, Score, Work


class Diversity(Judge):
    """Score datasets, and not models, by how varied their texts are.

    `distinct_1`, `distinct_2`, `distinct_3`: different words, pairs and triples of words, divided by all of them
    (distinct-n). It falls as texts grow in number, so of each dataset a sample is taken of about as many `words`; where one has
    fewer, as many are taken of each as the smallest has. With a `model` there are also
    `self_similarity`, the mean cosine of two different texts (lower: more varied), and `cluster_entropy`: the sampled
    texts of all datasets, as many of each, are sorted into `clusters` together by spherical k-means; the entropy of a
    dataset's clusters is divided by that of clusters of one size, so 1 is the most even.

    The sample is drawn by a hash of the rows' ids and the seed. Intervals: 95 %, by the delete-a-group jackknife over 20
    groups of texts, since the bootstrap would count a text drawn twice as repetition (`tilth.text.variety`). In the
    results the datasets stand where models do.
    """

    data: tuple[DataName, ...] = Field(min_length=1)
    """The datasets."""
    model: ModelName | None = None
    """The model that encodes the texts (`tilth.model.embedding`); without one only words are looked at."""
    words: int = Field(default=100_000, ge=100)
    """About how many words are sampled of each dataset."""
    clusters: int = Field(default=32, ge=2, le=4096)
    """Into how many clusters the texts of all datasets are sorted."""
    field: str = "text"
    """The column that holds the text."""

    def gives(self) -> tuple[str, ...]:
        return ("distinct_1", "distinct_2", "distinct_3", "self_similarity", "cluster_entropy")

    def judge(self, work: Work) -> Judgement:
        """Sample, cut into words, and encode where there is a model."""
        sampled = {name: _sampled(work.datasets[name], self.field, self.words, work.seed) for name in self.data}
        size = min(self.words, *(int(one.lengths.sum()) for one in sampled.values()))
        sampled = {name: one.first(size) for name, one in sampled.items()}
        homes = self._encoded(work, sampled) if self.model else {}
        scores: list[Score] = []
        for name, one in sampled.items():
            figures = one.worded() | (homes[name].figures(self.clusters) if name in homes else {})
            scores += [Score(name, metric, *figure, len(one.ids)) for metric, figure in figures.items() if figure is not None]
        items = pa.concat_tables([one.items(name, homes.get(name)) for name, one in sampled.items()])
        facts = {
            name: {"rows": work.datasets[name].rows, "sampled_rows": len(one.ids), "sampled_words": int(one.lengths.sum())}
            for name, one in sampled.items()
        }
        return Judgement(scores, items, facts)

    def estimate(self, known: Known) -> dict[str, float]:
        """A few seconds; with a model that depends on the model."""
        return {}

    def _encoded(self, work: Work, sampled: Mapping[str, _Sample]) -> dict[str, _Meant]:
        """The vectors of as many texts of each dataset, and the clusters that they are in."""
        assert self.model is not None
        folder = work.models[self.model]
        made, size = encoder(folder, work.scratch), dimensions(folder, work.scratch)
        count = min(len(one.ids) for one in sampled.values())
        told = {}
        for name, one in sampled.items():
            work.tell({"encoding": name, "texts": count})
            told[name] = vectors.of_texts(pa.array(one.texts[:count], pa.large_string()), made.encode, size)
        middles = centres(np.concatenate(list(told.values())), self.clusters)
        return {name: _Meant(found, nearest(found, middles, 1)[:, 0].astype(np.int64)) for name, found in told.items()}


@dataclass(frozen=True)
class _Meant:
    """What the first texts of a sample mean: their vectors and clusters; −1: the model knows no word of it."""

    vectors: npt.NDArray[np.int16]
    homes: npt.NDArray[np.int64]

    def figures(self, clusters: int) -> dict[str, variety.Figure | None]:
        known = self.homes >= 0
        groups = (np.arange(len(known)) % variety.GROUPS)[known]
        return {
            "self_similarity": variety.likeness(self.vectors[known], groups),
            "cluster_entropy": variety.evenness(self.homes[known], groups, clusters),
        }


@dataclass(frozen=True)
class _Sample:
    """Texts of a dataset in the order in which they are drawn, their words as numbers, and how many words each has."""

    ids: Sequence[bytes]
    texts: Sequence[str]
    words: Sequence[npt.NDArray[np.int64]]
    lengths: npt.NDArray[np.int64]

    def first(self, words: int) -> _Sample:
        """The first texts, as many as it takes to have so many words; of one at least."""
        count = int(np.searchsorted(np.cumsum(self.lengths), words)) + 1
        return _Sample(self.ids[:count], self.texts[:count], self.words[:count], self.lengths[:count])

    def worded(self) -> dict[str, variety.Figure | None]:
        found = {}
        for length in (1, 2, 3):
            times = np.maximum(self.lengths - length + 1, 0)
            groups = np.repeat(np.arange(len(times)) % variety.GROUPS, times)
            found[f"distinct_{length}"] = variety.distinct(variety.runs(self.words, length), groups)
        return found

    def items(self, name: str, meant: _Meant | None) -> pa.Table:
        homes = [] if meant is None else [int(home) if home >= 0 else None for home in meant.homes]
        columns = {
            "dataset": pa.array([name] * len(self.ids), pa.string()),
            "id": pa.array(self.ids, ID),
            "words": pa.array(self.lengths, pa.int64()),
            "distinct_words": pa.array([len(np.unique(one)) for one in self.words], pa.int64()),
            "cluster": pa.array(homes + [None] * (len(self.ids) - len(homes)), pa.int64()),
        }
        return pa.table(columns)


def _sampled(data: Dataset, field: str, wanted: int, seed: int) -> _Sample:
    """Texts in the order of a hash of their ids, until there are so many words. Raises NothingLeft where there is none."""
    keys: list[npt.NDArray[np.uint64]] = []
    for batch in data.batches(["id"]):
        halves = as_ids(batch["id"]).view("<u8").reshape(-1, 2)
        keys.append((halves[:, 0] ^ np.uint64(seed % (1 << 64))) * NEXT ^ halves[:, 1])
    every = np.concatenate(keys) if keys else np.empty(0, np.uint64)
    count, found = 1000, _Sample((), (), (), np.empty(0, np.int64))
    while found.lengths.sum() < wanted and count < 4 * max(1000, len(every)):
        found = _drawn(data, field, every, int(np.sort(every)[:count][-1])) if len(every) else found
        count *= 4
    if not len(found.ids):
        raise NothingLeft(f"`{data.name}` has no words in `{field}`.", where=data.name)
    return found.first(wanted)


def _drawn(data: Dataset, field: str, keys: npt.NDArray[np.uint64], highest: int) -> _Sample:
    """The texts whose keys are not above the highest, in the order of keys."""
    numbers: dict[bytes, int] = {}
    found: list[tuple[int, bytes, str, npt.NDArray[np.int64]]] = []
    at = 0
    for batch in data.batches([field]):
        some = keys[at : at + len(batch)].tolist()
        at += len(batch)
        for key, row, text in zip(some, batch["id"].to_pylist(), batch[field].to_pylist(), strict=True):
            if key <= highest and text is not None:
                told = np.array([numbers.setdefault(word, len(numbers)) for word in variety.words(text)], np.int64)
                found += [(key, row, text, told)] if len(told) else []
    found.sort(key=lambda one: one[:2])
    parts = [list(part) for part in zip(*found, strict=True)] or [[], [], [], []]
    return _Sample(parts[1], parts[2], parts[3], np.array([len(one) for one in parts[3]], np.int64))
