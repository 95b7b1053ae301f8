"""The command: `tilth VERB …`. Errors are printed as one paragraph, and their kind is the exit code."""

from __future__ import annotations

import os
import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from tilth.cli.demo import demo
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
from tilth.cli.why import why
from tilth.errors import TilthError

app = typer.Typer(
    name="tilth",
    help="From raw text to a language model of your own; every row accounted for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help"]},
)
for verb in (run, plan, look, why, report, runs, steps, schema, doctor, init, demo, sweep, verify):
    app.command(no_args_is_help=False)(verb)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tilth {version('tilth')}")
        raise typer.Exit


@app.callback()
def _root(version_: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """From raw text to a language model of your own; every row accounted for."""


def main() -> None:
    """Run the command and leave with its exit code: 0 done, 1 a step failed, 2 asked wrong, 3 the data
    was refused, 4 something is missing, 130 interrupted."""
    try:
        app()
    except TilthError as error:
        _end(str(error), error.exit_code)
    except KeyboardInterrupt:
        _end("Interrupted. What was committed stays; the same command goes on from there.", 130)
    except BrokenPipeError:
        # The reader of our output has gone (`tilth … | head`): there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


def _end(words: str, code: int) -> None:
    if "--debug" in sys.argv:
        traceback.print_exc()
    sys.stderr.write(f"\n{words}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
