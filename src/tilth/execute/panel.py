"""How a run stands, drawn as a few lines of a given width: the path, the phase, rates or the loss, time.

Pure: what is known goes in, lines come out, never wider than asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.cells import cell_len, set_cell_size

DONE, DOING, TO_DO = "✓", "▸", "·"
STYLES = {DONE: "32", DOING: "1", TO_DO: "2", "bar": "32", "rest": "2", "faint": "2"}
COUNTS = ("step", "documents", "texts")
"""What a Fit or a Judge counts when it tells of how many."""
BARS = "▁▂▃▄▅▆▇█"
WIDEST_BAR, WIDEST_CURVE = 40, 24

Words = list[tuple[str, str]]
"""Words and the name of their style."""


@dataclass
class Standing:
    """How a run stands. `path`: the steps of each name, in the order in which they are made; `name`: what is being made,
    by which `steps`; nothing, when all of them stand. `first`: how much was done, and when, as the first count came: a
    training may go on in the middle."""

    recipe: str = ""
    path: Mapping[str, Sequence[str]] = field(default_factory=dict)
    begun: float = 0.0
    name: str = ""
    steps: Sequence[str] = ()
    phase: str = ""
    phase_begun: float = 0.0
    doing: str = ""
    done: int = 0
    total: int = 0
    first: tuple[int, float] = (0, 0.0)
    rows: int = 0
    bytes: int = 0
    workers: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    told_at: float = 0.0
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    memory: int | None = None

    def begin(self, phase: str, total: int, workers: int, now: float) -> None:
        """A new phase: what was told of the last one is forgotten."""
        self.phase, self.phase_begun, self.first, self.doing = phase, now, (0, now), ""
        self.done, self.total, self.rows, self.bytes, self.workers = 0, total, 0, 0, workers
        self.told, self.losses, self.validation = {}, [], []

    def count(self, told: Mapping[str, Any], now: float) -> None:
        """Take what a Fit or a Judge tells: `doing`, or a count and `of` how many; losses; numbers."""
        counted = next((int(told[name]) for name in COUNTS if name in told), None)
        if "doing" in told:
            self.doing, self.done, self.total = str(told["doing"]), 0, 0
        elif "of" in told:
            self.first = self.first if self.total and not self.doing else (counted or 0, now)
            self.doing, self.total, self.done = "", int(told["of"]), self.done if counted is None else counted
        self.losses += [float(told["loss"])] if "loss" in told else []
        self.validation += [float(told["validation_loss"])] if "validation_loss" in told else []
        self.told_at = now if "seconds_left" in told else self.told_at
        self.told |= told

    def label(self) -> str:
        """The phase with the name that it is of: `docs read`."""
        return f"{self.name} {self.phase}".strip()

    def left(self, now: float) -> float | None:
        """Seconds left of the phase, as told, or by what the done share took; None while nobody can know."""
        if "seconds_left" in self.told:
            return max(0.0, float(self.told["seconds_left"]) - (now - self.told_at))
        done, since = self.done - self.first[0], now - self.first[1]
        return since * (self.total - self.done) / done if done > 0 and self.done < self.total and since >= 2 else None

    def rates(self, now: float) -> list[str]:
        """Rows and bytes a second of the phase."""
        took = max(now - self.phase_begun, 1e-6)
        rows = [f"{self.rows / took:,.0f} rows/s"] if self.rows else []
        return rows + ([f"{self.bytes / took / 1e6:,.1f} MB/s"] if self.bytes / took >= 50_000 else [])

    def busy(self) -> int:
        """Workers that have something to do: each has a task while enough are left."""
        return min(self.workers, self.total - self.done)


def panel(one: Standing, now: float, columns: int, *, coloured: bool) -> list[str]:
    """The lines of the panel, each narrower than the terminal."""
    room = max(20, columns - 1)
    facts = (_facts(told, room) for told in (_rates(one, now), _times(one, now)))
    lines = [_path(one, room), _steps(one, room), _bar(one, room), *_curves(one, room), *facts]
    return [_painted(words, room, coloured=coloured) for words in lines if words]


def _path(one: Standing, room: int) -> Words:
    names = list(one.path)
    if not names:
        return []
    at = names.index(one.name) if one.name in names else len(names) if one.phase else 0
    count = f"  {min(at + 1, len(names)):,} of {len(names):,}"
    head: Words = [(one.recipe, DOING)] if room > 60 else []
    return _fitted(head, names, range(at, at + 1), room - len(count)) + [(count, "faint")]


def _steps(one: Standing, room: int) -> Words:
    steps = list(one.path.get(one.name, ()))
    here = [number for number, step in enumerate(steps) if step in one.steps]
    if not here or len(steps) == 1:
        return []
    shown = [step.removeprefix(f"{one.name}.") for step in steps]
    last = f"  {here[-1] + 1:,} of {len(steps):,} steps"
    return _fitted([("", "")], shown, range(here[0], here[-1] + 1), room - len(last)) + [(last, "faint")]


def _fitted(head: Words, names: Sequence[str], doing: range, room: int) -> Words:
    """The names with their signs; where they do not fit, those that are long done go first, then those far ahead."""
    signs = [DONE if number < doing.start else DOING if number in doing else TO_DO for number in range(len(names))]
    items: Words = [(f"{sign} {name}", sign) for sign, name in zip(signs, names, strict=True)]
    first, last, more = 0, len(items), ("…", "faint")
    while True:
        found = _joined([*head, *[more] * (first > 0), *items[first:last], *[more] * (last < len(items))])
        if _length(found) <= room or last - first <= 1:
            return found
        first, last = (first + 1, last) if first < doing.start else (first, last - 1)


def _joined(items: Words) -> Words:
    return [(f"{'  ' if place else ''}{words}", style) for place, (words, style) in enumerate(items)]


def _bar(one: Standing, room: int) -> Words:
    label = f"  {one.doing or one.phase}{_within(one)}"
    if not one.total:
        return [(f"{label} …" if one.phase else "", "")]
    share = min(1.0, one.done / one.total)
    count = f"  {one.done:,}/{one.total:,}  {share:.0%}"
    length = min(WIDEST_BAR, room - cell_len(label) - len(count) - 2)
    if length < 5:
        return [(label, ""), (count, "")]
    full = int(length * share)
    return [(f"{label}  ", ""), ("━" * full, "bar"), ("─" * (length - full), "rest"), (count, "")]


def _within(one: Standing) -> str:
    """What a training is doing beside its steps: `: validation`."""
    told = str(one.told.get("phase", "")).replace("_", " ")
    return f": {told}" if told and told != one.phase and not one.doing else ""


def _curves(one: Standing, room: int) -> list[Words]:
    """The losses as small curves, one below the other where two do not fit beside each other."""
    told = [(name, values) for name, values in (("loss", one.losses), ("validation", one.validation)) if values]
    wide = min(WIDEST_CURVE, room - 2 - max((len(f"{name} {values[-1]:.4g} ") for name, values in told), default=0))
    lines: list[Words] = [[(f"  {name} {values[-1]:.4g} {spark(values, wide)}", "")] for name, values in told]
    whole = [words for line in lines for words in line]
    return [whole] if lines and _length(whole) <= room else lines


def spark(values: Sequence[float], wide: int) -> str:
    """Values as a line of small bars of at most `wide` columns, each the mean of a stretch; the least is the lowest."""
    count = min(len(values), max(1, wide))
    ends = [round(number * len(values) / count) for number in range(count + 1)]
    means = [sum(values[first:last]) / (last - first) for first, last in zip(ends, ends[1:], strict=False)]
    low, high = min(means), max(means)
    return "".join(BARS[round((one - low) / (high - low) * (len(BARS) - 1))] if high > low else BARS[0] for one in means)


def _rates(one: Standing, now: float) -> list[str]:
    told = one.told
    found = [f"{told['tokens_per_second']:,.0f} tokens/s"] if "tokens_per_second" in told else []
    found += [f"learning rate {told['learning_rate']:.3g}"] if "learning_rate" in told else []
    found += [f"gradient norm {told['grad_norm']:.3g}"] if told.get("grad_norm") is not None else []
    found += _speed(told)
    found += one.rates(now)
    busy, held = one.busy(), told.get("memory_bytes") or one.memory
    found += [f"{busy:,} {'worker' if busy == 1 else 'workers'} busy"] if busy > 0 else []
    return [*found, *([f"memory {held / 1e9:,.1f} GB"] if held else [])]


def _speed(told: Mapping[str, Any]) -> list[str]:
    """The share of the device's peak that is used (MFU), where that peak is known; else floating-point operations a second."""
    if told.get("mfu") is not None:
        return [f"MFU {told['mfu']:.0%}"]
    return [rate_of(told["flops_per_second"])] if told.get("flops_per_second") else []


def rate_of(flops: float) -> str:
    """Floating-point operations a second in words: `45 GFLOP/s`, `312 TFLOP/s`."""
    return f"{flops / 1e12:.3g} TFLOP/s" if flops >= 1e12 else f"{flops / 1e9:.3g} GFLOP/s"


def sample(step: Any, told: Mapping[str, Any], columns: int) -> str:
    """What a model wrote at a step of its training, on one line: control characters, which could move the cursor, are blanks."""
    words = f"{told['prompt']} → {told['text']}"
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    line = f"  step {step:,}  {line}"
    return line if cell_len(line) <= columns else f"{set_cell_size(line, columns - 1).rstrip()}…"


def _times(one: Standing, now: float) -> list[str]:
    left = one.left(now)
    here = [f"{duration(left)} left of {one.phase}"] if left is not None else []
    return [f"{duration(now - one.begun)} so far", *here]


def _facts(facts: Sequence[str], room: int) -> Words:
    """As many facts as fit, in their order."""
    while facts and len(f"  {'  '.join(facts)}") > room:
        facts = facts[:-1]
    return [(f"  {'  '.join(facts)}", "faint")] if facts else []


def _length(words: Words) -> int:
    return sum(cell_len(one) for one, _ in words)


def _painted(words: Words, room: int, *, coloured: bool) -> str:
    """The words in their styles, cut to the room."""
    line = ""
    for one, style in words:
        cut = one if cell_len(one) <= room else set_cell_size(one, room)
        room -= cell_len(cut)
        line += f"\x1b[{STYLES[style]}m{cut}\x1b[0m" if coloured and style in STYLES and cut else cut
    return line


def duration(seconds: float) -> str:
    """Seconds in words for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
