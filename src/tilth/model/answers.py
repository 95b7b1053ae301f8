"""Answers of models, kept for good, and what was spent on them.

One SQLite database in a folder of the store, open to all processes at once. It holds the digest of each request, never
the request, with its answer; and for each account (a step's question to a model) what was spent. What a request may
take at most is set aside before it is sent and settled when it is answered, so a budget holds over all processes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pydantic import BaseModel, ConfigDict, Field

from tilth.errors import StepFailed
from tilth.model.endpoint import Price

FILE = "answers.sqlite"

TABLES = """
CREATE TABLE IF NOT EXISTS answers (digest TEXT PRIMARY KEY, value, ended TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent (account TEXT PRIMARY KEY, requests INTEGER, sent INTEGER, written INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS flights (id INTEGER PRIMARY KEY, account TEXT, digest TEXT, owner INTEGER, until REAL,
    requests INTEGER, sent INTEGER, written INTEGER);
"""

POLL = 0.05
"""Seconds between looks at requests of others that are under way."""


class Budget(BaseModel):
    """The most that may be spent on the answers of one step, over all its runs with the same settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    requests: int | None = Field(default=None, ge=1)
    """Requests that were answered, or may have been."""
    tokens: int | None = Field(default=None, ge=1)
    """Tokens, sent and written, as the endpoint counts them."""
    cost: float | None = Field(default=None, gt=0)
    """Money, in the currency of the model's `price`."""


@dataclass(frozen=True)
class Use:
    """What requests take: their number, the tokens that are sent, and those that are written."""

    requests: int = 0
    sent: int = 0
    written: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(self.requests + other.requests, self.sent + other.sent, self.written + other.written)

    def cost(self, price: Price) -> float:
        """What it costs."""
        return (self.sent * price.input + self.written * price.output) / 1e6

    def fits(self, budget: Budget, price: Price | None) -> bool:
        """Whether a budget covers it."""
        within = budget.requests is None or self.requests <= budget.requests
        within = within and (budget.tokens is None or self.sent + self.written <= budget.tokens)
        return within and (budget.cost is None or price is None or self.cost(price) <= budget.cost)


@dataclass(frozen=True)
class Answer:
    """What a model answered: a text, the bytes of a vector, or nothing where it refused; and why it ended
    (`stop`, `length`, `refused` …)."""

    value: str | bytes | None
    ended: str


@dataclass(frozen=True)
class Account:
    """Whose budget it is that a request is paid from."""

    name: str
    budget: Budget | None = None
    price: Price | None = None


class Answers(AbstractContextManager["Answers"]):
    """The answers in a folder, made if there are none. Any number of threads and processes may have it open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(folder / FILE, timeout=120, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing; a power cut the last answers
        self._database.executescript(TABLES)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()

    def find(self, digests: Sequence[str]) -> dict[str, Answer]:
        """The answers that there are, by digest."""
        found: dict[str, Answer] = {}
        for begin in range(0, len(digests), 500):
            some = digests[begin : begin + 500]
            asked = f"SELECT digest, value, ended FROM answers WHERE digest IN ({','.join('?' * len(some))})"
            with self._lock, closing(self._database.execute(asked, some)) as lines:
                found |= {digest: Answer(value, ended) for digest, value, ended in lines}
        return found

    def spent(self, account: str) -> Use:
        """What was spent of an account, without what is under way."""
        with self._lock, closing(self._database.execute("SELECT requests, sent, written FROM spent WHERE account = ?", [account])) as lines:
            line = lines.fetchone()
        return Use(*line) if line else Use()

    def begin(self, account: Account, digest: str, most: Use, seconds: float, stopped: Callable[[], bool]) -> int | None:
        """Set aside what a request may take at most; a number for `finish`, or None where the answer has come meanwhile.

        While others that are under way could leave room, or bring this very answer, it waits for them. `seconds`: after
        these nobody is waited for. Raises StepFailed where the budget does not cover it."""
        while not stopped():
            with self._writing():
                self._settle_the_dead()
                if self._one("SELECT 1 FROM answers WHERE digest = ?", digest):
                    return None
                twin = self._one("SELECT 1 FROM flights WHERE digest = ?", digest)
                if not twin and self._covered(account, most):
                    line = (account.name, digest, os.getpid(), time.time() + seconds, most.requests, most.sent, most.written)
                    sql = "INSERT INTO flights (account, digest, owner, until, requests, sent, written) VALUES (?, ?, ?, ?, ?, ?, ?)"
                    return self._database.execute(sql, line).lastrowid
                waiting = twin or self._one("SELECT 1 FROM flights WHERE account = ?", account.name)
            if not waiting:
                raise self._overdrawn(account, most)
            time.sleep(POLL)
        return None

    def finish(self, flight: int, use: Use, kept: Mapping[str, Answer]) -> None:
        """Settle what was set aside, and keep the answers. The first answer to a request is the one that counts."""
        with self._writing():
            line = self._one("DELETE FROM flights WHERE id = ? RETURNING account", flight)
            if line:  # else it was given up for lost, and paid for as the most that it could take
                self._pay(line[0], use)
            lines = [(digest, answer.value, answer.ended) for digest, answer in kept.items()]
            self._database.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", lines)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction of its own, that sees what all others have written."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise

    def _one(self, sql: str, *values: object) -> tuple[str, ...] | None:
        with closing(self._database.execute(sql, values)) as lines:
            found: tuple[str, ...] | None = lines.fetchone()
        return found

    def _pay(self, account: str, use: Use) -> None:
        sql = """INSERT INTO spent VALUES (?, ?, ?, ?) ON CONFLICT (account) DO UPDATE SET
            requests = requests + excluded.requests, sent = sent + excluded.sent, written = written + excluded.written"""
        self._database.execute(sql, (account, use.requests, use.sent, use.written))

    def _settle_the_dead(self) -> None:
        """What a process that is gone had under way may have been paid for: it counts as the most that it could take."""
        with closing(self._database.execute("SELECT id, owner, until, account, requests, sent, written FROM flights")) as lines:
            every = lines.fetchall()
        for flight, owner, until, account, *use in every:
            if until < time.time() or not _lives(owner):
                self._database.execute("DELETE FROM flights WHERE id = ?", [flight])
                self._pay(account, Use(*use))

    def _covered(self, account: Account, most: Use) -> bool:
        if account.budget is None:
            return True
        sql = """SELECT sum(requests), sum(sent), sum(written) FROM
            (SELECT account, requests, sent, written FROM spent UNION ALL SELECT account, requests, sent, written FROM flights) WHERE account = ?"""
        taken = Use(*(int(number or 0) for number in self._one(sql, account.name) or ()))
        return (taken + most).fits(account.budget, account.price)

    def _overdrawn(self, account: Account, most: Use) -> StepFailed:
        use, budget = self.spent(account.name), account.budget
        limits = budget.model_dump(exclude_none=True) if budget else {}
        cost = f", {use.cost(account.price):,.4g} of money" if account.price else ""
        return StepFailed(
            f"The budget is spent: {use.requests:,} requests with {use.sent:,} tokens sent and {use.written:,} written{cost}, over all runs; "
            f"the next may take {most.sent + most.written:,} tokens more.",
            accepted=f"The budget: {', '.join(f'{name} {value:,}' for name, value in limits.items())}.",
            remedy="Raise it and run again: every answer is kept, and what was answered is not asked again.",
        )


def _lives(process: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
