"""Attention of packed lines, block by block: each example by itself, so that no score of two examples is computed and no mask is held.

With a mask, as Transformers' `sdpa` has it, a line of n tokens costs n² scores a head, however short its examples are, the mask of n²
numbers is made and kept for each layer (PyTorch turns true and false into numbers at every call), and the fast causal kernels are out
of reach. Here the examples of a batch are gathered into groups of like length, filled up at the right, where a causal
kernel does not see it, and what comes out is put back in its place.

Which tokens see which is asked of Transformers: its own mask is made once a pass and compared, and where it is anything but causal blocks
(a sliding window, a prefix that sees both ways) that mask is used.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.weak import WeakTensorKeyDictionary
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

P = ParamSpec("P")

NAME, FORETOLD = "tilth_blocks", "tilth_blocks_foretold"
"""What Transformers calls this way of attention here, and the one without content."""

LIKE = 0.75
"""No example of a group is shorter than this share of the longest: what is filled up costs at most a third more rows."""


UNLIKE = {4: (1e-4, 1e-4), 2: (0.01, 0.05)}
"""By the bytes of a number: by what share of the largest logit those of a row may differ behind two neighbours, and from those that it has
alone. Sums are in another order there, and experts are given other tokens to work on together: 5e-7 at most in fp32, for 35 families. Fifteen that
let rows see each other differed by 8e-4 and more with fresh weights."""


@dataclass(frozen=True)
class Blocks:
    """Where the examples of lines lie. `shapes`: examples and length of each group; `places`: the token that stands at each place of all
    groups, one after the other; `back`: the place of each token. Tokens are numbered through the lines of the batch."""

    shapes: tuple[tuple[int, int], ...]
    places: Tensor
    back: Tensor


def blocks(lengths: npt.NDArray[np.int64], device: torch.device) -> Blocks:
    """The groups of examples of these lengths, which follow one another without a gap."""
    starts = np.cumsum(lengths) - lengths
    order = np.argsort(-lengths, kind="stable")
    shapes, places, back = [], [], np.empty(int(lengths.sum()), np.int64)
    first, at = 0, 0
    while first < len(order):
        longest = int(lengths[order[first]])
        many = int(np.searchsorted(-lengths[order[first:]], -LIKE * longest, side="right"))
        group = order[first : first + many]
        steps = np.arange(longest)
        inside = steps < lengths[group][:, None]
        tokens = np.where(inside, starts[group][:, None] + steps, starts[group][:, None])
        back[tokens[inside]] = at + np.flatnonzero(inside)
        shapes.append((many, longest))
        places.append(tokens.ravel())
        first, at = first + many, at + many * longest
    return Blocks(tuple(shapes), torch.from_numpy(np.concatenate(places)).to(device), torch.from_numpy(back).to(device))


_KNOWN: Any = WeakTensorKeyDictionary()
"""The blocks of each mask that stands for them: layers are given the mask, also when activations are computed again."""


def _masks(theirs: Callable[P, Tensor | None]) -> Callable[P, Tensor | None]:
    """Masks as Transformers makes them, but for a stand-in where one says causal blocks."""

    def masked(*given: P.args, **settings: P.kwargs) -> Tensor | None:
        made = theirs(*given, **settings)
        if made is None or made.shape[-2] != made.shape[-1]:
            return made
        seen = made[:, 0]
        sees_before = torch.diagonal(seen, offset=-1, dim1=1, dim2=2)
        begins = torch.cat([torch.ones_like(seen[:, :1, 0]), ~sees_before], 1)
        number = begins.cumsum(1)
        blocks_alone = (number[:, :, None] == number[:, None, :]).tril_()
        if not torch.equal(blocks_alone, seen):
            return made
        return stand_in(np.flatnonzero(begins.flatten().cpu().numpy()), begins.numel(), made.device)

    return masked


def stand_in(starts: npt.NDArray[np.int64], tokens: int, device: torch.device) -> Tensor:
    """A mask that says nothing itself, and is known to stand for the blocks that begin at these of so many tokens."""
    mask = torch.ones((1, 1, 1, 1), dtype=torch.bool, device=device)
    _KNOWN[mask] = blocks(np.diff(np.append(starts, tokens)), device)
    return mask


def foretold(lengths: npt.NDArray[np.int64]) -> str:
    """The name of a way of attention for networks without content: block by block, for lines of examples of these lengths."""

    def masked(*_: Any, device: torch.device, **__: Any) -> Tensor:
        mask = torch.ones((1, 1, 1, 1), dtype=torch.bool, device=device)
        shapes = blocks(lengths, torch.device("cpu")).shapes
        places = torch.empty(sum(many * longest for many, longest in shapes), dtype=torch.int64, device=device)
        _KNOWN[mask] = Blocks(shapes, places, torch.empty(int(lengths.sum()), dtype=torch.int64, device=device))
        return mask

    AttentionInterface.register(FORETOLD, _attends(sdpa_attention_forward))
    AttentionMaskInterface.register(FORETOLD, masked)
    return FORETOLD


def _attends(theirs: Callable[P, tuple[Tensor, None]]) -> Callable[P, tuple[Tensor, None]]:
    """Attention of a layer as Transformers has it, but for masks that stand for blocks."""
    signature = inspect.signature(theirs)

    def attend(*given: P.args, **settings: P.kwargs) -> tuple[Tensor, None]:
        named = signature.bind(*given, **settings).arguments
        mask = named["attention_mask"]
        known: Blocks | None = None if mask is None else _KNOWN.get(mask)
        if known is None:
            return theirs(*given, **settings)
        way = {"dropout_p": named.get("dropout", 0.0), "scale": named.get("scaling")}
        return _by_blocks((named["query"], named["key"], named["value"]), known, way), None

    return attend


def _by_blocks(asked: tuple[Tensor, Tensor, Tensor], known: Blocks, way: dict[str, Any]) -> Tensor:
    """Query, key and value are lines × heads × tokens × width of a head; what comes out is lines × tokens × heads × width."""
    lines, heads, tokens, width = asked[0].shape
    groups = zip(*(_grouped(one, known) for one in asked), strict=True)
    found = [_alone(group, heads, way) for group in groups]
    flat = torch.cat([one.transpose(1, 2).reshape(-1, heads, width) for one in found])
    return flat.index_select(0, known.back).view(lines, tokens, heads, width)


def _grouped(one: Tensor, known: Blocks) -> Iterator[Tensor]:
    """The tokens of each group, examples × heads × length × width."""
    lines, heads, tokens, width = one.shape
    flat = one.transpose(1, 2).reshape(lines * tokens, heads, width)
    moved = _Gathered.apply(flat, known.places, known.back)  # type: ignore[no-untyped-call]
    parts = torch.split(moved, [many * longest for many, longest in known.shapes])
    for part, (many, longest) in zip(parts, known.shapes, strict=True):
        yield part.view(many, longest, heads, width).transpose(1, 2)


def _alone(group: tuple[Tensor, Tensor, Tensor], heads: int, way: dict[str, Any]) -> Tensor:
    """The causal attention of a group; heads of keys and values are shared where there are fewer."""
    query, key, value = group
    if key.shape[1] != heads:
        shared = heads // key.shape[1]
        key, value = key.repeat_interleave(shared, 1), value.repeat_interleave(shared, 1)
    return scaled_dot_product_attention(query, key, value, is_causal=True, **way)


class _Gathered(torch.autograd.Function):
    """Tokens put in their places. Each has one place that counts, so its gradient is the one of that place, and nothing is added up in an
    order that might vary; places that only fill have none."""

    @staticmethod
    def forward(context: Any, rows: Tensor, places: Tensor, back: Tensor) -> Tensor:
        """`rows[places]`."""
        context.save_for_backward(back)
        return rows.index_select(0, places)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """The gradients of the places that count."""
        [back] = context.saved_tensors
        return gradients[0].index_select(0, back), None, None


def keeps_apart(network: Any) -> bool:
    """Whether rows that are packed into a line see nothing of each other in this network, and stand where they would stand alone: tried on a row
    behind two different neighbours, and alone. Families that make their mask without looking at positions, and those that carry a state from
    token to token, do not keep them apart."""
    row, one, other = torch.arange(1, 7), torch.arange(2, 7), torch.arange(7, 12)
    training = network.training
    network.train(False)
    with torch.no_grad():
        beside = [_logits(network, (neighbour, row)) for neighbour in (one, other)]
        alone = _logits(network, (row,))
    network.train(training)
    if not bool(torch.isfinite(alone).all()):
        return True  # weights that are no numbers tell nothing of rows; the first loss stops the training, and says so
    behind, apart = (most * float(alone.abs().max()) for most in UNLIKE[alone.dtype.itemsize])
    return float((beside[0] - beside[1]).abs().max()) <= behind and float((beside[0] - alone).abs().max()) <= apart


def _logits(network: Any, rows: Sequence[Tensor]) -> Tensor:
    """What the network makes of the last of these rows, in one line."""
    ids, places = torch.cat(list(rows))[None], torch.cat([torch.arange(len(row)) for row in rows])[None]
    found: Tensor = network(input_ids=ids.to(network.device), position_ids=places.to(network.device), use_cache=False).logits
    return found[0, -len(rows[-1]) :]


def by_blocks(network: PreTrainedModel) -> bool:
    """Have packed lines go through this network block by block from now on; whether it can. A network that has a way of attention of its
    own keeps it."""
    if network.config._attn_implementation != "sdpa":
        return False
    AttentionInterface.register(NAME, _attends(sdpa_attention_forward))
    AttentionMaskInterface.register(NAME, _masks(sdpa_mask))
    network.set_attn_implementation(NAME)
    return bool(network.config._attn_implementation == NAME)
