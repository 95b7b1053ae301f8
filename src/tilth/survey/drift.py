"""What moved between two tables: how populated their columns are, how their numbers lie, which labels they have, and how
their texts measure; each with a distance, its 95 % interval, and whether it is more than noise.

Values are taken from batches of a sample and then compared, so that no text is held. Every number that the kernels of
`tilth.text` tell about a text is compared; tokens are bytes ÷ 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import flat, texts
from tilth.survey.noise import Distance, findings, kolmogorov_smirnov, shares, total_variation
from tilth.text import language, lines, repetition, walk

LONGEST_LABEL = 64
"""Bytes of the longest value that can be a label."""

ROWS_A_LABEL = 10
"""A column of texts is one of labels where each stands in this many rows on average."""

MOST_LABELS = 50
"""Labels that are told apart, the most frequent; the others count as one."""

OTHERS = "(others)"
MOVED = 3
"""Labels that are named, those whose shares moved most."""

BYTES_A_TOKEN = 4

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """How far one measure of a column moved.

    `measure`: `value` for the column's own values, `filled`, `label`, or what was measured of a text. `statistic`:
    `kolmogorov_smirnov` or `total_variation`, from 0 to 1, or `difference` of two shares; `low` and `high`: its 95 %
    interval; `p`: the probability of so much by chance; `noise`: whether it may be that, all measures considered. `rows`:
    those measured of each side; `before` and `after`: the medians, or the shares; `labels`: those that moved most, with
    their shares before and after.
    """

    column: str
    measure: str
    statistic: str
    value: float
    low: float
    high: float
    p: float
    noise: bool
    rows: tuple[int, int]
    before: float | None = None
    after: float | None = None
    labels: list[tuple[str, float, float]] = []


@dataclass
class Values:
    """What was taken of one side, by (column, measure): numbers, and labels with their rows. `long`: for each column of
    texts, the values that are too long to be labels; `filled`: rows with a value, of all rows."""

    numbers: dict[tuple[str, str], Numbers] = field(default_factory=dict)
    labels: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    long: Counter[str] = field(default_factory=Counter)
    filled: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def take(table: pa.Table, read: Mask, text: str | None) -> Values:
    """The values of some rows of a sample. Of those in `read` the column `text` is read by all kernels; of the
    others, and of other columns, what is quickly told."""
    values = Values()
    for name in table.column_names:
        column = flat(table[name])
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            values.numbers[name, "value"] = _finite(column)
        elif pa.types.is_boolean(column.type):
            values.labels[name, "label"] = _counted(pc.cast(column, pa.large_string()))
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            _take_texts(values, name, texts(column), read, whole=name == text)
    return values


def _take_texts(values: Values, name: str, column: pa.LargeStringArray, read: Mask, *, whole: bool) -> None:
    sizes = pc.binary_length(column)
    long = pc.fill_null(pc.greater(sizes, LONGEST_LABEL), False)
    values.labels[name, "label"] = _counted(column.filter(pc.invert(long)))
    values.long[name] += int(pc.sum(long).as_py() or 0)
    values.numbers[name, "characters"] = _finite(pc.utf8_length(column))
    if not whole:
        return
    values.numbers[name, "tokens"] = _finite(sizes) / BYTES_A_TOKEN
    some = column.filter(pa.array(read))
    if len(some):
        measured = {**walk.walk(some), **repetition.repetition(some), **lines.lines(some), **language.language(some)}
        values.labels[name, "language"] = _counted(measured.pop("language"))
        del measured["characters"]
        values.numbers |= {(name, measure): _finite(array) for measure, array in measured.items()}


def _finite(column: pa.Array) -> Numbers:
    numbers: Numbers = pc.cast(pc.drop_null(column), pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers[np.isfinite(numbers)]


def _counted(column: pa.Array) -> Counter[str]:
    counted = pc.drop_null(column).value_counts()
    return Counter(dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)))


def joined(parts: Sequence[Values], filled: Mapping[str, tuple[int, int]]) -> Values:
    """The values of all batches of a side; `filled` of each column: rows with a value, of all rows."""
    whole = Values(filled=filled)
    for name in dict.fromkeys(name for part in parts for name in part.numbers):
        whole.numbers[name] = np.concatenate([part.numbers[name] for part in parts if name in part.numbers])
    for part in parts:
        whole.long.update(part.long)
        for name, counts in part.labels.items():
            whole.labels.setdefault(name, Counter()).update(counts)
    return whole


def shifts(a: Values, b: Values) -> list[Shift]:
    """Everything that both sides have, the greatest shift first; where a side has no value of a measure, it is not compared."""
    found = [*_of_filled(a, b), *_of_labels(a, b), *_of_numbers(a, b)]
    real = findings([one.p for one in found])
    told = [msgspec.structs.replace(one, noise=not more) for one, more in zip(found, real, strict=True)]
    return sorted(told, key=lambda one: (one.noise, -abs(one.value), one.column, one.measure))


def _shift(name: tuple[str, str], statistic: str, distance: Distance, rows: tuple[int, int]) -> Shift:
    column, measure = name
    return Shift(column=column, measure=measure, statistic=statistic, **distance._asdict(), noise=True, rows=rows)


def _of_filled(a: Values, b: Values) -> Iterator[Shift]:
    for name in a.filled:
        (x, n), (y, m) = a.filled[name], b.filled.get(name, (0, 0))
        if n and m and (x, y) not in ((0, 0), (n, m)):
            one = _shift((name, "filled"), "difference", shares((x, n), (y, m)), (n, m))
            yield msgspec.structs.replace(one, before=x / n, after=y / m)


def _of_numbers(a: Values, b: Values) -> Iterator[Shift]:
    for name, before in a.numbers.items():
        after = b.numbers.get(name, np.empty(0))
        if not len(before) or not len(after) or name[1] == "characters" and _are_labels(name[0], a, b):
            continue
        one = _shift(name, "kolmogorov_smirnov", kolmogorov_smirnov(before, after), (len(before), len(after)))
        yield msgspec.structs.replace(one, before=float(np.median(before)), after=float(np.median(after)))


def _of_labels(a: Values, b: Values) -> Iterator[Shift]:
    for name, before in a.labels.items():
        after = b.labels.get(name, Counter[str]())
        if not before or not after or name[1] == "label" and not _are_labels(name[0], a, b):
            continue
        common = [label for label, _ in (before + after).most_common(MOST_LABELS)]
        sides = [[side[label] for label in common] for side in (before, after)]
        rest = [side.total() - sum(kept) for side, kept in zip((before, after), sides, strict=True)]
        if any(rest):
            common, sides = [*common, OTHERS], [[*kept, left] for kept, left in zip(sides, rest, strict=True)]
        old, new = (np.array(side, np.int64) for side in sides)
        one = _shift(name, "total_variation", total_variation(old, new), (int(old.sum()), int(new.sum())))
        ratios = [(label, float(x), float(y)) for label, x, y in zip(common, old / old.sum(), new / new.sum(), strict=True)]
        moved = sorted((one for one in ratios if one[1] != one[2]), key=lambda one: (-abs(one[2] - one[1]), one[0]))
        yield msgspec.structs.replace(one, labels=moved[:MOVED])


def _are_labels(name: str, a: Values, b: Values) -> bool:
    """Whether the values of a column of texts are few, short ones that come again and again."""
    both = a.labels.get((name, "label"), Counter()) + b.labels.get((name, "label"), Counter())
    return not a.long[name] and not b.long[name] and 0 < len(both) * ROWS_A_LABEL <= both.total()
