"""Plain forward passes with residual states read or edited: all that the illusions need."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...engine.residual import first, hooked, residual_stream
from ...model import Model

Edit = Callable[[Tensor], Tensor]

TEXTS = (
    "The river rises in the mountains and flows north to the sea.",
    "My sister plays the violin in a small orchestra.",
    "The engine failed because the oil had not been changed.",
    "Bread needs flour, water, salt and a little patience.",
    "Last winter the lake froze and children skated on it.",
    "The court decided that the contract was not valid.",
    "He wrote three letters and burned two of them.",
    "Prices rose again although wages stayed the same.",
    "A good teacher asks more questions than she answers.",
    "The train to the coast leaves every hour.",
    "Scientists found a new species of beetle in the forest.",
    "She closed the window when the rain began.",
)


@torch.no_grad()
def stream(model: Model, ids: list[int]) -> Float[Tensor, "layer pos d_model"]:
    """The residual stream before every layer and after the last."""
    return residual_stream(model, ids, len(ids))[0]


def logits_with(model: Model, ids: list[int], layer: int, edit: Edit) -> Float[Tensor, "d_vocab"]:
    """Last logits when the stream before `layer` ([pos, d_model]) is edited."""
    block: nn.Module = list(model.adapter.layers)[layer]

    def before(_: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        hidden = inputs[0] if inputs else named["hidden_states"]
        changed = edit(hidden[0])[None]
        if inputs:
            return (changed, *inputs[1:]), named
        return inputs, {**named, "hidden_states": changed}

    with torch.no_grad(), hooked([block.register_forward_pre_hook(before, with_kwargs=True)]):
        return logits(model, ids)


@torch.no_grad()
def logits(model: Model, ids: list[int]) -> Float[Tensor, "d_vocab"]:
    """Logits after the last token."""
    return all_logits(model, ids)[-1]


@torch.no_grad()
def all_logits(model: Model, ids: list[int]) -> Float[Tensor, "pos d_vocab"]:
    """Logits after every token."""
    out = model.hf(input_ids=torch.tensor([ids], device=model.device), use_cache=False)
    return out.logits[0].float()  # type: ignore[no-any-return]


def loss_with(model: Model, ids: list[int], layer: int, edit: Edit) -> float:
    """Mean loss (nats) of a text when the stream after `layer` is edited."""
    block: nn.Module = list(model.adapter.layers)[layer]

    def after(_: nn.Module, __: object, output: object) -> object:
        changed = edit(first(output)[0])[None]
        return (changed, *output[1:]) if isinstance(output, tuple) else changed

    with torch.no_grad(), hooked([block.register_forward_hook(after)]):
        logp = all_logits(model, ids)[:-1].log_softmax(-1)
    return -float(logp[torch.arange(len(ids) - 1), ids[1:]].mean())


def token(model: Model, text: str) -> int:
    """The id of a text that is one token."""
    return model.text_ids(text, bos=False)[0]
