"""What a run wrote down for its report: the typed reading of `facts.json`.

Every part may be missing, for a run may have no model, no score or no bad record. Members that we do
not know are passed over, so a newer writer of the same format can be read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from tilth.errors import AskedWrong, NotThere, StoreDamaged
from tilth.report.curated import Gathered, Hidden, Represented, gathered, hidden, others
from tilth.report.lengths import Advised, Truncation

FORMAT = 1
"""The one layout of `facts.json` that this version reads."""


class Machine(msgspec.Struct, frozen=True):
    """What the run was done on."""

    cores: int | None = None
    memory_bytes: int | None = None
    processor: str = ""
    workers: int | None = None
    device: str = ""


class Stage(msgspec.Struct, frozen=True):
    """One step of a dataset's path, and what became of the rows that entered it."""

    dataset: str
    step: str
    name: str
    shape: str = ""
    rows_in: int = 0
    kept: int = 0
    dropped: int = 0
    quarantined: int = 0
    edited: int = 0
    copied: int = 0
    reasons: dict[str, int] = {}
    parts: dict[str, int] = {}
    facts: dict[str, Any] = {}
    studied: dict[str, Any] = {}
    from_store: bool = False
    seconds: float | None = None

    @property
    def reads(self) -> bool:
        """It is a source: what enters it are records, not yet rows."""
        return self.shape.lower() == "source"

    @property
    def alike(self) -> bool:
        """Whether rows that fall in favour of others say the same as these; an evaluation item stands in a row, and is not like it."""
        return self.name != "dedup.against"

    @property
    def left(self) -> int:
        """The rows that leave it, further copies among them."""
        return self.kept + self.copied

    @property
    def gathered(self) -> Gathered:
        """Those of its facts that have a form of their own."""
        return gathered(self.facts)

    @property
    def hidden(self) -> Hidden | None:
        """What it hid."""
        return hidden(self.facts)

    @property
    def others(self) -> list[tuple[str, str]]:
        """All else that it tells, in words."""
        return [*others(self.facts), *others(self.studied)]


class Part(msgspec.Struct, frozen=True):
    """A part of a dataset, such as `train`."""

    rows: int = 0
    bytes: int = 0
    files: list[str] = []


class Dataset(msgspec.Struct, frozen=True):
    """A dataset that the run wrote."""

    content: str = ""
    rows: int = 0
    bytes: int = 0
    parts: dict[str, Part] = {}
    columns: dict[str, str] = {}


class Bad(msgspec.Struct, frozen=True):
    """A record that could not be read."""

    dataset: str = ""
    file: str = ""
    record: int | None = None
    offset: int | None = None
    reason: str = ""
    raw: str = ""


class Measured(msgspec.Struct, frozen=True):
    """How the values of a rule's measure lie, with the limits that decided.

    A null edge is an infinite one: JSON has no infinity. `by`: what the values depend on beside the text. `labels`,
    where the values are no numbers: the rows of each that entered the step, and those that it kept. `kept_at`, for
    `at_least` and `at_most`: other values of that limit, ascending, each with the rows that the step would keep.
    """

    step: str
    rule: str = ""
    measure: str = ""
    by: str = ""
    at_least: float | None = None
    at_most: float | None = None
    edges: list[float | None] = []
    counts: list[int] = []
    labels: dict[str, tuple[int, int]] = {}
    kept_at: dict[str, list[tuple[float, int]]] = {}
    judged: int = 0
    failed: int = 0


class Partner(msgspec.Struct, frozen=True):
    """The kept row for which another one fell."""

    id: str = ""
    text: str = ""


class Row(msgspec.Struct, frozen=True):
    """A row shown as an example, with what decided about it."""

    id: str = ""
    rule: str = ""
    value: float | None = None
    limit: float | None = None
    found: str | None = None
    text: str | None = ""
    cut: bool = False
    origin: str = ""
    partner: Partner | None = None
    kept: bool = False


class Edit(msgspec.Struct, frozen=True):
    """A row before and after a step changed it."""

    id: str = ""
    before: str | None = ""
    after: str | None = ""


class Cluster(msgspec.Struct, frozen=True):
    """Rows that belong together, of which one was kept: it, and up to a handful of those that fell for it, each with its
    similarity as `value`. `size`: how many there are in all, the kept one among them."""

    kept: Partner
    members: list[Row] = []
    size: int = 0


class Examples(msgspec.Struct, frozen=True):
    """Rows that show what a step did."""

    dropped: list[Row] = []
    border: list[Row] = []
    edited: list[Edit] = []
    clusters: list[Cluster] = []


class Model(msgspec.Struct, frozen=True):
    """A model that the run made or took from the store. What `facts` holds depends on the step."""

    key: str = ""
    step: str = ""
    from_store: bool = False
    facts: dict[str, Any] = {}


class Point(msgspec.Struct, frozen=True):
    """One line of a training's log. A value that was not finite is null. `accuracy`, of a classifier: how often the label is right; of
    preferences: how often the chosen answer is the likelier one, and `margin`: by how much."""

    step: float
    loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    accuracy: float | None = None
    margin: float | None = None


class Training(msgspec.Struct, frozen=True):
    """The curves among the facts of a trained model."""

    curve: list[Point] = []
    validation: list[Point] = []
    best_step: float | None = None


class Score(msgspec.Struct, frozen=True):
    """A measured quality of a model, with its interval; of a comparison also what follows."""

    name: str
    model: str = ""
    metric: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    verdict: str = ""


class Sample(msgspec.Struct, frozen=True):
    """A text that a model wrote. `reference`: what was to be said, where that is known."""

    score: str = ""
    model: str = ""
    prompt: str = ""
    mode: str = ""
    text: str = ""
    reference: str = ""


class Settled(msgspec.Struct, frozen=True):
    """A column as its type was settled over all rows: the type, whether the recipe said it, rows with a value, and
    records that were set aside because they do not fit it."""

    column: str
    type: str = ""
    said: bool = False
    filled: int | None = None
    rows: int | None = None
    misfits: int = 0


class Vocabulary(msgspec.Struct, frozen=True):
    """What a tokenizer's vocabulary is used for, on the texts that it was learned from or measured on.

    `coverage`: for each share of all tokens, such as 0.9, how many of the most frequent entries make it up; `ranks`: a
    thinned curve of (rank, tokens); `top` and `rare`: entries with how often they occur; `unused`: entries that never do.
    """

    tokens: int = 0
    coverage: list[tuple[float, int]] = []
    ranks: list[tuple[int, int]] = []
    top: list[tuple[str, int]] = []
    rare: list[tuple[str, int]] = []
    unused: int = 0


class Sequences(msgspec.Struct, frozen=True):
    """How long the rows are that a model learns from, in its tokens, those that mark their ends among them.

    `by_length`: for each length at which rows could be cut: the rows that are longer, the tokens that would be lost, and
    the share of places that filling up to it would waste. `used`: the length that the training used; `cut` and `padded`:
    the tokens that it lost and the places that it filled. `packed`: whether rows share a window. `advice`: what each length would
    cost in batches of `batch`, and what packing makes of it; `recommended`: the length to take, and `reason`.
    """

    model: str
    data: str = ""
    rows: int = 0
    tokens: int = 0
    edges: list[float] = []
    counts: list[int] = []
    by_length: list[tuple[int, int, int, float]] = []
    used: int | None = None
    packed: bool = False
    cut: int = 0
    padded: int = 0
    batch: int = 0
    advice: list[Advised] = []
    recommended: int | None = None
    reason: str = ""


class Related(msgspec.Struct, frozen=True):
    """Two measures of the rows of a dataset: Spearman's rank correlation over all of them with its 95 % interval, and a
    sample of the rows, chosen by the smallest ids, as points."""

    dataset: str
    a: str
    b: str
    correlation: float | None = None
    low: float | None = None
    high: float | None = None
    rows: int = 0
    points: list[tuple[float, float]] = []


class Estimate(msgspec.Struct, frozen=True):
    """What the plan foretold, beside what was measured."""

    what: str
    quantity: str
    estimate: float | None = None
    measured: float | None = None


class Facts(msgspec.Struct, frozen=True):
    """Everything that the report draws. `inputs`: what a dataset begins with, where that is other datasets or their parts."""

    name: str = ""
    run: int | None = None
    started: str = ""
    seconds: float | None = None
    recipe: str = ""
    command: str = ""
    versions: dict[str, str] = {}
    machine: Machine = Machine()
    path: list[Stage] = []
    datasets: dict[str, Dataset] = {}
    inputs: dict[str, list[str]] = {}
    bad: list[Bad] = []
    bad_total: int = 0
    measures: list[Measured] = []
    examples: dict[str, Examples] = {}
    models: dict[str, Model] = {}
    scores: list[Score] = []
    samples: list[Sample] = []
    estimates: list[Estimate] = []
    types: dict[str, list[Settled]] = {}
    vocabularies: dict[str, Vocabulary] = {}
    sequences: list[Sequences] = []
    truncations: list[Truncation] = []
    related: list[Related] = []
    representation: list[Represented] = []
    findings: list[str] = []


class _Head(msgspec.Struct):
    """The one member that says how to read the others."""

    format: int


def read(path: Path) -> Facts:
    """The facts of a run.

    Raises: NotThere when there is no such file, StoreDamaged when it is not what a run writes,
    AskedWrong when another version of Tilth wrote it.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotThere(
            "This run has no facts to draw a report from.",
            where=str(path),
            accepted="A run writes `facts.json` when it ends.",
            remedy="`tilth runs` lists the runs; `tilth run` finishes this one.",
        ) from None
    try:
        found = msgspec.json.decode(data, type=_Head).format
        if found != FORMAT:
            raise AskedWrong(
                f"These facts have format {found}.",
                where=str(path),
                accepted=f"This version of Tilth reads format {FORMAT}.",
                remedy="Draw the report with the version that made the run, or run the recipe again.",
            )
        return msgspec.json.decode(data, type=Facts)
    except msgspec.DecodeError as error:
        raise _damaged(path, error) from error


def training(name: str, model: Model) -> Training:
    """The curves among a model's facts; empty for a model that has none."""
    try:
        return msgspec.convert(model.facts, Training)
    except msgspec.ValidationError as error:
        raise _damaged(Path("facts.json"), error, f"models.{name}.facts: ") from error


def _damaged(path: Path, error: Exception, place: str = "") -> StoreDamaged:
    return StoreDamaged(
        f"This is not what a run writes: {place}{error}.",
        where=str(path),
        accepted="The facts of a run are one JSON object, written by `tilth run`.",
        remedy="Run the recipe again; what is in the store is not done twice.",
    )
