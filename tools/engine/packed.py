"""Weights in the order in which oneDNN reads them, kept beside the model from one call to the next.

Putting a layer's weights in order takes about as long as 300 vectors take through them; a sweep
over a short prompt has no more than that in most layers.
"""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from .linear import can_take

# Vectors a thread takes in one product, which the order is chosen for: measured best on CPUs,
# where more of them leave the cache.
TOGETHER = 512
# All that is kept in one process; models that need more are packed anew each time.
_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class _Packed:
    """A packed weight, and what it was made from.

    Attributes:
        weight: Held, so that no other tensor can come to lie in its place.
        version: How often it had been written to.
        packed: The weight in oneDNN's order.
    """

    weight: Tensor
    version: int
    packed: Tensor

    def is_of(self, weight: Tensor) -> bool:
        """Whether the weight is still the one that was packed."""
        here, there = self.weight.data_ptr(), weight.data_ptr()
        return here == there and self.version == weight._version


_kept: "WeakKeyDictionary[nn.Module, _Packed]" = WeakKeyDictionary()


def pack(weight: Tensor, together: int) -> Tensor:
    """A weight in oneDNN's order, for products of `together` vectors."""
    return torch.ops.mkldnn._reorder_linear_weight(weight, together)  # type: ignore[no-any-return]


def kept(layers: list[nn.Module]) -> dict[Any, Tensor]:
    """Packed weights of all linear maps of a model's layers, from before where they are there.

    A weight that was written to or exchanged since is packed anew. Empty where oneDNN does not
    take them, or where they are more than is kept.
    """
    maps = [m for layer in layers for m in layer.modules() if isinstance(m, nn.Linear)]
    if not all(can_take(m.weight) for m in maps):
        return {}
    held = {id(m) for m in maps}
    others = sum(_bytes(m.weight) for m in _kept if id(m) not in held)
    if others + sum(_bytes(m.weight) for m in maps) > _MOST_BYTES:
        return {}
    found = {}
    for module in maps:
        weight, before = module.weight, _kept.get(module)
        if before is None or not before.is_of(weight):
            before = _Packed(weight.detach(), weight._version, pack(weight, TOGETHER))
            _kept[module] = before
        found[module] = before.packed
    return found


def _bytes(weight: Any) -> int:
    return int(weight.numel() * weight.element_size())
