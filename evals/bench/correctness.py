"""Every site of the sweep in every architecture, against plain hooks on the model's own modules.

The checks share no arithmetic with the sweep: one whole forward pass for each cell, in which a
hook exchanges what one module reads or gives.
"""

from collections.abc import Callable
from typing import Any, get_args

import torch
from torch import Tensor

from ...tools.engine.adapters import FAMILIES
from ...tools.engine.recording import (
    Recording,
    attention_adds,
    down_map,
    mlp_adds,
    output_map,
    record,
)
from ...tools.engine.residual import first, hooked
from ...tools.engine.sweep import Cell, SweepSite, sweep_cells
from ...tools.model import Model

_PROMPTS = [3, 11, 7, 29, 5, 13, 17, 2, 23], [3, 11, 7, 31, 5, 13, 37, 2, 23]
TOLERANCE = 5e-5  # of the largest logit; patches that move less would prove nothing


def tiny(family: str) -> Model:
    """A small random model with every peculiarity of its architecture switched on.

    Args:
        family: A `model_type` with an adapter.
    """
    from pathlib import Path

    from transformers import AutoConfig, AutoModelForCausalLM

    shape: dict[str, Any] = {
        "num_hidden_layers": 3, "hidden_size": 32, "intermediate_size": 48, "head_dim": 8,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
    }  # fmt: skip
    if family == "gpt2":
        shape = {"n_layer": 3, "n_embd": 32, "n_head": 4, "n_positions": 64}
    if family.startswith("gemma"):
        shape["layer_types"] = ["sliding_attention", "full_attention", "sliding_attention"]
        shape |= {"sliding_window": 4, "query_pre_attn_scalar": 8}
    if family == "gemma2":
        shape |= {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0}
    if family == "mistral":
        shape["sliding_window"] = 4
    config = AutoConfig.for_model(
        family, vocab_size=64, initializer_range=0.2, bos_token_id=1, eos_token_id=1,
        pad_token_id=0, **shape,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        hf = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
        with torch.no_grad():
            for weight in hf.parameters():
                if weight.dim() == 1:
                    weight.add_(torch.randn_like(weight), alpha=0.1)
    return Model(hf=hf, tokenizer=None, name=f"tiny {family}", sha256="", folder=Path())


def cells_of(
    model: Model, source: Recording, into: Recording, site: SweepSite, most: int = 12
) -> list[Cell]:
    """A random sample of the cells from the first differing position on, and one before it."""
    pairs = zip(source.ids, into.ids, strict=True)
    first_one = next(i for i, (a, b) in enumerate(pairs) if a != b)
    parts = {"z": model.n_heads, "neurons": into.neurons.shape[-1]}.get(site, 1)
    whole = [-1] if site == "z" else []
    every = [
        (layer, position, part)
        for layer in range(model.n_layers)
        for part in range(parts)
        for position in [*range(first_one, len(into.ids)), *whole]
    ]
    chosen = torch.randperm(len(every), generator=torch.Generator().manual_seed(0))[:most]
    return [(0, first_one - 1, 0), *(every[i] for i in chosen.tolist())]


def plain(model: Model, source: Recording, into: Recording, site: SweepSite, cell: Cell) -> Tensor:
    """Logits of one whole forward pass with one hook for the cell."""
    index, position, part = cell
    layer = model.adapter.layers[index]
    where = slice(None) if position < 0 else slice(position, position + 1)

    def put(hidden: Tensor, value: Tensor, *, add: bool = False) -> Tensor:
        hidden = hidden.clone()
        hidden[0, where] = hidden[0, where] + value[where] if add else value[where]
        return hidden

    def before(change: Callable[[Tensor], Tensor]) -> Any:
        def hook(_: Any, inputs: Any, words: Any) -> Any:
            if inputs:
                return (change(inputs[0]), *inputs[1:]), words
            return inputs, {**words, "hidden_states": change(words["hidden_states"])}

        return hook

    def after(change: Callable[[Tensor], Tensor]) -> Any:
        def hook(_: Any, __: Any, out: Any) -> Any:
            return (change(out[0]), *out[1:]) if isinstance(out, tuple) else change(first(out))

        return hook

    def head(hidden: Tensor) -> Tensor:
        split = hidden.clone().unflatten(-1, source.z.shape[2:])
        split[0, where, part] = source.z[index, where, part]
        joined: Tensor = split.flatten(-2)
        return joined

    def neuron(hidden: Tensor) -> Tensor:
        hidden = hidden.clone()
        hidden[0, where, part] = source.neurons[index, where, part]
        return hidden

    if site == "resid_pre":
        handle = layer.register_forward_pre_hook(
            before(lambda h: put(h, source.resid_pre[index])), with_kwargs=True
        )
    elif site == "z":
        handle = output_map(model, layer).register_forward_pre_hook(before(head), with_kwargs=True)
    elif site == "neurons":
        handle = down_map(model, layer).register_forward_pre_hook(before(neuron), with_kwargs=True)
    elif site == "resid_mid":
        gap = source.resid_mid[index] - into.resid_mid[index]
        handle = attention_adds(model, layer).register_forward_hook(
            after(lambda h: put(h, gap, add=True))
        )
    else:
        module = mlp_adds(model, layer) if site == "mlp_out" else attention_adds(model, layer)
        value = getattr(source, site)[index]
        handle = module.register_forward_hook(after(lambda h: put(h, value)))
    with hooked([handle]), torch.no_grad():
        ids = torch.tensor([into.ids], device=model.device)
        return model.hf(input_ids=ids, use_cache=False).logits[0, -1].float().cpu()  # type: ignore


def check(model: Model, site: SweepSite, ids: tuple[list[int], list[int]]) -> dict[str, Any]:
    """One line of the table.

    Args:
        model: The model.
        site: What is patched.
        ids: Source prompt and prompt that is patched.
    """
    source, into = record(model, ids[0]), record(model, ids[1])
    cells = cells_of(model, source, into, site)
    found = sweep_cells(model, source, into, site=site, cells=cells, read=model.adapter.logits)
    wanted = torch.stack([plain(model, source, into, site, c) for c in cells])
    unpatched = into.logits.cpu()
    size = float(wanted.abs().max())
    moved = float((wanted - unpatched).abs().max()) / size
    error = float((found - wanted).abs().max()) / size
    return {
        "model": model.name,
        "site": site,
        "cells": len(cells),
        "error": error,
        "moved": moved,
        "equal": error <= TOLERANCE < moved,
    }


def table(families: list[str] | None = None, model: Model | None = None) -> list[dict[str, Any]]:
    """All sites of tiny random models of the given families, and of one real model.

    Args:
        families: Architectures; None for all that have an adapter.
        model: A loaded model to check as well.
    """
    lines = []
    for name in FAMILIES if families is None else families:
        made = tiny(name)
        lines += [check(made, site, _PROMPTS) for site in get_args(SweepSite)]
    if model is not None:
        ids = (model.text_ids("The capital of France is the city of"),
               model.text_ids("The capital of Italy is the city of"))  # fmt: skip
        lines += [check(model, site, ids) for site in get_args(SweepSite)]
    return lines
