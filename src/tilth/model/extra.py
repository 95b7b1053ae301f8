"""What is missing when an extra was not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tilth.errors import Missing

TRAIN = ("torch", "transformers", "tokenizers", "accelerate", "safetensors")
"""The packages of the extra `train`."""


@contextmanager
def training_packages() -> Iterator[None]:
    """Import what needs the extra `train` inside this block.

    Raises: Missing, with the line to type, when one of its packages is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in TRAIN:
            raise
        raise Missing(f"The package `{package}` is not installed.", remedy='Type: pip install "tilth[train]"') from error
