"""Linear maps through oneDNN, which reaches a processor's widest units whoever made it.

PyTorch hands float32 products to MKL, which takes half the speed there is on processors of other
makers: measured on one with AVX-512, 85 against 200 GFLOP/s a core. PyTorch's counter of operations
does not see these products.
"""

from functools import cache
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd import forward_ad

# Multiplications of a product below which getting it to oneDNN takes longer than it saves.
_SMALL = 2**19


class OneDnnLinear(nn.Linear):
    """A linear map that goes through oneDNN, but for where its own weights are trained."""

    def forward(self, input: Float[Tensor, "*row d_in"]) -> Float[Tensor, "*row d_out"]:
        """The map of each vector."""
        weight, bias = self.weight, self.bias
        trained = weight.requires_grad or (bias is not None and bias.requires_grad)
        small = input.numel() * len(weight) < _SMALL
        if small or trained or input.dtype != weight.dtype or not can_take(weight) or _rewritten():
            return super().forward(input)
        if torch.is_grad_enabled() and input.requires_grad:
            return _Recorded.apply(input, weight, bias)  # type: ignore[no-any-return, no-untyped-call]
        return _product(input, weight, bias)


class _Recorded(torch.autograd.Function):
    """The product with a frozen weight; its gradient is the product with the transposed one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight)
        return _product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (weight,) = ctx.saved_tensors
        return _Recorded.apply(grad, weight.T, None), None, None  # type: ignore[no-untyped-call]


def can_take(x: Tensor) -> bool:
    """Whether oneDNN takes products of this tensor."""
    fits = x.is_cpu and x.dtype == torch.float32
    return fits and _is_built() and bool(torch.backends.mkldnn.enabled)


def _rewritten() -> bool:
    """Whether PyTorch makes something else of an operation here, which it can of its own alone."""
    return bool(
        torch.is_autocast_enabled("cpu")
        or forward_ad._current_level >= 0
        or torch._C._functorch.peek_interpreter_stack() is not None
    )


@cache
def _is_built() -> bool:
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(  # type: ignore[no-any-return]
        x, weight, bias, "none", [], ""
    )


def through_onednn(module: nn.Module) -> None:
    """Let all plain linear maps below a module go through oneDNN, wherever it can take them."""
    for part in module.modules():
        if type(part) is nn.Linear:
            part.__class__ = OneDnnLinear


def as_before(module: nn.Module) -> None:
    """Let them go the way that PyTorch has them go: what others' code is measured with."""
    for part in module.modules():
        if type(part) is OneDnnLinear:
            part.__class__ = nn.Linear  # type: ignore[assignment]


def row_products(
    a: Float[Tensor, "row d"], b: Float[Tensor, "column d"]
) -> Float[Tensor, "row column"]:
    """Inner products of the rows of two matrices."""
    if a.numel() * len(b) < _SMALL or a.dtype != b.dtype or not can_take(b):
        return a @ b.T
    return _product(a, b, None)
