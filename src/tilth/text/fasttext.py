"""Languages by a fastText model that lies in a file, such as GlotLID (2,102 languages and scripts) or lid.176.

The model is given one line of words and tells its most probable label (Joulin et al. 2017, arXiv 1607.01759); the
label's language is `code_of(label)`, and its probability the confidence.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.errors import AskedWrong, Missing, NotThere
from tilth.text.iso639 import code_of
from tilth.text.normalise import LINE_END, replaced

try:
    import fasttext
except ImportError:
    fasttext = None


def detector(path: str) -> str:
    """What is known of the model in a file: the digest of its bytes. Raises NotThere, or Missing without the package."""
    return f"fastText {_digest(path, *_stamp(path))}"


def load(path: str) -> Any:
    """The model in a file, read once in a process. Raises NotThere, Missing, or AskedWrong for a file of another kind."""
    return _load(path, *_stamp(path))


def judge(path: str, looked_at: pa.LargeStringArray) -> tuple[list[str | None], npt.NDArray[np.float64]]:
    """The language of each text and its probability; None where no word or piece of it is in the model."""
    model = load(path)
    try:
        told = [model.predict(line) for line in replaced(looked_at, f"[{LINE_END}]", " ").to_pylist()]
    except ValueError as error:
        raise _no_classifier(path, error) from error
    codes = [code_of(labels[0]) if labels else None for labels, _ in told]
    return codes, np.array([min(1.0, float(chances[0])) if labels else 0.0 for labels, chances in told])


def labels(path: str) -> list[str]:
    """The labels of the model in a file, in the order of the alphabet. Raises NotThere, Missing or AskedWrong."""
    return sorted(_chances(path, ""))


def probabilities(path: str, label: str, texts: pa.LargeStringArray) -> npt.NDArray[np.float64]:
    """The probability of a label for each text, which has no null; 0 where no word or piece of it is in the model."""
    lines = replaced(texts, f"[{LINE_END}]", " ").to_pylist()
    return np.array([min(1.0, _chances(path, line).get(label, 0.0)) for line in lines], np.float64)


def _chances(path: str, line: str) -> dict[str, float]:
    """The probability of each label for a line."""
    try:
        names, chances = load(path).predict(line, k=-1)
    except ValueError as error:
        raise _no_classifier(path, error) from error
    return {name.removeprefix("__label__"): float(chance) for name, chance in zip(names, chances, strict=True)}


def _stamp(path: str) -> tuple[int, int]:
    if fasttext is None:
        raise Missing("A `model` file needs the package `fasttext-predict`, which is not installed.", remedy='Type: pip install "tilth[language]"')
    try:
        told = os.stat(path)
    except OSError as error:
        accepted = "A path that is not absolute begins at the folder in which Tilth is called."
        raise NotThere(f"The model cannot be read: {error.strerror}.", where=path, accepted=accepted) from error
    return told.st_size, told.st_mtime_ns


@cache
def _digest(path: str, size: int, changed: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()


@cache
def _load(path: str, size: int, changed: int) -> Any:
    try:
        return fasttext.load_model(path)
    except (ValueError, MemoryError) as error:
        raise _no_classifier(path, error) from error


def _no_classifier(path: str, error: Exception) -> AskedWrong:
    return AskedWrong(
        "This is no fastText model that tells languages or other labels.",
        where=path,
        accepted=f"It takes the `.bin` or `.ftz` file of a supervised model. ({str(error).strip() or type(error).__name__})",
    )
