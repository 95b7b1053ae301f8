"""What `tilth diff` is asked about, and what it finds: rows beside rows, or runs beside runs with all their datasets."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tilth.cli import contrasting
from tilth.cli.contrasting import Compared, Told
from tilth.cli.marking import window
from tilth.cli.places import PATTERN, find_run
from tilth.errors import NotThere, UsageError
from tilth.execute.differing import Differing, Example, differing
from tilth.execute.narrow import READ
from tilth.execute.sides import Side, content_of, dataset_of, of_dataset, of_files
from tilth.execute.two_runs import TwoRuns, two_runs
from tilth.store.runs import Run
from tilth.survey.drift import Values, joined, shifts, take
from tilth.survey.facts import plain
from tilth.survey.noise import difference

MODEL = ("config.json", "adapter_config.json", "tokenizer.json")
"""Files that say that a folder holds a model."""

LONGEST = 2000
"""Characters of a value that `--json` tells, from a little before where the two differ."""

BEFORE = 200


@dataclass(frozen=True)
class Dataset:
    """A dataset of a run."""

    run: Run
    reference: str


def tell(a: str, b: str, quiet: bool) -> Told:
    """Compare what is named. Raises NotThere for what is not there, UsageError for what cannot be compared."""
    left, right = _meant(a), _meant(b)
    if isinstance(left, Run) and isinstance(right, Run):
        found = two_runs(left, right)
        _check_datasets(found, left, right)
        pairs = [(Dataset(left, name), Dataset(right, name)) for name in found.comparable]
        return Told(_named(left), _named(right), found, [_compared(*pair, quiet) for pair in pairs])
    for one, said, other in ((left, a, b), (right, b, a)):
        if isinstance(one, Run):
            datasets = ", ".join(f"{_named(one)}:{name}" for name in one.record()["data"])
            raise UsageError(
                f"`{said}` is a run, and `{other}` is not.",
                where="tilth diff",
                accepted="Two runs are compared, or rows with rows.",
                remedy=f"Name a dataset of the run: {datasets}." if datasets else "This run has no datasets.",
            )
    assert not isinstance(left, Run) and not isinstance(right, Run)
    return Told(a, b, None, [_compared(left, right, quiet)])


def _check_datasets(found: TwoRuns, a: Run, b: Run) -> None:
    """Runs that share no name of a dataset, model or score have nothing to compare but their recipes."""
    if not any(None not in pair for pair in (*found.datasets.values(), *found.models.values())):
        names = " and ".join(f"{_named(run)} has {', '.join(run.record()['data']) or 'no dataset'}" for run in (a, b))
        raise UsageError(
            "The two runs have no dataset and no model of one name.",
            where=f"{_named(a)}, {_named(b)}",
            accepted=f"{names}.",
            remedy="Compare datasets of two names as `RUN:NAME`.",
        )


def _meant(said: str) -> Run | Dataset | str:
    """What is meant: a run, a dataset of a run, or the path of files."""
    path = Path(said).expanduser()
    if (path / "record.json").exists():
        return find_run(said)
    if path.is_dir() and any((path / name).exists() for name in MODEL):
        raise UsageError(
            "This is a model, and has no rows to compare.",
            where=said,
            accepted="Files, datasets of runs, or runs.",
            remedy="Models are compared by their scores: name the two runs that made them.",
        )
    if path.exists() or any(sign in said for sign in PATTERN):
        return said
    name, colon, reference = said.rpartition(":")
    if colon and reference:
        return Dataset(find_run(name), reference)
    return _run(said)


def _run(said: str) -> Run:
    """The run that is meant, where no file is. Raises NotThere with what is near."""
    try:
        return find_run(said)
    except NotThere as error:
        if "/" in said.strip("/") or "." in said:
            of_files(said)  # it knows what lies there instead
        raise NotThere(f"There is neither a file nor a run `{said}`.", where=said, accepted=error.accepted, remedy=error.remedy) from error


def _named(run: Run) -> str:
    return f"{run.name}/{run.number}"


def _side(meant: Dataset | str) -> Side:
    return of_files(meant) if isinstance(meant, str) else of_dataset(meant.run, meant.reference)


def _name(meant: Dataset | str) -> str:
    return meant if isinstance(meant, str) else f"{_named(meant.run)}:{meant.reference}"


def _content(meant: Dataset | str) -> str | None:
    if isinstance(meant, str):
        return None
    dataset_of(meant.run, meant.reference)
    return content_of(meant.run, meant.reference)


def _compared(a: Dataset | str, b: Dataset | str, quiet: bool) -> Compared:
    """Rows beside rows; not read where both have one content digest."""
    contents = _content(a), _content(b)
    if contents[0] is not None and contents[0] == contents[1]:
        return Compared(_name(a), _name(b), contents[0], None, ())
    if not quiet:
        sys.stderr.write(f"comparing {_name(a)} with {_name(b)} …\n")
    found = differing(_side(a), _side(b), take)
    return Compared(_name(a), _name(b), None, found, shifts(*_values(found)))


def _values(found: Differing[Values]) -> tuple[Values, Values]:
    """What was taken of both sides, and how filled all their rows are."""
    a, b = (
        joined(taken, {name: (there, rows) for name, there in filled.items()})
        for taken, filled, rows in zip(found.taken, found.filled, found.rows, strict=True)
    )
    return a, b


# ── telling ────────────────────────────────────────────────────────────────────────────────────


def as_words(told: Told) -> str:
    """What a person reads."""
    return "\n".join(contrasting.words(told))


def as_json(told: Told) -> str:
    """The one object that `--json` prints: `a`, `b`, `runs` where two runs are compared, `data`: one for each pair of datasets."""
    runs = None if told.runs is None else _runs(told.runs)
    return json.dumps({"a": told.a, "b": told.b, "runs": runs, "data": [_data(one) for one in told.compared]}, default=str)


def _runs(found: TwoRuns) -> dict[str, Any]:
    scores = []
    for one in found.scores:
        ends = (None, None) if one.intervals is None else difference(*one.intervals)
        value = one.b[0] - one.a[0] if one.a and one.b else None
        scores.append({**asdict(one), "overlap": one.overlap, "difference": {"value": value, "low": ends[0], "high": ends[1]}})
    told = asdict(found)
    return {**told, "equal": [name for name, (a, b) in found.datasets.items() if a == b], "scores": scores}


def _data(one: Compared) -> dict[str, Any]:
    if one.rows is None:
        return {"a": one.a, "b": one.b, "equal": True, "content": one.content}
    found, both = one.rows, one.rows.common
    return {
        "a": one.a,
        "b": one.b,
        "equal": False,
        "rows": found.rows,
        "known_by": found.by,
        "note": found.note,
        "same": found.same,
        "changed": found.changed,
        "new": found.new,
        "gone": found.gone,
        "bad": found.bad,
        "changed_columns": found.columns,
        "moved": [{"from": old, "to": new, "rows": rows} for (old, new), rows in found.moved.items()],
        "columns": {"both": list(both.columns), "only_a": both.only_a, "only_b": both.only_b, "types": both.retyped},
        "examples": {what: _examples(rows) for what, rows in found.examples.items()},
        "sample": {"rows": found.sampled, "texts_read": [min(rows, READ) for rows in found.sampled]},
        "shifts": [plain(shift) for shift in one.shifts],
    }


def _examples(rows: Sequence[Example]) -> list[dict[str, Any]]:
    return [{"id": row.id, "place_a": row.place_a, "place_b": row.place_b, "values": _cut(row.values)} for row in rows]


def _cut(values: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """The values, long texts from a little before where they differ."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, (a, b) in values.items():
        first = max(0, window(a, b)[0] - BEFORE) if isinstance(a, str) and isinstance(b, str) else 0
        a, b = (one[first : first + LONGEST] if isinstance(one, str) else one for one in (a, b))
        found[name] = (a, b)
    return found
