"""What is known of a file, a dataset or a table after looking at it: plain values, which `--json` prints as they are.

Shares lie between 0 and 1. Where only a sample was looked at, a share comes with its 95 % interval (Wilson), as if its rows
had been drawn one by one. Rows that stand together in a file are often alike, and are read together: then the truth lies
outside more often than that. Personal data are only counted; examples and beginnings of texts are told as they stand.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Share(msgspec.Struct, frozen=True):
    """A part of the rows, `rows` of `of`, and the 95 % interval of the share in the whole, as if rows had been drawn one by
    one; null ends where all was looked at."""

    rows: int
    of: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing."""
        return self.rows / self.of if self.of else 0.0


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How much was looked at: `rows` of `rows_in_all`, which is an estimate where `estimated`, and null where nobody
    knows; `bytes` of `bytes_in_all`, as they lie on the disk. `how` says in words how rows were chosen; empty: these are all."""

    rows: int
    rows_in_all: int | None = None
    estimated: bool = False
    bytes: int | None = None
    bytes_in_all: int | None = None
    how: str = ""

    @property
    def whole(self) -> bool:
        """Whether everything was looked at."""
        return not self.how


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """How numbers lie. `edges` has one more member than `counts`; `quantiles`: by their percent, such as 50."""

    n: int
    least: float
    greatest: float
    mean: float
    total: float
    quantiles: dict[int, float]
    edges: list[float]
    counts: list[int]
    logarithmic: bool = False


class Outliers(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers beyond Tukey's fences, 3 interquartile ranges from the quartiles (Tukey 1977, far out)."""

    low_fence: float
    high_fence: float
    below: int
    above: int


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its type, and what its cells hold.

    `kind`: what people would call it: `text` (prose), `category`, `number`, `date`, `id`, `flag`, `url`, `list`, `chat`,
    `json`, `bytes`, `constant` or `empty`. `held`: rows by what stands there, adding up to all rows: of `value`, `null`, `empty`
    (a text or list of length 0), `blank` (white space alone), `placeholder` (`N/A`, `none`, `null`, `-`, `nan` …), `nan`
    and `zero`. `looks_like`: of texts, the share that reads as `number`, `plain_number` (without signs of thousands or
    currency), `date`, `url`, `email`, `json` or `html`, where any does.
    `top`: the most frequent values with their rows, of categories, flags and constants. `distinct`: null where that is
    not told; `distinct_at_least` where counting was given up there.
    """

    name: str
    type: str
    kind: str
    held: dict[str, int]
    filled: Share
    distinct: int | None = None
    distinct_at_least: bool = False
    looks_like: dict[str, float] = {}
    examples: list[str] = []
    top: list[tuple[str, int]] = []
    numbers: Distribution | None = None
    outliers: Outliers | None = None
    first: str | None = None
    last: str | None = None
    misfits: int = 0


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A quality rule at its usual limits, and the share of the rows that break it."""

    set: str
    rule: str
    limit: str
    breaks: Share


class Remarkable(msgspec.Struct, frozen=True, kw_only=True):
    """A row worth reading: `why`, its number in what was looked at, its place in the raw data, and how it begins."""

    why: str
    row: int
    place: str
    begins: str
    value: float | None = None


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """Texts that are there more than once. `near`: rows similar to an earlier one by at least `similarity` (Jaccard of
    word 5-grams, verified), among `near.of` rows of a sample; a share in a sample is a lower bound of that in the whole."""

    exact: Share
    near: Share | None = None
    similarity: float = 0.8
    largest: list[tuple[str, int]] = []


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a column of texts.

    `tokens` are bytes ÷ 4. `languages`, `scripts`: rows by code, most first. `damage`: rows by kind of damage to their
    writing; `personal`: rows, and findings in all, by kind of likely personal data. `judged`: rows that the kernels of
    quality read. `remarkable`: the longest, the shortest and the oddest rows.
    """

    column: str
    rows: int
    characters: Distribution
    words: Distribution
    tokens: Distribution
    languages: list[tuple[str, int]] = []
    scripts: list[tuple[str, int]] = []
    copies: Copies | None = None
    damage: dict[str, Share] = {}
    personal: dict[str, tuple[int, int]] = {}
    quality: list[Rule] = []
    judged: int = 0
    remarkable: list[Remarkable] = []


class Chats(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a column of conversations, whatever way they are written (`messages`, ShareGPT's `conversations`,
    `Human:` and `Assistant:` in one text). `layout`: the name of that way. `oddities`: rows by what is unusual, such as
    `no answer`, `does not end with an answer`, `two turns of one role in a row`, `empty turn`, `unknown role`."""

    column: str
    layout: str
    rows: int
    turns: Distribution
    roles: list[tuple[str, int]] = []
    first_roles: list[tuple[str, int]] = []
    last_roles: list[tuple[str, int]] = []
    answer_characters: Distribution | None = None
    systems: int = 0
    tools: int = 0
    oddities: dict[str, int] = {}


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """Two columns or measures that go together. `kind`: `rank` (Spearman's ρ), `association` (Cramér's V) or `between`
    (correlation ratio η of a number's ranks by a category). `low` and `high`: the 95 % interval where there is one."""

    a: str
    b: str
    kind: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is told. `format`: how a trainer would call these rows (`text`, `messages`, `sharegpt`,
    `instruction`, `prompt_completion`, `question_answer`, `preference`, `labelled`, `table`), with the columns that
    make it so. `bad`: records that could not be read, and the first of them in words. `notes`: what somebody should know
    before they use this data, the most important first, each one sentence."""

    name: str
    reach: Reach
    columns: list[Column]
    format: str = "table"
    format_columns: dict[str, str] = {}
    text: str | None = None
    texts: list[Texts] = []
    chats: list[Chats] = []
    relations: list[Relation] = []
    bad: int = 0
    bad_examples: list[str] = []
    notes: list[str] = []
    seconds: float = 0.0


def plain(told: msgspec.Struct) -> Any:
    """A struct as JSON would hold it: dicts, lists, words and numbers."""
    return msgspec.to_builtins(told, str_keys=True)
