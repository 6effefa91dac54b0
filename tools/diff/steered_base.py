"""What directions added after one layer do to the words that follow, in little more than a pass."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..engine.batch import check_lengths
from ..engine.residual import first, hooked
from ..model import Model


@torch.no_grad()
def rises(
    model: Model,
    sequences: list[list[int]],
    layer: int,
    directions: Sequence[Float[Tensor, "d_model"]],
    tokens: list[int],
) -> list[float]:
    """Mean rise of log p (nats) of `tokens` together after each sequence, a direction at a time.

    Everything up to `layer` is the same whatever is added after it, so that is run once.

    Args:
        model: The model.
        sequences: Token ids; padded to the right, where causal attention never looks.
        layer: The directions are added to its output, at every position.
        directions: What is added.
        tokens: Whose probabilities are summed.
    """
    check_lengths(model, sequences)
    adapter = model.adapter
    layers: list[nn.Module] = list(adapter.layers)
    calls: dict[int, tuple[tuple[Any, ...], dict[str, Any]]] = {}
    stream: list[Tensor] = []

    def call(index: int) -> Any:
        def keep(_: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
            calls[index] = inputs, named

        return keep

    def after(_: nn.Module, __: Any, output: Any) -> None:
        stream.append(first(output))

    above = range(layer + 1, len(layers))
    handles = [layers[layer].register_forward_hook(after)]
    handles += [layers[i].register_forward_pre_hook(call(i), with_kwargs=True) for i in above]
    width = max(map(len, sequences))
    ids = torch.tensor([s + [0] * (width - len(s)) for s in sequences], device=model.device)
    with hooked(handles):
        adapter.body(input_ids=ids, use_cache=False)
    rows = torch.arange(len(sequences), device=model.device)
    last = torch.tensor([len(s) - 1 for s in sequences], device=model.device)

    def total(x: Tensor) -> Tensor:
        for i in above:
            inputs, named = calls[i]
            given = {**named, "hidden_states": x} if "hidden_states" in named else named
            x = first(layers[i](*((x, *inputs[1:]) if inputs else ()), **given))
        logits = adapter.unembed(adapter.final_norm(x[rows, last])).float().cpu().double()
        return logits.log_softmax(-1)[:, tokens].logsumexp(-1)

    before = total(stream[0])
    return [float((total(stream[0] + add.to(stream[0])) - before).mean()) for add in directions]
