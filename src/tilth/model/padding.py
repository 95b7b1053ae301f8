"""Texts in groups of a fixed shape, so that a network multiplies a text by the same kernels whatever else goes through it.

Each text is filled up to the next multiple of 16 tokens, and a group to its number of texts; filling up by length also
wastes little.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FILLED = 16
"""Texts are filled up to a multiple of so many tokens."""

UNLIMITED = 1 << 30
"""The places of a model that has no limit, such as one with ALiBi or a state."""

Group = tuple[list[int], int, int]
"""The numbers of its texts, how many texts it has with those that fill it up, and how many tokens wide it is."""

Ids = npt.NDArray[np.int64]


def groups(lengths: Sequence[int], at_once: int, most: int) -> Iterator[Group]:
    """Texts of so many tokens in groups of about `at_once` tokens, the shorter ones first. No text has more than `most` tokens."""
    shapes: defaultdict[int, list[int]] = defaultdict(list)
    for number, length in enumerate(lengths):
        shapes[-(-max(1, length) // FILLED) * FILLED].append(number)
    for width, numbers in sorted(shapes.items()):
        size = max(1, at_once // width)
        for begin in range(0, len(numbers), size):
            yield numbers[begin : begin + size], size, min(width, max(most, 1))


def filled(some: Sequence[Sequence[int]], size: int, width: int, filling: int) -> tuple[Ids, Ids]:
    """The tokens of a group's texts, `size` × `width`, and 1 where no filling stands (of an empty text at its first place). The
    texts come again until there are enough."""
    ids, there = np.full((size, width), filling, np.int64), np.zeros((size, width), np.int64)
    for row in range(size):
        given = some[row % len(some)]
        ids[row, : len(given)], there[row, : max(1, len(given))] = given, 1
    return ids, there


def fill_with(network: Any, filling: int) -> None:
    """Tell a network what it is filled up with. A decoder that judges texts looks for its last token before that, and takes a filling one
    for it where its configuration names another; an encoder has a mask, and RoBERTa counts positions by the token that it was made with."""
    network.config.pad_token_id = network.config.get_text_config().pad_token_id = filling


def positions(config: Any) -> int:
    """The most tokens that a model can place; where its configuration does not say, no limit. RoBERTa's first two are not for tokens."""
    told = config.to_dict().get("max_position_embeddings")
    if not told:
        return UNLIMITED
    return int(told) - (config.pad_token_id + 1 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0)
