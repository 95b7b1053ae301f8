"""Folders of models that cannot be opened, or hold less than their configuration says: told in one line, with the folder.

Transformers gives weights that a folder does not hold fresh numbers and a warning. A model with a layer of chance is not the model that
was asked for, so here that is refused; only what a new task needs, a classifier's head, may be fresh.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from tilth.errors import AskedWrong, Missing, TilthError
from tilth.model.device import out_of_memory

POOLER = ".pooler."
"""The part of an encoder's body that belongs to a head: models that were trained to fill in words come without it."""


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """What libraries raise in this block about the folder's files is raised as Missing, with the folder and their first line."""
    try:
        yield
    except TilthError:
        raise
    except Exception as error:  # noqa: BLE001 — tokenizers raises nothing narrower for a file that it cannot read
        if isinstance(error, RuntimeError) and out_of_memory(error):
            raise
        if not folder.is_dir():
            raise Missing("There is no such folder.", where=str(folder), remedy="Put it back, or name another model.") from error
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise Missing(
            f"The files of this folder cannot be read: {said.rstrip('.:')}.",
            where=str(folder),
            remedy="Copy the folder anew, or name another model.",
        ) from error


def backend(tokenizer: Any, folder: Path) -> Any:
    """The tokenizer's own of the library tokenizers. Raises AskedWrong for one in Python, which cannot tell where its tokens stand in a text."""
    if not tokenizer.is_fast:
        raise AskedWrong(
            f"The tokenizer is a `{type(tokenizer).__name__}`, which has no `tokenizer.json`.",
            where=str(folder),
            accepted="A tokenizer is one of the library tokenizers, which tells where each token stands in a text.",
            remedy="Name another model.",
        )
    return tokenizer.backend_tokenizer


def fresh_modules(folder: Path, found: PreTrainedModel, told: Mapping[str, Any], *, headless: bool) -> list[str]:
    """The modules whose weights the folder does not hold in their shape, by name. `headless`: a head may be among them.

    Raises Missing where others are."""
    shapes = {name: f" ({tuple(stored)} in the folder, {tuple(wanted)} by its configuration)" for name, stored, wanted in told["mismatched_keys"]}
    names = sorted({*told["missing_keys"], *shapes})
    body = f"{found.base_model_prefix}."
    lost = [name for name in names if not headless or (name.startswith(body) and POOLER not in name)]
    if lost:
        listed = "; ".join(f"{name}{shapes.get(name, '')}" for name in lost[:3])
        raise Missing(
            f"The folder does not hold {len(lost):,} of the weights that its configuration names: {listed}{'; …' if len(lost) > 3 else ''}.",
            where=str(folder),
            remedy="Copy the folder anew: `config.json` and the weights are not of one model.",
        )
    return sorted({name.rpartition(".")[0] for name in names})
