"""Illusions of intervention: half an edit, and a gradient taken for an effect."""

from typing import Any

import torch
from torch import Tensor, nn

from ...engine.residual import hooked
from ...model import Model
from .passes import logits, logits_with, stream, token
from .types import Illusion

_CLEAN = "Unlike Italy, the country of France has its capital in"
_CORRUPTED = "Unlike France, the country of Italy has its capital in"
_LAYER = 24
_KEYS, _KEY = "The keys to the old cabinet", "The key to the old cabinet"


def _difference(scores: Tensor, good: int, bad: int) -> float:
    return float(scores[good] - scores[bad])


def half_an_edit(model: Model) -> Illusion:
    """Patching what only the MLP reads, in the belief that it is the residual stream."""
    clean, corrupted = (model.text_ids(t, bos=False) for t in (_CLEAN, _CORRUPTED))
    paris, rome = token(model, " Paris"), token(model, " Rome")
    block: Any = list(model.adapter.layers)[_LAYER]
    norm = block.post_attention_layernorm
    kept: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        kept.append(inputs[0].detach().clone())

    with hooked([norm.register_forward_pre_hook(keep)]):
        top = _difference(logits(model, clean), paris, rome)
        bottom = _difference(logits(model, corrupted), paris, rome)
    change = torch.zeros_like(kept[0])
    change[0, -1] = kept[0][0, -1] - kept[1][0, -1]

    def into_mlp(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (inputs[0] + change, *inputs[1:])

    def into_stream(_: nn.Module, __: object, output: tuple[Tensor, ...] | Tensor) -> object:
        if isinstance(output, tuple):
            return (output[0] + change, *output[1:])
        return output + change

    with hooked([norm.register_forward_pre_hook(into_mlp)]):
        half = _difference(logits(model, corrupted), paris, rome)
    with hooked([block.self_attn.register_forward_hook(into_stream)]):
        whole = _difference(logits(model, corrupted), paris, rome)
    half, whole = (half - bottom) / (top - bottom), (whole - bottom) / (top - bottom)
    return Illusion(
        id="half-an-edit",
        claim=f"The middle of block {_LAYER} does not carry the answer at the last token.",
        seen=half,
        seen_as="share restored by an edit that reaches the MLP's input alone",
        control=whole,
        control_as="the same edit on the stream itself",
        rule="a place carries the answer if patching it restores at least half",
        appears=half < 0.5,
        dies=whole >= 0.5,
    )


def gradient_for_effect(model: Model) -> Illusion:
    """Attribution patching on the residual stream, where the response is not linear."""
    clean, corrupted = (model.text_ids(t, bos=False) for t in (_KEYS, _KEY))
    good, bad = token(model, " are"), token(model, " is")
    states = stream(model, clean)
    layers: list[nn.Module] = list(model.adapter.layers)
    grads: dict[int, tuple[Tensor, Tensor]] = {}
    inputs: dict[int, Tensor] = {}

    def watch(index: int) -> Any:
        def before(_: nn.Module, args: tuple[Tensor, ...], named: dict[str, Tensor]) -> None:
            hidden = args[0] if args else named["hidden_states"]
            hidden.retain_grad()
            inputs[index] = hidden

        return before

    handles = [
        layer.register_forward_pre_hook(watch(i), with_kwargs=True)
        for i, layer in enumerate(layers)
    ]
    embedded = model.hf.get_input_embeddings()(torch.tensor([corrupted], device=model.device))
    with torch.enable_grad(), hooked(handles):
        start = embedded.detach().requires_grad_()
        out = model.hf(inputs_embeds=start * 1.0, use_cache=False).logits[0, -1]
        (out[good] - out[bad]).backward()
    model.hf.zero_grad(set_to_none=True)
    for index, hidden in inputs.items():
        assert hidden.grad is not None
        grads[index] = (hidden.grad[0].detach(), hidden.detach()[0])
    top = _difference(logits(model, clean), good, bad)
    bottom = _difference(logits(model, corrupted), good, bad)
    guessed, real = [], []
    for index in range(0, len(layers), 2):
        slope, before = grads[index]
        for place in (1, len(clean) - 1):
            guessed.append(float((states[index, place] - before[place]) @ slope[place]))

            def put(x: Tensor, index: int = index, place: int = place) -> Tensor:
                x = x.clone()
                x[place] = states[index, place]
                return x

            after = logits_with(model, corrupted, index, put)
            real.append(_difference(after, good, bad) - bottom)
    table = torch.tensor([guessed, real])
    top_guess, top_real = int(table[0].argmax()), int(table[1].argmax())
    return Illusion(
        id="gradient-for-effect",
        claim="Putting the plural's state in moves the verb by as much as the gradient says.",
        seen=guessed[top_guess],
        seen_as="logits that the gradient promises at its best place",
        control=real[top_guess],
        control_as=f"logits that patching this place moves (the best moves {real[top_real]:.2f})",
        rule="an effect is large if it is half of what the two runs differ by; an estimate is "
        "wrong if its error is more than half of the real effect",
        appears=guessed[top_guess] > 0.5 * abs(top - bottom),
        dies=abs(guessed[top_guess] - real[top_guess]) > 0.5 * abs(real[top_guess]),
    )
