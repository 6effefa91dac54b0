"""What each weight of a layer does: reads the residual stream, writes to it, or neither."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..model import Model

Role = Literal["attn_in", "attn_out", "mlp_in", "mlp_out", "other"]

# Names that the output projections carry over the architectures of transformers.
_OUT = {
    "o_proj", "out_proj", "c_proj", "dense", "wo", "down_proj", "fc2", "w2", "fc_out",
    "dense_4h_to_h",
}  # fmt: skip
_MLP = ("mlp", "feed_forward", "ffn", "fc1", "fc2", "dense_4h_to_h", "dense_h_to_4h")


@dataclass(frozen=True)
class Change:
    """The change of one weight.

    Attributes:
        layer: Layer, or -1 outside the layers (embedding, unembedding, final norm).
        role: What the weight does.
        name: The parameter's name.
        delta: Target minus base; matrices as [out, in], whatever way the module keeps them.
    """

    layer: int
    role: Role
    name: str
    delta: Float[Tensor, "..."]


def role_of(name: str, dims: int) -> Role:
    """Role of the parameter `name` (relative to its layer) with `dims` dimensions."""
    parts = name.split(".")
    if dims != 2 or "norm" in name or len(parts) < 2:
        return "other"
    out = parts[-2] in _OUT
    if any(m in part for part in parts for m in _MLP):
        return "mlp_out" if out else "mlp_in"
    if any("attn" in part or "attention" in part for part in parts):
        return "attn_out" if out else "attn_in"
    return "other"


@torch.no_grad()
def changes(target: Model, base: Model) -> Iterator[Change]:
    """Every parameter that differs between two models of one architecture, one at a time."""
    inside: dict[int, tuple[int, str, nn.Module]] = {}
    for layer, module in enumerate(target.adapter.layers):
        for prefix, part in module.named_modules():
            for name, parameter in part.named_parameters(recurse=False):
                inside[id(parameter)] = (layer, f"{prefix}.{name}".strip("."), part)
    theirs = dict(base.hf.named_parameters())
    for name, parameter in target.hf.named_parameters():
        other = theirs[name].to(parameter.device)
        if torch.equal(parameter, other):
            continue
        delta = parameter.float() - other.float()
        layer, local, part = inside.get(id(parameter), (-1, name, target.hf))
        role: Role = role_of(local, delta.dim()) if layer >= 0 else "other"
        if type(part).__name__ == "Conv1D" and delta.dim() == 2:
            delta = delta.T
        yield Change(layer, role, name, delta)
