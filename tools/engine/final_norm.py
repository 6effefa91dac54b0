"""The final norm as the linear map that it is once its denominator is held fixed."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Model


@dataclass(frozen=True)
class FrozenNorm:
    """x ↦ (x, less its mean for LayerNorm) · scale / denominator, for one final residual stream.

    Attributes:
        centred: Whether the norm takes the mean away.
        weight: Elementwise scale over the denominator.
        bias: What the norm adds.
    """

    centred: bool
    weight: Float[Tensor, "d_model"]
    bias: Float[Tensor, "d_model"]

    def __call__(self, x: Float[Tensor, "*rows d_model"]) -> Float[Tensor, "*rows d_model"]:
        """The map without its bias, so that it is additive."""
        if self.centred:
            x = x - x.mean(-1, keepdim=True)
        return x * self.weight


@torch.no_grad()
def freeze(model: Model, final: Float[Tensor, "d_model"]) -> FrozenNorm:
    """The final norm frozen at one vector, whatever kind of norm it is.

    The norm of the zero vector is its bias. A constant vector shows whether the mean goes. What
    remains is elementwise, and follows from the norm of `final` itself.

    Source: Elhage et al., "A Mathematical Framework for Transformer Circuits" (2021), on folding
    and freezing LayerNorm; as in TransformerLens' `apply_ln_to_stack`.
    """
    norm = model.adapter.final_norm
    zero = torch.zeros_like(final)
    bias = norm(zero[None])[0]
    flat = norm(torch.ones_like(final)[None])[0] - bias
    scale = norm_scale(model)
    centred = bool(flat.float().abs().max() < 0.05 * scale.abs().max())
    x = final.float()
    x = x - x.mean() if centred else x
    shaped = x * scale
    normed = (norm(final[None])[0] - bias).float()
    denominator = (shaped @ shaped) / (normed @ shaped)
    return FrozenNorm(centred, scale / denominator, bias.float())


@torch.no_grad()
def norm_scale(model: Model) -> Float[Tensor, "d_model"]:
    """Elementwise scale of the final norm, whichever kind it is.

    A vector of alternating ±1 has mean 0 and mean square 1, so that RMSNorm and LayerNorm both
    return it times their scale, plus a bias that the zero vector returns alone.
    """
    probe = torch.ones(model.d_model)
    probe[1::2] = -1
    probe = probe.to(device=model.device, dtype=model.dtype)
    norm = model.adapter.final_norm
    scale: Tensor = ((norm(probe[None]) - norm(0 * probe[None]))[0] * probe).float()
    return scale
