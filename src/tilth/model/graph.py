"""A training step walked on tensors without content: what it holds at its peak, by kind, and what it computes.

The network is Transformers' own, made on the meta device and then given fake tensors (FakeTensorMode), which have
shapes and no memory; forward, backward and the optimizer run on them as on real ones. A look at every operation keeps
count of the storages that are alive. What is counted is what tensors hold: not what a kernel takes for itself.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.flop_counter import flop_registry, sdpa_backward_flop_count, sdpa_flop_count, shape_wrapper
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

Kind = Literal["weights", "gradients", "optimizer", "activations", "temporaries"]
KINDS: tuple[Kind, ...] = ("weights", "gradients", "optimizer", "activations", "temporaries")
"""`activations`: what the forward pass made and the backward pass needs, the logits among it. `temporaries`: what the backward
pass and the optimizer make and drop, activations that are computed again among it."""

CAUSAL = "tilth_causal"
"""Attention of whole rows, by PyTorch's kernel and without a mask of its own: so it runs on real tensors, where Transformers
looks at the values and finds that there is nothing to mask. Fake tensors have no values to look at."""

aten = torch.ops.aten


class Tracker(TorchDispatchMode):
    """Counts the bytes of the storages that are alive, each as the kind that it was made as or was since told to be.

    `share`: what part of a mask is true, where an operation asks which of its elements are; None where tensors have values, and
    answer for themselves. `flops` counts what kernels do: attention's backward pass computes its scores again."""

    def __init__(self, share: float | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.share, self.making = share, KINDS[0]
        self.alive: dict[int, tuple[weakref.ref[Any], int, Kind]] = {}
        self.held: Counter[Kind] = Counter()
        self.peak: Mapping[Kind, int] = {}
        self.peak_bytes, self.bytes, self.flops = 0, 0, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do what was asked, and count what it made and what that took."""
        if self.share is None:
            made = func(*args, **(kwargs or {}))
        else:
            made = self._answer(func, args) if func in ASKING else func(*self._settled(func, args), **(kwargs or {}))
        known = FLOPS.get(func._overloadpacket)
        if known is not None:
            self.flops += known(*args, **(kwargs or {}), out_val=made)
        for one in tree_flatten(made)[0]:
            if isinstance(one, torch.Tensor):
                self.count(one)
        return made

    def count(self, tensor: torch.Tensor, kind: Kind | None = None) -> None:
        """Take a tensor's storage into the count, or tell its kind if it is there."""
        storage = tensor.untyped_storage()
        key = id(storage)
        known = self.alive.get(key)
        if known is not None and known[0]() is storage:
            if kind is not None and kind != known[2]:
                self.held[known[2]] -= known[1]
                self.held[kind] += known[1]
                self.alive[key] = (known[0], known[1], kind)
            return
        size, made = storage.nbytes(), kind or self.making
        self.alive[key] = (weakref.ref(storage, lambda _: self._gone(key)), size, made)
        self.held[made] += size
        self.bytes += size
        if self.bytes >= self.peak_bytes:
            self.peak_bytes, self.peak = self.bytes, dict(self.held)

    def _gone(self, key: int) -> None:
        _, size, kind = self.alive.pop(key)
        self.held[kind] -= size
        self.bytes -= size

    def _settled(self, func: Any, args: Any) -> Any:
        """Indexing by a mask, turned into indexing by as many numbers as the mask would let through."""
        if func is not aten.index.Tensor:
            return args
        return (args[0], [place for one in args[1] for place in self._places(one)], *args[2:])

    def _places(self, index: torch.Tensor | None) -> list[torch.Tensor | None]:
        if index is None or index.dtype != torch.bool:
            return [index]
        return [torch.empty(self._true(index), dtype=torch.int64, device=index.device)] * index.dim()

    def _true(self, mask: torch.Tensor) -> int:
        assert self.share is not None
        return max(1, round(mask.numel() * self.share))

    def _answer(self, func: Any, args: Any) -> Any:
        """The answer to a question that needs values, which there are none of."""
        if func is aten._local_scalar_dense.default:
            return bool(1) if args[0].dtype == torch.bool else 1.0 if args[0].is_floating_point() else 1
        if func is aten.nonzero.default:
            return torch.empty((self._true(args[0]), args[0].dim()), dtype=torch.int64, device=args[0].device)
        return torch.empty(self._true(args[1]), dtype=args[0].dtype, device=args[0].device)


ASKING = (aten._local_scalar_dense.default, aten.nonzero.default, aten.masked_select.default)
"""Operations whose result depends on values."""


@contextmanager
def without_content(network: nn.Module, device: str) -> Iterator[FakeTensorMode]:
    """Give a network on the meta device fake tensors on a device that need not be there; tied weights stay tied."""
    AttentionInterface.register(CAUSAL, sdpa_attention_forward)
    AttentionMaskInterface.register(CAUSAL, _no_mask)
    with FakeTensorMode() as fake:
        made: dict[int, Any] = {}
        for module in network.modules():
            for name, weight in module._parameters.items():
                if weight is not None:
                    if id(weight) not in made:
                        made[id(weight)] = nn.Parameter(_like(weight, device), requires_grad=weight.requires_grad)
                    module._parameters[name] = made[id(weight)]
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = _like(buffer, device)
        yield fake


def _like(tensor: torch.Tensor, device: str) -> torch.Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device=device)


def _no_mask(*_: Any, **__: Any) -> None:
    return None


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def _attention_backward(grad: Any, query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_backward_flop_count(grad, query, key, value))  # type: ignore[no-untyped-call]


FLOPS: Mapping[Any, Callable[..., int]] = {
    **flop_registry,
    aten._scaled_dot_product_flash_attention_for_cpu: shape_wrapper(_attention),  # type: ignore[no-untyped-call]
    aten._scaled_dot_product_flash_attention_for_cpu_backward: shape_wrapper(_attention_backward),  # type: ignore[no-untyped-call]
}
"""Operations of matrix products, as PyTorch counts them, and of the attention kernel of the CPU, which it does not know.
FlopCounterMode itself is not used: its hooks on modules keep alive what checkpointing would have let go."""
