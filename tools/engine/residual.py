"""The residual stream of a prompt, layer by layer, read with plain hooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..model import Model


def first(output: Any) -> Tensor:
    """The hidden states in a layer's output: some architectures return them in a tuple."""
    return output[0] if isinstance(output, tuple) else output  # type: ignore[no-any-return]


@contextmanager
def hooked(handles: list[Any]) -> Iterator[None]:
    """Remove hooks at the end, also after an error."""
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def residual_stream(
    model: Model, ids: list[int], last: int
) -> tuple[Float[Tensor, "layer pos d_model"], Float[Tensor, "pos d_vocab"]]:
    """One forward pass that keeps the residual stream at the last positions.

    Args:
        model: The model to run.
        ids: Token ids of one prompt.
        last: How many of the last positions to keep.

    Returns:
        The stream before layer 0 and after each layer (n_layers + 1 rows), and the model's own
        logits there.
    """
    kept: dict[int, Tensor] = {}
    layers: list[nn.Module] = list(model.adapter.layers)

    def before(_: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        hidden = inputs[0] if inputs else named["hidden_states"]
        kept[0] = hidden[0, -last:].detach().clone()

    def after(index: int) -> Any:
        def keep(_: nn.Module, __: Any, output: Any) -> None:
            kept[index + 1] = first(output)[0, -last:].detach().clone()

        return keep

    handles = [layers[0].register_forward_pre_hook(before, with_kwargs=True)]
    handles += [layer.register_forward_hook(after(i)) for i, layer in enumerate(layers)]
    with hooked(handles):
        out = model.hf(input_ids=torch.tensor([ids], device=model.device), use_cache=False)
    stream = torch.stack([kept[i] for i in range(len(layers) + 1)])
    return stream, out.logits[0, -last:].float()
