"""Everything that can go wrong, seen from the user's side.

    TilthError
    ├── AskedWrong           exit 2: what was asked cannot be
    │   ├── UsageError           the command line
    │   ├── RecipeError          the recipe, with file and line; may carry several findings
    │   └── NotThere             a file, column, run or row that was named does not exist
    ├── StepFailed           exit 1: a step broke while it worked
    │   ├── WorkerDied           a worker process was killed, most often for memory
    │   ├── DiskFull             the disk filled up; what was committed stays
    │   └── Diverged             training met a loss that is not a number
    ├── DataRefused          exit 3: the data does not hold what the run promises
    │   ├── BooksDoNotBalance    a row went missing or came twice
    │   ├── TooManyBadRecords    more of the input is unreadable than the recipe allows
    │   ├── NothingLeft          no row is left to go on with
    │   └── StoreDamaged         stored bytes are not what was stored
    │       └── RowsLetGo            rows between steps are needed that `keep_rows: false` let go
    ├── Missing              exit 4: an extra, a credential or a model is needed
    └── StoreBusy            exit 1: another process holds the store

An error has four parts, each a short sentence or nothing: where it is, what was found, what is
accepted there, and what to do about it. Printed, it is one paragraph and never a traceback.
"""

from __future__ import annotations


class TilthError(Exception):
    """The root: `where`, `found`, `accepted`, `remedy`, and the exit code of the command."""

    exit_code = 1

    def __init__(self, found: str, *, where: str = "", accepted: str = "", remedy: str = "") -> None:
        super().__init__(found, where, accepted, remedy)
        self.found, self.where, self.accepted, self.remedy = found, where, accepted, remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross from worker processes to the one that prints them, keeping every part."""
        return _rebuild, (type(self), self.found, self.where, self.accepted, self.remedy)

    def __str__(self) -> str:
        said = " ".join(part for part in (self.found, self.accepted, self.remedy) if part)
        return f"{self.where}\n  {said}" if self.where else said


def _rebuild(kind: type[TilthError], found: str, where: str, accepted: str, remedy: str) -> TilthError:
    return kind(found, where=where, accepted=accepted, remedy=remedy)


class AskedWrong(TilthError):
    """What was asked cannot be: usage, recipe, or a thing named that is not there."""

    exit_code = 2


class UsageError(AskedWrong):
    """The command line asks for something that does not exist."""


class RecipeError(AskedWrong):
    """The recipe asks for something that cannot be. Several findings are shown one after another."""

    @classmethod
    def of(cls, findings: list[RecipeError]) -> RecipeError:
        """One error to raise for all findings, in the order of the file."""
        if len(findings) == 1:
            return findings[0]
        return cls("\n".join(str(finding) for finding in findings))


class NotThere(AskedWrong):
    """A file, column, run, dataset or row that was named does not exist."""


class StepFailed(TilthError):
    """A step broke while it worked."""


class WorkerDied(StepFailed):
    """A worker process ended without an answer, most often because memory ran out."""


class DiskFull(StepFailed):
    """The disk filled up. Committed work stays; half-made work is removed by the next run."""


class Diverged(StepFailed):
    """Training met a loss or gradient that is not a finite number."""


class DataRefused(TilthError):
    """The data does not hold what the run promises."""

    exit_code = 3


class BooksDoNotBalance(DataRefused):
    """A row that entered a step is in none, or in more than one, of kept, dropped, quarantined."""


class TooManyBadRecords(DataRefused):
    """A larger share of the input is unreadable than `bad_records: {at_most: …}` allows."""


class NothingLeft(DataRefused):
    """No row is left for a step that needs some."""


class StoreDamaged(DataRefused):
    """Stored bytes are not what was stored."""


class RowsLetGo(StoreDamaged):
    """Rows between steps are needed again, and `machine: {keep_rows: false}` let them go."""


class Missing(TilthError):
    """Something needed is not here: an extra, a credential, a model."""

    exit_code = 4


class StoreBusy(TilthError):
    """Another process holds the store."""
