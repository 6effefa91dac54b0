"""Attention patterns, and how much of a head's attention goes to a fixed offset."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ...model import Model
from ...spec import Refusal
from ..residual import hooked
from ..vocabulary import token_texts


@torch.no_grad()
def watch_attention(
    model: Model,
    ids: Int[Tensor, "row pos"],
    see: Callable[[int, Float[Tensor, "row head query key"]], None],
) -> None:
    """One pass that shows each layer's attention and keeps nothing.

    Raises:
        Refusal: `model_limit`, if the attention blocks do not return their weights; `numerical`,
            if they are not finite.
    """

    def shower(layer: int) -> Any:
        def look(_: Any, __: Any, output: Any) -> None:
            weights = output[1] if isinstance(output, tuple) and len(output) > 1 else None
            if weights is None:
                raise Refusal(
                    "model_limit",
                    f"{model.name} does not return its attention weights",
                    "load it with eager attention, as load_model does",
                )
            if not torch.isfinite(weights).all():
                raise Refusal(
                    "numerical", f"attention of layer {layer} is not finite", "check the weights"
                )
            see(layer, weights.float())

        return look

    layers = model.adapter.layers
    handles = [
        model.adapter.attention(layer).register_forward_hook(shower(i))
        for i, layer in enumerate(layers)
    ]
    with hooked(handles):
        model.adapter.body(input_ids=ids.to(model.device), use_cache=False)


def at_offset(
    model: Model, ids: Int[Tensor, "row pos"], offsets: Int[Tensor, "row offset"], start: int
) -> Float[Tensor, "row offset layer head"]:
    """Mean attention from each position from `start` on to the one `offset` before it.

    Args:
        model: The model.
        ids: Tokens.
        offsets: Offsets looked at in each row, at most `start`.
        start: First position that looks.
    """
    rows, width = ids.shape
    out = torch.empty(rows, offsets.shape[1], model.n_layers, model.n_heads)
    queries = torch.arange(start, width)

    def see(layer: int, weights: Tensor) -> None:
        for row in range(rows):
            for column, offset in enumerate(offsets[row].tolist()):
                looked = weights[row, :, queries, queries - offset]
                out[row, column, layer] = looked.mean(-1).cpu()

    watch_attention(model, ids, see)
    return out


def random_tokens(
    model: Model, rows: int, length: int, generator: torch.Generator, *, copies: int = 1
) -> Int[Tensor, "row pos"]:
    """Rows of different random tokens, each row `copies` times over, behind one token in front.

    The token in front is the tokenizer's own beginning of a text, or else a random one: much
    attention rests on the first position whatever stands there, so nothing is measured at it.

    Raises:
        Refusal: `model_limit`, if the vocabulary has too few tokens.
    """
    special = set(model.tokenizer.all_special_ids)
    usable = [i for i, t in enumerate(token_texts(model)) if t.strip() and i not in special]
    if len(usable) <= length:
        raise Refusal(
            "model_limit", f"{len(usable)} tokens can be drawn, {length} are wanted", "draw fewer"
        )
    found = []
    for _ in range(rows):
        order = torch.randperm(len(usable), generator=generator)[: length + 1].tolist()
        front, *words = (usable[i] for i in order)
        found.append([front if model.bos_id is None else model.bos_id, *words * copies])
    return torch.tensor(found)
