"""How probable a label is of a text, by a classifier that lies in a folder: fastText's, or one of Transformers.

A folder with `config.json` is loaded as a sequence classifier of Transformers; one with a single `.bin` or `.ftz` file is
fastText's, and so is such a file itself. A score is the probability of the label; of a model with several labels that do not exclude each
other, of this one alone; and of a model with one output (such as one that gives marks), the output itself. To four
decimals, scores do not depend on which texts are scored together. Reading this module loads neither PyTorch nor fastText.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tilth.errors import AskedWrong, Missing
from tilth.model.adapter import base_of, read_note
from tilth.model.extra import training_packages

DECIMALS = 4
"""To so many, scores agree however many texts are scored at once."""

Scores = npt.NDArray[np.float64]


class Classifier(Protocol):
    """Texts to the probabilities of labels."""

    labels: Sequence[str]
    """The labels, in the order of the outputs."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What it is, for the report."""

    def scores(self, texts: Sequence[str], label: str) -> Scores:
        """The score of a label for each text."""


def is_transformers(folder: Path) -> bool:
    """Whether a folder holds a model of Transformers, with an adapter or without."""
    return (base_of(folder) / "config.json").is_file()


def fasttext_file(place: Path) -> Path:
    """The file of a fastText model, which is the place itself or lies in it. Raises Missing where there is none, or several."""
    found = [place] if place.is_file() else sorted((*place.glob("*.bin"), *place.glob("*.ftz")))
    if len(found) != 1:
        raise Missing(
            f"This folder holds {'several models' if found else 'no classifier'}.",
            where=str(place),
            accepted="It takes a folder of Transformers (`config.json`), or one with a single `.bin` or `.ftz` file of fastText.",
        )
    return found[0]


@lru_cache(maxsize=2)
def classifier(folder: Path, length: int) -> Classifier:
    """The Transformers classifier in a folder, loaded once, that reads so many tokens of a text. Raises Missing where a package
    or a file is not there."""
    with training_packages():
        from tilth.model.text_classifier import TextClassifier
    return TextClassifier(folder, length)


def labels_of(folder: Path) -> list[str]:
    """The labels of a Transformers classifier, in order, as its configuration names them, or its adapter's note. Raises AskedWrong
    for another model."""
    noted = read_note(folder).get("labels")
    if noted:
        return [str(label) for label in noted]
    config = json.loads((base_of(folder) / "config.json").read_text("utf-8"))
    named = config.get("id2label") or {}
    made = [one for one in config.get("architectures") or () if not one.endswith("ForSequenceClassification")]
    if made:
        raise AskedWrong(f"This model is a {made[0]}, and does not classify texts.", where=str(folder), accepted="It takes one that does.")
    count = len(named) or int(config.get("num_labels", 2))
    return [str(named.get(str(number), f"LABEL_{number}")) for number in range(count)]


def chosen(label: str | None, labels: Sequence[str], place: Path) -> str:
    """The label that is asked for; where none is, the only one there is. Raises AskedWrong."""
    found = labels[0] if label is None and len(labels) == 1 else label
    if found is None or found not in labels:
        raise AskedWrong(
            f"The model has no label `{label}`." if label is not None else "The model has several labels, and none is asked for.",
            where=str(place),
            accepted=f"Labels: {', '.join(labels[:20])}{' …' if len(labels) > 20 else ''}.",
            remedy="Name it in `label`.",
        )
    return found
