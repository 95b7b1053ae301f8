"""What `tilth init` writes."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.cli.keys import example
from tilth.cli.looking import Wanted, seen, silent, tell
from tilth.cli.suggesting import suggested
from tilth.errors import UsageError
from tilth.execute.sample import files_at
from tilth.store.objects import disk_error
from tilth.survey.suggest import Suggestion

RECIPE = """\
# What is wanted. `tilth plan recipe.yaml` checks it and says what it would take; `tilth run recipe.yaml` does it.
# `tilth steps` lists all steps, `tilth steps filter.quality` tells all about one.
name: {name}
seed: 1                                        # every random choice depends on it, and on nothing else

data:
  docs:
    - source.files: {{path: "data/*.jsonl"}}     # or .csv, .parquet, .txt, .md …; the column `text` is what is learned
    # - source.files: {{path: "data/*.csv", text: description}}    # when it has another name
    - clean.unicode: {{form: NFC}}               # steps of `clean` edit and never drop
    - clean.whitespace
    - filter.length: {{characters: {{at_least: 20}}}}    # steps of `filter` drop and never edit
    # - filter.where: price >= 1 and price < 1000       # any SQL condition on the columns
    - dedup.exact                              # of equal texts the first stays
    - split.random: {{validation: 0.05, test: 0.05}}    # docs.validation, docs.test; the rest is docs.train

# A small model of your own; needs: pip install "tilth[train]"
# models:
#   words: {{train.tokenizer: {{data: docs.train, algorithm: bpe, vocab_size: 4096}}}}
#   base:
#     train.pretrain:
#       data: docs.train
#       validation: docs.validation
#       tokenizer: words
#       architecture: {{type: llama, layers: 4, width: 192, heads: 6, context: 256}}
#       steps: 300
# scores:
#   held_out: {{evaluate.perplexity: {{models: [base], data: docs.test}}}}

machine: {{workers: 2}}                          # how it is done; the result does not depend on it
"""

IGNORED = ".tilth/\nruns/\n.env\n"
"""What is made, and what is secret."""


@dataclass(frozen=True)
class Begun:
    """The folder, the files that were written, and those that were there already; the data that a recipe was wanted
    for, and the one that was suggested."""

    folder: Path
    written: list[str]
    kept: list[str]
    data: str | None = None
    suggestion: Suggestion | None = None


def begin(folder: Path, data: str | None = None, quiet: bool = True) -> Begun:
    """Write what is not there yet; the recipe for `data`, where that is named, unless there is one.

    Raises UsageError for a place that cannot be written or data without rows, NotThere where there is no data."""
    if folder.exists() and not folder.is_dir():
        raise UsageError("This is a file.", where=str(folder), accepted="A folder, which is made if it is not there.")
    wanted = data is not None and not (folder / "recipe.yaml").exists()
    suggestion = _suggestion(data, folder, quiet) if data is not None and wanted else None
    recipe = RECIPE.format(name=_name(folder)) if suggestion is None else suggestion.recipe
    texts = {"recipe.yaml": recipe, ".env.example": example(), ".gitignore": IGNORED}
    begun = Begun(folder, [], [], data, suggestion)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            if (folder / name).exists():
                begun.kept.append(name)
            else:
                (folder / name).write_text(text, "utf-8")
                begun.written.append(name)
    except OSError as error:
        raise disk_error(error, folder) from error
    return begun


def _suggestion(data: str, folder: Path, quiet: bool) -> Suggestion:
    """The recipe for files. Raises NotThere where there are none, UsageError where they hold no rows."""
    files_at(data)  # a run is no file, and is refused here
    survey = seen(data, Wanted(rows=range(0), tell=silent if quiet else tell)).survey
    if not survey.reach.rows:
        raise UsageError("There are no rows in it.", where=data, accepted="Data with some rows, from which a recipe can be told.")
    return suggested(survey, data, folder)


def _name(folder: Path) -> str:
    """The folder's name as the name of a recipe."""
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "mine"


def as_json(begun: Begun) -> str:
    """The one object that `--json` prints."""
    told: dict[str, Any] = {"folder": str(begun.folder), "written": begun.written, "kept": begun.kept}
    if begun.suggestion is not None:
        told |= {"recipe": begun.suggestion.recipe, "reasons": [{"step": step, "why": why} for step, why in begun.suggestion.reasons]}
    return json.dumps(told)


def as_words(begun: Begun) -> str:
    """What was written, and what to do next."""
    lines = [f"wrote  {begun.folder / name}" for name in begun.written] + [f"kept   {begun.folder / name}, which was there" for name in begun.kept]
    go = "" if begun.folder.resolve() == Path.cwd() else f"cd {begun.folder}, "
    if begun.suggestion is not None:
        todo = "read the reasons in recipe.yaml, and type `tilth plan recipe.yaml`."
    elif begun.data is not None:
        return "\n".join([*lines, f"No recipe was written for the data, for there is one. Next: tilth init FOLDER --from {shlex.quote(begun.data)}"])
    else:
        todo = "name your files in recipe.yaml, and type `tilth plan recipe.yaml`."
    return "\n".join([*lines, f"Next: {go}{todo}"])
