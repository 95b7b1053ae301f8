"""What `tilth init` writes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tilth.cli.keys import example
from tilth.errors import UsageError
from tilth.store.objects import disk_error

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
    """The folder, the files that were written, and those that were there already."""

    folder: Path
    written: list[str]
    kept: list[str]


def begin(folder: Path) -> Begun:
    """Write what is not there yet. Raises UsageError for a place that cannot be written."""
    texts = {"recipe.yaml": RECIPE.format(name=_name(folder)), ".env.example": example(), ".gitignore": IGNORED}
    begun = Begun(folder, [], [])
    if folder.exists() and not folder.is_dir():
        raise UsageError("This is a file.", where=str(folder), accepted="A folder, which is made if it is not there.")
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


def _name(folder: Path) -> str:
    """The folder's name as the name of a recipe."""
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "mine"


def as_json(begun: Begun) -> str:
    """The one object that `--json` prints."""
    return json.dumps({"folder": str(begun.folder), "written": begun.written, "kept": begun.kept})


def as_words(begun: Begun) -> str:
    """What was written, and what to do next."""
    lines = [f"wrote  {begun.folder / name}" for name in begun.written] + [f"kept   {begun.folder / name}, which was there" for name in begun.kept]
    go = "" if begun.folder.resolve() == Path.cwd() else f"cd {begun.folder}, "
    return "\n".join([*lines, f"Next: {go}name your files in recipe.yaml, and type `tilth plan recipe.yaml`."])
