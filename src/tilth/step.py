"""The shapes a step may have, and the order of the path. Abstract here, final everywhere else.

A step is a frozen, keyword-only class. Its fields are its settings: typed, checked when it is made,
each explained by the docstring beneath it. Its settings and its `revision` are its identity; fields
marked `Limit` decide but never change what was measured, so they stand apart (`identity`, `deciding`).
The shape is a promise that the type keeps: a Filter is never handed the text, a Map cannot drop a
row, a Whole never sees how rows were gathered. Nobody subclasses a step.

Every step also works alone on a table: `Length(characters={"at_least": 80})(table)` gives the rows that stay, and
`Sft(data="rows", model="a/folder")(table)` the folder of a tuned model.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import isabstract
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PrivateAttr

from tilth.applied import apply
from tilth.errors import AskedWrong
from tilth.frames import given, judged_of, like, made_of, to_batch
from tilth.judging import judge
from tilth.pairs import NOTHING, Columns, Compared, Comparison, compare
from tilth.record import Bad, Batch, Check, Measure, Outcome
from tilth.work import Judgement, Known, Studied, Window, Work

PATH = ("source", "extract", "clean", "filter", "dedup", "redact", "balance", "split", "format", "train", "evaluate", "compare")
"""The rooms of the path, in the order in which people walk it."""


class _Mark:
    """A mark on a field's annotation."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


Limit = _Mark("Limit")
"""`Annotated[T, Limit]`: a setting that decides without changing what is measured."""

Pulled = _Mark("Pulled")
"""`Annotated[T, Pulled]`: a setting that says where something lies on this machine. It bears no identity:
what lies there enters the key by its content."""

DataName = Annotated[str, _Mark("data")]
"""A setting that names a dataset or a part of one: `docs`, `docs.train`."""

ModelName = Annotated[str, _Mark("model")]
TokenizerName = Annotated[str, _Mark("tokenizer")]
"""Settings that name a model of the recipe: one with weights; a tokenizer, or a model, which has one."""

ScoreName = Annotated[str, _Mark("score")]
"""A setting that names a score of the recipe."""


class Settings(BaseModel):
    """A frozen group of settings inside a step; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Range(Settings):
    """Limits, both included; a missing one does not limit."""

    at_least: float | None = None
    """The smallest value that stays; null: no limit."""
    at_most: float | None = None
    """The largest value that stays; null: no limit."""


class Step(Settings):
    """The common root of all shapes; not a shape itself."""

    revision: ClassVar[int] = 1
    """Raised whenever the same settings give another result."""

    bare: ClassVar[str | None] = None
    """The one obvious setting, which a recipe may write bare: `filter.where: price >= 1`."""

    draws: ClassVar[bool] = True
    """Whether the seed of its work may move its result; if not, it is given 0, and another seed of the recipe makes nothing anew."""

    named: ClassVar[Any] = None
    """What stands under names of the user's own, where a step takes such as settings; its class allows extra ones."""

    _studied: Studied | None = PrivateAttr(default=None)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        parent = cls.__bases__[0]
        if parent is not Step and not isabstract(parent):
            raise TypeError(f"{cls.__name__} extends the final step {parent.__name__}; use it instead of extending it.")

    @classmethod
    def name(cls) -> str:
        """`room.name`, from the place of its file."""
        return ".".join(cls.__module__.split(".")[-2:])

    @classmethod
    def shape(cls) -> str:
        """The name of its shape: Source, Map, Redaction, Spread, Filter, Whole, Fit, Training or Judge."""
        return cls.__bases__[0].__name__

    def identity(self) -> dict[str, Any]:
        """What its results depend on, limits apart: name, revision, settings, and what it has studied."""
        marked = self._limited() | {name for name, info in type(self).model_fields.items() if Pulled in info.metadata}
        told = {"step": self.name(), "revision": self.revision, **self.model_dump(mode="json", exclude=marked)}
        return told if self._studied is None else {**told, "studied": self._studied.content}

    def deciding(self) -> dict[str, Any]:
        """The settings that only decide."""
        return self.model_dump(mode="json", include=self._limited())

    def same_but_for_limits(self, other: Step) -> bool:
        """Whether the other one is this step under other limits, so that what is stored of this one tells of it."""
        limited = self._limited()
        return type(self) is type(other) and self.model_dump(exclude=limited) == other.model_dump(exclude=limited)

    @classmethod
    def _limited(cls) -> set[str]:
        return {name for name, info in cls.model_fields.items() if Limit in info.metadata}

    def tells(self) -> str:
        """What its settings come to, in a few words for the plan. Most steps need none."""
        return ""

    def prepare(self) -> None:
        """Compile kernels or load what workers share, before they start. Most steps need nothing."""

    def study(self, work: Work) -> dict[str, Any]:
        """Take what it needs from the datasets and models that its settings name, before any row is read: written into
        `work.folder`, in bytes that depend on nothing else. Returns facts for the report. Most steps name none."""
        return {}

    @property
    def studied(self) -> Studied | None:
        """What it took from the datasets and models that its settings name; None before that."""
        return self._studied

    def knowing(self, studied: Studied) -> Self:
        """The same step, knowing what was studied for it."""
        told = self.model_copy()
        told._studied = studied
        return told

    def given(self, folder: str | Path, data: Mapping[str, Any] | None = None, models: Mapping[str, str | Path] | None = None) -> Self:
        """The same step with the tables and model folders that its settings name, to be used on a table alone. What it takes
        from them is kept in `folder`, which must be new or empty."""
        work, studied = given(Path(folder), data or {}, models or {})
        self.study(work)
        return self.knowing(studied)


class Shard(Settings):
    """A piece of a source that is read and committed at once."""

    file: str
    """The path below the glob's fixed prefix, or another name that does not depend on the machine."""
    paths: tuple[str, ...]
    """Where its bytes are on this machine; their content digests enter the key."""
    start: int = 0
    """First byte (JSON Lines, text) or row group that may begin a record of this shard."""
    stop: int | None = None
    """First byte or row group of the next shard; null: to the end."""
    columns: dict[str, str] = {}
    """Columns from `{name}` in the path."""
    fingerprint: str = ""
    """What identifies the content where there are no files."""
    size: int = 0
    """About how many bytes it has as it lies there; for estimates alone."""


class Survey(Settings):
    """What a first reading of a shard tells: how many records begin in it, and each column's type."""

    records: int
    types: dict[str, str]
    """`null`, `bool`, `int64`, `float64`, `string` or `json`, in this order of width."""
    size: int = 0
    """How many bytes the surveyed records have, unpacked; 0 where that is not known."""
    whole: bool = True
    """Whether these are all records of what was surveyed."""


@dataclass(frozen=True)
class Read:
    """Rows and bad records of a piece of a shard. `table` has `origin`, and columns of settled types."""

    table: pa.Table
    bad: Sequence[Bad] = ()


@dataclass(frozen=True)
class Sampled:
    """Some rows of a source, taken to be looked at, in its order. `types`: settled over these rows alone; `rows_in_all`:
    an estimate where `estimated`; `size`, `size_in_all`: bytes, unpacked; `how` they were taken, in words; empty: these are all.
    Of a record from the middle of a file the number is null, for nobody has counted those before it."""

    reads: Sequence[Read]
    types: Mapping[str, str]
    rows_in_all: int | None
    estimated: bool
    size: int
    size_in_all: int
    how: str = ""
    left_out: Sequence[str] = ()
    """Columns that hold bytes and no texts, which were not read."""


class Source(Step):
    """Settings → shards; for each, rows and bad records. It cannot drop a record in silence."""

    @abstractmethod
    def shards(self, base: Path, shard_bytes: int) -> list[Shard]:
        """The pieces to read, in the source's order. `base` is the folder of the recipe.

        Raises NotThere when nothing is there."""

    @abstractmethod
    def peek(self, shards: Sequence[Shard], rows: int) -> Survey:
        """A survey of about the first `rows` records, for the plan: quick, whatever the source's size."""

    @abstractmethod
    def survey(self, shard: Shard) -> Survey:
        """Count the records that begin in the shard and tell the narrowest types that hold its values."""

    @abstractmethod
    def settle(self, surveys: Sequence[Survey]) -> dict[str, str]:
        """The type of each column that `read` gives, over all shards (order: first seen)."""

    @abstractmethod
    def read(self, shard: Shard, types: Mapping[str, str], first: int, rows: int) -> Iterator[Read]:
        """The records of the shard with settled types, at most about `rows` at a time.

        `first` is the number of the shard's first record in its file."""

    @abstractmethod
    def key_column(self) -> str | None:
        """The column whose values are the rows' ids, or None to make them from places."""

    @abstractmethod
    def bad_share(self) -> float:
        """The share of bad records above which the run is refused."""

    def __call__(self, base: str | Path = ".") -> pa.Table:
        """All rows as one table."""
        shards = self.shards(Path(base), 1 << 62)
        types = self.settle([self.survey(shard) for shard in shards])
        tables = [read.table for shard in shards for read in self.read(shard, types, 1, 10_000)]
        return pa.concat_tables(tables)


class Map(Step):
    """A batch → new columns for the same rows (extract, clean, redact, format). It cannot drop or reorder."""

    @abstractmethod
    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The columns that it sets, each with a value for every row, in the batch's order."""

    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The columns that must be there."""

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        """The columns, with their types, that it adds to rows with the columns `there`. Raises AskedWrong where one is in its way."""
        return {}

    def __call__(self, table: Any) -> Any:
        """The table with its columns set; any Arrow-speaking frame comes in, the same kind goes out."""
        self.prepare()
        batch = to_batch(table)
        return like(table, batch.with_columns(self.columns(batch), self.makes(batch.table.column_names)))


class Filter(Step):
    """Measures → a verdict for each row. It cannot edit, and never reads text."""

    dear: ClassVar[bool] = False
    """Whether its measures cost so much that rows which the filters before it drop are not measured."""

    @abstractmethod
    def checks(self) -> tuple[Check, ...]:
        """Its rules in the order in which they are tried; the first that fails is the reason."""

    def adds(self) -> tuple[Measure, ...]:
        """Measures that it also sets as columns of the rows, each named as the measure. Most filters set none."""
        return ()

    def __call__(self, table: Any) -> Any:
        """The rows that stay, with the columns that it adds."""
        self.prepare()
        batch = to_batch(table)
        checks = self.checks()
        verdict = judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))
        return like(table, batch.with_columns(added(self, batch)).keep(verdict.kept))


def added(step: Filter, batch: Batch) -> dict[str, pa.Array]:
    """The columns that a filter adds, with their values. Raises AskedWrong where one is there already."""
    for measure in step.adds():
        if measure.name in batch.table.column_names:
            raise AskedWrong(
                f"It adds the column `{measure.name}`, which the rows already have.",
                remedy=f"Rename that column, or decide by it: `filter.where: {measure.name} …`.",
            )
    return {measure.name: batch.take(measure) for measure in step.adds()}


class Whole(Step):
    """All rows at once, by way of small tables (dedup, balance, split). It never sees the shuffle."""

    @abstractmethod
    def sketch(self, batch: Batch) -> pa.Table:
        """A narrow table with `id` first: a line for each row of the batch, in its order."""

    def comparison(self) -> Comparison | None:
        """How rows are compared before it decides; None: a row's sketch alone tells."""
        return None

    def held_against(self) -> tuple[str, ...]:
        """The datasets whose rows are sketched before its own and stay, whatever is decided. Any other dataset that its
        settings name is studied."""
        return ()

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        """The columns, with their types, that it adds to rows with the columns `there`."""
        return {}

    @abstractmethod
    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Decide for every line of the sketches, which are in the source's order; by the pairs, where it compares rows."""

    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The columns that must be there; none named: it takes whatever is there."""

    def __call__(self, table: Any) -> Any:
        """The rows that stay; a split returns a mapping from part to table."""
        self.prepare()
        batch = to_batch(table)
        sketches, comparison = self.sketch(batch), self.comparison()
        outcome = self.decide(sketches) if comparison is None else self.decide(sketches, compare(comparison, sketches, batch))
        kept = {part: like(table, rows) for part, rows in apply(outcome, batch, f"{self.name()} {self.model_dump_json()}").items()}
        return kept if len(outcome.parts) > 1 else kept[outcome.parts[0]]


class Fit(Step):
    """Datasets and models → an artefact folder (tokenizer, model). It cannot change its inputs."""

    makes: ClassVar[Literal["tokenizer", "model"]] = "model"
    """Whether the folder holds a tokenizer alone; then it cannot stand where weights are wanted."""

    @abstractmethod
    def fit(self, work: Work) -> dict[str, Any]:
        """Write the artefact into `work.folder` and return its facts (plain JSON)."""

    def sees(self, work: Work, first: int = 1, search: str = "") -> Iterator[Window]:
        """What it learned from as it saw it: the windows from number `first` on in which `search` occurs, in order.

        `work` is as it was for `fit`, the finished artefact in its folder. By default there is nothing to see."""
        return iter(())

    @abstractmethod
    def estimate(self, known: Known) -> dict[str, float]:
        """What it will take: any of `parameters`, `tokens`, `flops`, `seconds`, `memory_bytes`,
        `disk_bytes`. Raises RecipeError where the sizes cannot fit together."""

    def __call__(self, table: Any, folder: str | Path | None = None, data: Mapping[str, Any] | None = None) -> Path:
        """The folder of what it makes of a table, and of further ones by name; models are named by folders (`tilth.frames.made_of`)."""
        return made_of(table, self.fit, folder, data or {})


class Judge(Step):
    """Models, datasets and other scores → scores with uncertainty, and a row per item. It cannot train."""

    def gives(self) -> tuple[str, ...]:
        """The names of all metrics that it may give, to check claims before the work begins; none: that is not known."""
        return ()

    @abstractmethod
    def judge(self, work: Work) -> Judgement:
        """Score the models. Nothing is written but through the judgement."""

    @abstractmethod
    def estimate(self, known: Known) -> dict[str, float]:
        """What it will take, as for a Fit."""

    def __call__(self, table: Any, data: Mapping[str, Any] | None = None) -> Judgement:
        """What it finds of a table, as for a Fit."""
        return judged_of(table, self.judge, data or {})
