"""What texts mean, as vectors: by a static model, a sentence encoder, or an endpoint, whichever a folder holds.

- *Static* (model2vec; Sentence Transformers' StaticEmbedding): the mean of the vectors of a text's tokens.
- *Sentence* (any folder of Sentence Transformers, or a plain encoder of Transformers, pooled by the mean).
- *Endpoint* (`endpoint.json`): OpenAI's `/embeddings`; every answer is kept.

A text's vector depends on the text alone, and not on what it is encoded with or how many at once. A static model gives
the same on any machine; a sentence encoder on the same machine and version of PyTorch; an endpoint once, and then what
was kept. Reading this module loads neither PyTorch nor a tokenizer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tilth.errors import Missing
from tilth.model.answers import Account
from tilth.model.asking import desk, vectors
from tilth.model.endpoint import Endpoint, read_endpoint
from tilth.model.extra import encoding_packages

Embeddings = npt.NDArray[np.float32]
"""A line for each text."""


class Encoder(Protocol):
    """Texts to vectors."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What it is, for the report; `dimensions` among it, unless it must be asked for that."""

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """The vector of each text, of any length; zeros where the model knows nothing of it."""


@lru_cache(maxsize=2)
def encoder(folder: Path, answers: Path) -> Encoder:
    """What encodes texts by the model in a folder, loaded once; `answers`: where an endpoint's are kept.

    Raises: Missing where the folder holds no such model, or a package is not installed; AskedWrong for parts that are
    not known."""
    endpoint = read_endpoint(folder)
    if endpoint is not None:
        return _EndpointEncoder(endpoint, answers)
    parts = parts_of(folder)
    with encoding_packages():
        from tilth.model.encoders import made

        return made(folder, parts)


def dimensions(folder: Path, answers: Path) -> int:
    """How many numbers a vector has. Asks an endpoint for one."""
    found = encoder(folder, answers)
    return int(found.facts.get("dimensions") or found.encode(["dimensions"]).shape[1])


def parts_of(folder: Path) -> list[tuple[str, Path]]:
    """The parts of an encoder, in order: what each is (`Transformer`, `Pooling`, `Normalize`, `Dense`, `StaticEmbedding`)
    and where it lies. Raises Missing where the folder holds none."""
    listed = folder / "modules.json"
    if listed.is_file():
        return [(str(part["type"]).rpartition(".")[2], folder / part["path"]) for part in json.loads(listed.read_text("utf-8"))]
    config = read_settings(folder / "config.json")
    if not config:
        raise Missing(
            "This folder holds no model that encodes texts.",
            where=str(folder),
            accepted="It takes a folder of Sentence Transformers (`modules.json`), of model2vec, or of a Transformers encoder (`config.json`).",
        )
    static = config.get("model_type") == "model2vec" or "StaticModel" in (config.get("architectures") or ())
    return [("StaticEmbedding", folder)] if static else [("Transformer", folder), ("Pooling", folder / "1_Pooling")]


def read_settings(file: Path) -> dict[str, Any]:
    """The settings in a JSON file; none where there is no such file."""
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


class _EndpointEncoder:
    """An endpoint that encodes texts."""

    def __init__(self, endpoint: Endpoint, answers: Path) -> None:
        endpoint.secret()
        self._endpoint, self._answers = endpoint, answers
        self.facts: Mapping[str, Any] = {"kind": "endpoint", "endpoint": endpoint.endpoint, "name": endpoint.name}

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """The endpoint's vectors; what was asked before is not asked again."""
        return vectors(desk(self._endpoint), self._answers, texts, Account(f"embeddings {self._endpoint.name}", price=self._endpoint.price))
