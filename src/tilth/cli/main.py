"""The command: `tilth VERB …`. Errors are printed as one paragraph, and their kind is the exit code."""

from __future__ import annotations

import signal
import sys
import traceback
from importlib.metadata import version
from types import FrameType
from typing import Annotated

import typer

from tilth.cli.demo import demo
from tilth.cli.diff import diff
from tilth.cli.doctor import doctor
from tilth.cli.init import init
from tilth.cli.look import look
from tilth.cli.plan import plan
from tilth.cli.report import report
from tilth.cli.run import run
from tilth.cli.runs import runs
from tilth.cli.schema import schema
from tilth.cli.steps import steps
from tilth.cli.sweep import sweep
from tilth.cli.verify import verify
from tilth.cli.what_if import what_if
from tilth.cli.why import why
from tilth.errors import TilthError
from tilth.report.harmless import visible

app = typer.Typer(
    name="tilth",
    help="From raw text to a language model of your own; every row accounted for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help"]},
)
for verb in (run, plan, look, why, what_if, diff, report, runs, steps, schema, doctor, init, demo, sweep, verify):
    app.command(no_args_is_help=False)(verb)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tilth {version('tilth')}")
        raise typer.Exit


@app.callback()
def _root(version_: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """From raw text to a language model of your own; every row accounted for."""


class Stopped(BaseException):
    """Somebody pressed Ctrl-C, or told the process to end. Not a KeyboardInterrupt: Typer would leave in silence."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main() -> None:
    """Run the command and leave with its exit code: 0 done, 1 a step failed, 2 asked wrong, 3 the data
    was refused, 4 something is missing, 130 interrupted, 143 told to end."""
    before = {number: signal.signal(number, _stop) for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN}
    try:
        app()
    except TilthError as error:
        _end(str(error), error.exit_code)
    except Stopped as stopped:
        _end(f"{STOPS[stopped.number]}. What was committed stays; the same command goes on from there.", 128 + stopped.number)
    except SystemExit as left:
        # The reader of our output has gone (`tilth … | head`): there is nobody to tell. Typer says 1.
        sys.exit(141 if isinstance(left.__context__, BrokenPipeError) else left.code)
    except OSError as error:
        _end(f"{error.filename or 'tilth'}\n  {error.strerror or error}.", 1)
    finally:
        for number, answer in before.items():
            signal.signal(number, answer)


STOPS: dict[int, str] = {signal.SIGINT: "Interrupted", signal.SIGTERM: "Told to end"}
"""The signals that end a command in order, and what is said then."""


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(number)


def _end(words: str, code: int) -> None:
    """Leave with these words. A file or column named in them may hold what moves a terminal's cursor: it is written out."""
    if "--debug" in sys.argv:
        words = f"{traceback.format_exc()}\n{words}"
    if sys.stderr is not None:
        sys.stderr.write(f"\n{visible(words, len(words))}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
