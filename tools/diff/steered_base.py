"""What directions added after one layer do to the words that follow, in little more than a pass."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..engine.batch import batches, check_lengths
from ..engine.residual import first, hooked
from ..model import Model

_BATCH = 32


@torch.no_grad()
def rises(
    model: Model,
    sequences: list[list[int]],
    layer: int,
    directions: Sequence[Float[Tensor, "d_model"]],
    tokens: list[int],
    *,
    charge: Callable[[int], None] = lambda _: None,
) -> list[float]:
    """Mean rise of log p (nats) of `tokens` together after each sequence, a direction at a time.

    Everything up to `layer` is the same whatever is added after it, so that is run once.

    Args:
        model: The model.
        sequences: Token ids; padded to the right, where causal attention never looks.
        layer: The directions are added to its output, at every position.
        directions: What is added.
        tokens: Whose probabilities are summed.
        charge: Told how many tokens' full passes the layers above amount to.

    Raises:
        Refusal: If a sequence is empty or longer than the model's positions.
    """
    check_lengths(model, sequences)
    sums = torch.zeros(len(directions) + 1, dtype=torch.float64)
    for part in batches([len(s) for s in sequences], _BATCH):
        rows = [sequences[i] for i in part]
        stream, above = _below(model, rows, layer)
        charge(stream.shape[:2].numel() * len(sums) * len(above) // model.n_layers)
        for i, add in enumerate((None, *directions)):
            moved = stream if add is None else stream + add.to(stream)
            sums[i] += _log_p(model, moved, above, rows, tokens).sum()
    return [float(x) for x in (sums[1:] - sums[0]) / len(sequences)]


_Above = list[tuple[nn.Module, tuple[Any, ...], dict[str, Any]]]


def _below(
    model: Model, rows: list[list[int]], layer: int
) -> tuple[Float[Tensor, "row pos d_model"], _Above]:
    """The stream after `layer`, and how the model calls each layer above it."""
    layers: list[nn.Module] = list(model.adapter.layers)
    calls: _Above = []
    stream: list[Tensor] = []

    def call(module: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        calls.append((module, inputs, named))

    def after(_: nn.Module, __: Any, output: Any) -> None:
        stream.append(first(output))

    handles = [layers[layer].register_forward_hook(after)]
    handles += [m.register_forward_pre_hook(call, with_kwargs=True) for m in layers[layer + 1 :]]
    width = max(map(len, rows))
    ids = torch.tensor([s + [0] * (width - len(s)) for s in rows], device=model.device)
    with hooked(handles):
        model.adapter.body(input_ids=ids, use_cache=False)
    return stream[0], calls


def _log_p(
    model: Model,
    x: Float[Tensor, "row pos d_model"],
    above: _Above,
    rows: list[list[int]],
    tokens: list[int],
) -> Float[Tensor, "row"]:
    """Log probability (nats) of `tokens` together after the last token of each row."""
    for layer, inputs, named in above:
        given = {**named, "hidden_states": x} if "hidden_states" in named else named
        x = first(layer(*((x, *inputs[1:]) if inputs else ()), **given))
    last = torch.tensor([len(s) - 1 for s in rows], device=x.device)
    ends = x[torch.arange(len(rows), device=x.device), last]
    logits = model.adapter.unembed(model.adapter.final_norm(ends)).float().cpu().double()
    return logits.log_softmax(-1)[:, tokens].logsumexp(-1)
