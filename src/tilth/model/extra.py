"""What is missing when an extra was not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from logging import ERROR, getLogger

from tilth.errors import Missing

TRAIN = ("torch", "transformers", "tokenizers", "accelerate", "safetensors", "peft")
"""The packages of the extra `train`."""

SEMANTIC = ("tokenizers", "safetensors")
"""The packages of the extra `semantic`."""

TRACK = ("tensorboard", "wandb", "mlflow", "trackio")
"""The packages of the extra `track`."""


@contextmanager
def training_packages() -> Iterator[None]:
    """Import what needs the extra `train` inside this block. bitsandbytes, which that brings along where it is installed, says on
    stderr that it would like another package; here it does not.

    Raises: Missing, with the line to type, when one of its packages is not installed.
    """
    logger = getLogger("bitsandbytes")
    level = logger.level
    logger.setLevel(ERROR)
    try:
        with _packages(TRAIN, "train"):
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def encoding_packages() -> Iterator[None]:
    """Import what needs the extra `semantic` inside this block.

    Raises: Missing, with the line to type, when one of its packages is not installed.
    """
    with _packages(SEMANTIC, "semantic"):
        yield


@contextmanager
def tracking_packages() -> Iterator[None]:
    """Import a tracker inside this block.

    Raises: Missing, with the line to type, when its package is not installed.
    """
    with _packages(TRACK, "track"):
        yield


@contextmanager
def _packages(names: tuple[str, ...], extra: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in names:
            raise
        raise Missing(f"The package `{package}` is not installed.", remedy=f'Type: pip install "tilth[{extra}]"') from error
