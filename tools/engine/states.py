"""Residual streams of many texts, at the layers that are asked for; nothing above them is run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ..model import Model
from ..spec import Refusal
from .batch import OnProgress, batches, check_lengths
from .residual import first, hooked

Where = Literal["last", "mean"]


class _Done(Exception):
    """Ends a forward pass once all that is wanted has been seen."""


def check_layer(model: Model, layer: int) -> None:
    """Refuse a layer that the model does not have; -1 is the embedding.

    Raises:
        Refusal: `bad_args`.
    """
    if not -1 <= layer < model.n_layers:
        raise Refusal(
            "bad_args",
            f"layer {layer} is not one of this model's",
            f"-1 (embedding) to {model.n_layers - 1}",
        )


@contextmanager
def watched(
    model: Model, layers: list[int], see: Callable[[int, Tensor], None], *, stop: bool = True
) -> Iterator[None]:
    """Show the residual stream after each of `layers`; -1 is what enters layer 0.

    Args:
        model: The model whose passes are watched.
        layers: Layers, in any order.
        see: Called with the layer and the stream [row, pos, d_model].
        stop: End each pass after the last of `layers`; then the pass gives nothing.
    """
    last = max(layers)

    def told(layer: int, stream: Tensor) -> None:
        see(layer, stream)
        if stop and layer == last:
            raise _Done

    def before(_: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        told(-1, inputs[0] if inputs else named["hidden_states"])

    def after(layer: int) -> Any:
        return lambda _, __, output: told(layer, first(output))

    stack = model.adapter.layers
    handles: list[Any] = []
    if -1 in layers:
        handles.append(stack[0].register_forward_pre_hook(before, with_kwargs=True))
    handles += [stack[i].register_forward_hook(after(i)) for i in sorted(layers) if i >= 0]
    with hooked(handles):
        yield


@torch.no_grad()
def stream_after(
    model: Model, ids: Int[Tensor, "row pos"], layer: int
) -> Float[Tensor, "row pos d_model"]:
    """The residual stream after one layer; the layers above it are not run.

    Args:
        model: The model.
        ids: Tokens; padding stands to the right, where causal attention never looks.
        layer: The layer; -1 for the embedding.
    """
    found: list[Tensor] = []
    with watched(model, [layer], lambda _, stream: found.append(stream)):
        run_until_seen(model, ids.to(model.device))
    return found[0]


def run_until_seen(model: Model, ids: Int[Tensor, "row pos"]) -> None:
    """One forward pass inside `watched`."""
    with suppress(_Done):
        model.adapter.body(input_ids=ids, use_cache=False)


@torch.no_grad()
def pooled_states(
    model: Model,
    sequences: list[list[int]],
    *,
    where: Where = "last",
    layers: list[int] | None = None,
    batch: int = 32,
    on_progress: OnProgress | None = None,
) -> Float[Tensor, "layer seq d_model"]:
    """One vector a text and layer, float32 on the CPU, all layers in one pass.

    Args:
        model: The model.
        sequences: Token ids of each text.
        where: `last` token, or `mean` over all tokens but the first, whose activation is massive
            in many models and would be all that the mean shows.
        layers: Layers wanted; None for the embedding (-1) and every layer.
        batch: Most texts that run together.
        on_progress: Called with (texts done, texts).

    Raises:
        Refusal: For empty or too long texts, and `numerical` for states that are not finite.
    """
    check_lengths(model, sequences)
    wanted = list(range(-1, model.n_layers)) if layers is None else layers
    row_of = {layer: row for row, layer in enumerate(wanted)}
    out = torch.empty(len(wanted), len(sequences), model.d_model)
    done = 0
    for part in batches([len(s) for s in sequences], batch):
        lengths = [len(sequences[i]) for i in part]
        width = max(lengths)
        ids = torch.tensor([sequences[i] + [0] * (width - len(sequences[i])) for i in part])
        weight = torch.zeros(len(part), width)
        for row, length in enumerate(lengths):
            if where == "last" or length == 1:
                weight[row, length - 1] = 1.0
            else:
                weight[row, 1:length] = 1.0 / (length - 1)
        weight = weight.to(model.device)

        def see(
            layer: int, stream: Tensor, weight: Tensor = weight, part: list[int] = part
        ) -> None:
            pooled = torch.einsum("rp,rpd->rd", weight, stream.float())
            out[row_of[layer], part] = pooled.cpu()

        with watched(model, wanted, see):
            run_until_seen(model, ids.to(model.device))
        done += len(part)
        if on_progress:
            on_progress(done, len(sequences))
    if not torch.isfinite(out).all():
        raise Refusal("numerical", "the residual stream is not finite", "use dtype float32")
    return out
