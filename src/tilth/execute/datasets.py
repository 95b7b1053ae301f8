"""A dataset is made: its sources are surveyed and read, its stages walked, its parts written."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tilth.errors import BooksDoNotBalance, NotThere, TooManyBadRecords
from tilth.execute.applying import apply, known_applied
from tilth.execute.columns import check_each
from tilth.execute.comparing import compare_pairs, compared_key, comparison_of, find_candidates, take_sets
from tilth.execute.finals import known_books, known_part, write_books, write_part
from tilth.execute.lines import blank_line, gather_counts, pass_line, segment_lines, source_line
from tilth.execute.local import Pool, at_step, guarded
from tilth.execute.passes import Advanced, advance, recall
from tilth.execute.pieces import Piece, ids, size
from tilth.execute.progress import Progress
from tilth.execute.shards import Shelf, known_survey, survey, surveyed
from tilth.execute.sketches import Gathering
from tilth.execute.unfolding import known_unfolded, unfold
from tilth.execute.veils import Veil
from tilth.execute.wholes import decide, known_decision, known_sketch, sketch
from tilth.recipe.plan import Gather, Lane, Segment, Unfold
from tilth.recipe.resolve import Placed, steps_read_by
from tilth.step import Shard, Source, Whole
from tilth.store.files import FileDigests, digest_file, digest_of_shard
from tilth.store.objects import Made, Store
from tilth.work import Dataset, Machine


@dataclass(frozen=True)
class Hands:
    """What the work is done with: the store, the machine, its processes, and whom to tell. `begins` is called whenever
    something of a dataset is about to be done; `veil`: hides what nobody must read in what leaves the store. `whole`: where trainings are
    rehearsed and not done, about how many rows each dataset has when all of its sources are read."""

    store: Store
    machine: Machine
    pool: Pool
    progress: Progress
    base: Path
    sample: int | None = None
    begins: Callable[[], None] = lambda: None
    veil: Veil = Veil()
    whole: Mapping[str, int | None] | None = None

    def each(self, phase: str, work: Kind, tasks: Sequence[tuple[Any, ...]], names: Sequence[str]) -> list[Any]:
        """The answers in the order of the tasks. What is stored is recalled here; the rest is done by
        the pool, after the steps that do it were prepared, and progress is told."""
        answers: list[Any] = [None if work.recall is None else work.recall(*task) for task in tasks]
        todo = [number for number, answer in enumerate(answers) if answer is None]
        if not todo:
            return answers
        self.begins()
        for placed in work.steps:
            self.progress.phase(f"prepare {placed.step.name()}", 0)
            guarded(placed.step.prepare, placed.where, (), self.store.root)
        self.store.doing(phase)
        self.progress.phase(phase, len(todo), min(self.pool.workers, len(todo)))
        for number, answer in self.pool.each(work.do, [tasks[number] for number in todo], [names[number] for number in todo]):
            answers[todo[number]] = answer
            told = answer.rows.manifest if isinstance(answer, Advanced) else {}
            self.progress.done(int(told.get("rows", 0)), int(told.get("bytes", 0)))
        self.progress.close()
        return answers


@dataclass(frozen=True)
class Kind:
    """A kind of task: how to do it, how to find it done, and the steps to prepare before."""

    do: Callable[..., Any]
    recall: Callable[..., Any] | None = None
    steps: tuple[Placed, ...] = ()


@dataclass
class Walked:
    """A dataset as far as it was walked, and what is known of the way. `starts`: for each piece the dataset that it came from,
    where this one begins with others. By a step's address: `studied`, what it took from what it names (the object, and the keys
    of models), `learned`, its facts, and `knowing`, the step that knows it."""

    name: str
    pieces: list[Piece] = field(default_factory=list)
    parts: tuple[str, ...] = ()
    path: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    passes: list[dict[str, Any]] = field(default_factory=list)
    surveys: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    studied: dict[str, list[Any]] = field(default_factory=dict)
    learned: dict[str, dict[str, Any]] = field(default_factory=dict)
    knowing: dict[str, Placed] = field(default_factory=dict)
    files: dict[str, Made] = field(default_factory=dict)
    books: Made | None = None
    seconds: float = 0.0

    def part(self, reference: str) -> list[Piece]:
        """The pieces that a reference such as `docs` or `docs.train` means."""
        wanted = reference.partition(".")[2]
        if not wanted:
            return self.pieces
        return [Piece(piece.rows, piece.keep, piece.count, self.parts.index(wanted)) for piece in self.pieces]


def walk(hands: Hands, lane: Lane, before: Mapping[str, Walked], walked: Walked) -> Walked:
    """Make a dataset: read what it begins with, then do its stages. `walked` is filled on the way."""
    begun = time.perf_counter()
    stages = list(lane.stages)
    if lane.data.sources:
        first = stages.pop(0)
        assert isinstance(first, Segment)
        _begin(hands, lane, walked, first)
    else:
        _join(hands.store, lane, walked, before)
    for stage in stages:
        if isinstance(stage, Gather):
            _gather(hands, walked, stage.placed, before)
        elif isinstance(stage, Unfold):
            _unfold(hands, walked, stage.placed)
        else:
            _segment(hands, walked, stage, walked.pieces)
    if lane.final:
        finish(hands, walked)
    for line in walked.path:
        line |= {"studied": walked.learned[line["step"]]} if line["step"] in walked.learned else {}
    _keep_books(hands, walked)
    walked.seconds = time.perf_counter() - begun
    return walked


def _join(store: Store, lane: Lane, walked: Walked, before: Mapping[str, Walked]) -> None:
    """Begin with the rows of other datasets; equal ids are refused."""
    for start in lane.data.starts:
        pieces = before[start.partition(".")[0]].part(start)
        walked.types |= before[start.partition(".")[0]].types
        walked.pieces += [replace(piece, count=size(store, piece)) for piece in pieces]
        walked.starts += [start] * len(pieces)
    if walked.types:
        walked.types = check_each(lane, {start: before[start.partition(".")[0]].types for start in lane.data.starts})
    if len(lane.data.starts) > 1:
        _refuse_twins(store, walked, "from", f"The datasets {', '.join(lane.data.starts)} share rows")


def _refuse_twins(store: Store, walked: Walked, step: str, found: str) -> None:
    every = np.concatenate([ids(store, piece) for piece in walked.pieces] or [np.empty(0, "V16")]).view("S16")
    if len(every) != len(np.unique(every)):
        raise BooksDoNotBalance(
            f"{found}: {len(every) - len(np.unique(every))} ids are there more than once.",
            where=f"{walked.name}.{step}",
            accepted="Every row has an id of its own.",
            remedy="Name an id column whose values differ, or leave `id:` out; or take each dataset in once.",
        )


def _begin(hands: Hands, lane: Lane, walked: Walked, segment: Segment) -> None:
    shelves = [shelf for placed in lane.data.sources for shelf in shelve(hands, placed, walked)]
    if walked.types:
        walked.types = check_each(lane, {shelf.placed.address: shelf.types for shelf in shelves} or {"": walked.types})
    done = _segment(hands, walked, segment, shelves)
    for line in walked.path:
        line["seconds"] = None  # the sources begin the pass, and tell its time
    for placed in lane.data.sources:
        mine = [one for shelf, one in zip(shelves, done, strict=True) if shelf.placed is placed]
        bad = sum(int(one.rows.manifest["bad"]) for one in mine)
        records = bad + sum(int(one.rows.manifest["rows"]) for one in mine)
        walked.path.insert(len(walked.path) - len(segment.maps) - len(segment.filters), source_line(walked.name, placed, mine, records, bad))
        _check_bad(placed, records, bad, mine)
    if any(source_of(placed).key_column() for placed in lane.data.sources):
        _refuse_twins(hands.store, walked, lane.data.sources[0].step.name(), "Two rows have the same id")


def _check_bad(placed: Placed, records: int, bad: int, done: Sequence[Advanced]) -> None:
    share = source_of(placed).bad_share()
    if not records or bad / records <= share:
        return
    reasons = sorted({reason for one in done for reason in one.rows.manifest["reasons"]})
    describe = f"Say in this step how they are written, as `tilth steps {placed.step.name()}` tells."
    expect = f"If that is expected, write `bad_records: {{at_most: {_above(bad / records)}}}` in this step."
    raise TooManyBadRecords(
        f"{bad:,} of {records:,} records ({bad / records:.2%}) cannot be read: {'; '.join(reasons[:4])}.",
        where=placed.where,
        accepted=f"At most {share:.2%} may be bad.",
        remedy=" ".join([describe] * (2 * bad > records) + [expect] * (bad < records)),
    )


def _above(share: float) -> str:
    """The next round share that would let so many bad records pass."""
    return next(f"{limit:g}" for limit in (0.02, 0.05, 0.1, 0.2, 0.5, 1) if share <= limit)


def source_of(placed: Placed) -> Source:
    """The source that a step is."""
    assert isinstance(placed.step, Source)
    return placed.step


def shelve(hands: Hands, placed: Placed, walked: Walked) -> list[Shelf]:
    """Find a source's shards, know their bytes, survey them, and settle the types of columns."""
    source = source_of(placed)
    hands.progress.at(walked.name, [placed.address])
    shards = at_step(source.shards, placed.where, (hands.base, hands.machine.shard_bytes))
    digests = know_files(hands, sorted({path for shard in shards for path in shard.paths}), placed.address)
    contents = [digest_of_shard(digests, shard.paths, shard.fingerprint) for shard in shards]
    tasks = [(hands.store, placed, shard, content) for shard, content in zip(shards, contents, strict=True)]
    made: list[Made] = hands.each("survey", Kind(survey, known_survey), tasks, [f"{placed.address} {shard.file}" for shard in shards])
    walked.surveys += [one.content for one in made]
    surveys = [surveyed(one) for one in made]
    types = at_step(source.settle, placed.where, (surveys,))
    walked.types.update(types)
    told = zip(shards, contents, (one.records for one in surveys), strict=True)
    return _numbered(placed, list(told), types, hands.sample)


def _numbered(placed: Placed, told: Sequence[tuple[Shard, list[str], int]], types: dict[str, str], sample: int | None) -> list[Shelf]:
    shelves: list[Shelf] = []
    taken, last, first = 0, "", 1
    for shard, content, records in told:
        first = first if shard.file == last else 1
        most = records if sample is None else min(records, sample - taken)
        if sample is None or most > 0:
            shelves.append(Shelf(placed, shard, tuple(content), types, first, most, most < records))
        taken, last, first = taken + most, shard.file, first + records
    return shelves


def know_files(hands: Hands, paths: Sequence[str], address: str) -> dict[str, str]:
    """The content digests of files; those that changed since they were known are read."""
    known = FileDigests(hands.store.root)
    digests = {path: known.known(path) for path in paths}
    new = [path for path, digest in digests.items() if digest is None]
    if new:
        names = [f"{address} {path}" for path in new]
        taken = dict(zip(new, hands.each("fingerprint", Kind(digest_file), [(path,) for path in new], names), strict=True))
        known.add(taken)
        known.save()
        digests.update(taken)
    return {path: str(digest) for path, digest in digests.items()}


def _segment(hands: Hands, walked: Walked, segment: Segment, sources: Sequence[Shelf] | Sequence[Piece]) -> list[Advanced]:
    work = Kind(advance, recall, (*segment.maps, *segment.filters))
    names = [f"{walked.name} {source.shard.file if isinstance(source, Shelf) else number}" for number, source in enumerate(sources)]
    tasks = [(hands.store, source, segment, hands.machine.batch_rows) for source in sources]
    begun = [source.placed.address for source in sources if isinstance(source, Shelf)]
    hands.progress.at(walked.name, [*begun, *(placed.address for placed in work.steps)])
    done: list[Advanced] = hands.each("read", work, tasks, names)
    before, walked.pieces = walked.pieces, [one.piece for one in done]
    stage: dict[str, Any] = {"kind": "segment", "steps": [placed.address for placed in (*segment.maps, *segment.filters)]}
    stage |= {"rows": [one.rows.content for one in done], "entered": [one.entered for one in done]}
    stage |= {"measures": [one.measures.content if one.measures else None for one in done]}
    walked.stages.append({**stage, "verdicts": [one.verdict.content if one.verdict else None for one in done], "before": _told(before) or None})
    walked.passes.append(pass_line(stage["steps"], done))
    walked.path += segment_lines(walked.name, segment, done)
    return done


def _told(pieces: Sequence[Piece]) -> list[list[Any]]:
    return [[piece.rows, piece.keep, piece.count, piece.part] for piece in pieces]


def _gather(hands: Hands, walked: Walked, placed: Placed, before: Mapping[str, Walked]) -> None:
    hands.progress.at(walked.name, [placed.address])
    gathering = _sketched(hands, walked, placed, before)
    compared = _compared(hands, gathering)
    verdicts, made = hands.each("decide", Kind(decide, known_decision), [(hands.store, gathering, compared)], [placed.address])[0]
    entered_from, entered = _told(walked.pieces), [piece.count for piece in walked.pieces]
    rows = sum(entered)
    walked.pieces = [Piece(piece.rows, one.content, int(one.manifest["kept"])) for piece, one in zip(walked.pieces, verdicts, strict=True)]
    names = [name for name, _ in verdicts[0].manifest["parts"]] if verdicts else []
    walked.parts = tuple(names) if len(names) > 1 else ()
    stage: dict[str, Any] = {"kind": "gather", "steps": [placed.address], "rows": [piece.rows for piece in walked.pieces], "entered": entered}
    stage |= {"measures": [], "verdicts": [one.content for one in verdicts]}
    stage |= {"sketches": [one.content for one in (*gathering.foreign, *gathering.sketches)]}
    named = [name for name in steps_read_by(placed.step) if name.partition(".")[0] in before]
    foreign = dict.fromkeys(piece.rows for name in named for piece in before[name.partition(".")[0]].pieces)
    stage |= {"compared": [compared.content] if compared else [], "foreign": list(foreign)}
    walked.stages.append({**stage, "against": named, "before": entered_from})
    line = blank_line(walked.name, placed, rows, sum(one.seconds for one in verdicts), stored=not made)
    walked.path.append({**line, **gather_counts(verdicts, placed, rows)})
    if any(one.manifest.get("changes") for one in verdicts):
        _apply(hands, walked, placed, Kind(apply, known_applied))


def _unfold(hands: Hands, walked: Walked, placed: Placed) -> None:
    """Each row becomes one or several."""
    hands.progress.at(walked.name, [placed.address])
    known = [known_unfolded(hands.store, placed, piece, 0) for piece in walked.pieces]
    rows = sum(piece.count for piece in walked.pieces)
    walked.path.append({**blank_line(walked.name, placed, rows, 0.0, stored=None not in known), "kept": rows})
    made = _apply(hands, walked, placed, Kind(unfold, known_unfolded, (placed,)))
    walked.path[-1]["seconds"] = round(sum(one.seconds for one in made), 3) if None in known else None


def _apply(hands: Hands, walked: Walked, placed: Placed, work: Kind) -> list[Made]:
    """What a step does to all rows that are in is done, and stored as new rows."""
    tasks = [(hands.store, placed, piece, hands.machine.batch_rows) for piece in walked.pieces]
    names = [f"{placed.address} {number}" for number in range(len(tasks))]
    made: list[Made] = hands.each("apply", work, tasks, names)
    stage: dict[str, Any] = {"kind": "applied", "steps": [placed.address], "rows": [one.content for one in made]}
    stage |= {"entered": [piece.count for piece in walked.pieces], "before": _told(walked.pieces)}
    walked.stages.append({**stage, "measures": [None] * len(made), "verdicts": [None] * len(made)})
    walked.pieces = [Piece(one.content, None, int(one.manifest["rows"])) for one in made]
    edited, copied = (sum(int(one.manifest[what]) for one in made) for what in ("changed", "copied"))
    walked.path[-1] |= {"edited": edited, **({"copied": copied} if copied else {})}
    return made


def _held(placed: Placed) -> tuple[str, ...]:
    assert isinstance(placed.step, Whole)
    return placed.step.held_against()


def _sketched(hands: Hands, walked: Walked, placed: Placed, before: Mapping[str, Walked]) -> Gathering:
    """The sketches of the dataset's shards, and of the datasets that the step is held against."""
    others = [piece for name in _held(placed) for piece in before[name.partition(".")[0]].part(name)]
    foreign = [replace(piece, count=size(hands.store, piece)) for piece in others]
    starts = walked.starts or [walked.name] * len(walked.pieces)
    whose = [*([""] * len(foreign)), *starts]
    tasks = [(hands.store, placed, piece, told, hands.machine.batch_rows) for piece, told in zip((*foreign, *walked.pieces), whose, strict=True)]
    names = [f"{placed.address} {number}" for number in range(len(tasks))]
    made = tuple(hands.each("sketch", Kind(sketch, known_sketch, (placed,)), tasks, names))
    return Gathering(placed, made[len(foreign) :], tuple(walked.pieces), made[: len(foreign)], tuple(foreign))


def _compared(hands: Hands, gathering: Gathering) -> Made | None:
    """The verified pairs of the rows, where the step compares them. A decision that is stored needs none."""
    store, placed = hands.store, gathering.placed
    if comparison_of(placed) is None:
        return None
    key = compared_key(gathering)
    known = store.find(key)
    if known is not None or known_decision(store, gathering) is not None:
        return known
    folder, facts = hands.each("pair", Kind(find_candidates, None, (placed,)), [(store, gathering)], [placed.address])[0]
    tasks, first = [], 0
    for number, piece in enumerate((*gathering.foreign_pieces, *gathering.pieces)):
        tasks.append((store, placed, piece, folder, (number, first), hands.machine.batch_rows))
        first += piece.count
    hands.each("compare", Kind(take_sets), tasks, [f"{placed.address} {number}" for number in range(len(tasks))])
    last = (store, gathering, folder, facts, max(1, hands.machine.workers))
    made: Made = hands.each("compare", Kind(compare_pairs), [last], [placed.address])[0]
    return made


def finish(hands: Hands, walked: Walked) -> None:
    """Write the parts of a finished dataset."""
    hands.progress.at(walked.name)
    names = list(walked.parts) or ["all"]
    pieces = [walked.part(f"{walked.name}.{name}") if walked.parts else walked.pieces for name in names]
    tasks = [(hands.store, name, some, hands.machine.batch_rows) for name, some in zip(names, pieces, strict=True)]
    written = hands.each("apply", Kind(write_part, known_part), tasks, [f"{walked.name}.{name}" if walked.parts else walked.name for name in names])
    walked.files = dict(zip(names, written, strict=True))


def _keep_books(hands: Hands, walked: Walked) -> None:
    """Write what was decided in a dataset, also in one that no one asks to be handed out."""
    rows = list(dict.fromkeys(content for stage in walked.stages if stage["kind"] != "gather" for content in stage["rows"]))
    verdicts = [content for stage in walked.stages for content in stage["verdicts"] if content is not None]
    walked.books = hands.each(
        "books", Kind(write_books, known_books), [(hands.store, rows, verdicts, hands.veil, hands.machine.batch_rows)], [walked.name]
    )[0]


def dataset(store: Store, walked: Walked, reference: str) -> Dataset:
    """A finished dataset or part, as models see it. Raises NotThere when the part does not exist."""
    part = reference.partition(".")[2] or "all"
    if part not in walked.files:
        raise NotThere(f"`{reference}` is no part of `{walked.name}`.", accepted=f"Its parts: {', '.join(walked.files)}.")
    made = walked.files[part]
    return Dataset(reference, tuple(sorted(store.path(made.content).glob("*.parquet"))), made.manifest["content"], int(made.manifest["rows"]))
