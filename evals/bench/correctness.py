"""Every site of the sweep in every architecture, against plain hooks on the model's own modules.

The checks share no arithmetic with the sweep: one whole forward pass for each cell, in which a
hook exchanges what one module reads or gives.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import torch
from torch import Tensor

from ...tools.engine.adapters import FAMILIES
from ...tools.engine.causal.cells import Cell, SweepSite, values
from ...tools.engine.causal.gradients import gradients
from ...tools.engine.causal.patch import patch_cells, run_of
from ...tools.engine.causal.readout import Readout, logit_difference
from ...tools.engine.recording import (
    Recording,
    attention_adds,
    down_map,
    mlp_adds,
    output_map,
    record,
)
from ...tools.engine.residual import first, hooked
from ...tools.engine.sweep import sweep_cells
from ...tools.model import Model

_PROMPTS = [3, 11, 7, 29, 5, 13, 17, 2, 23], [3, 11, 7, 31, 5, 13, 37, 2, 23]
TOLERANCE = 5e-5  # of the largest logit; patches that move less would prove nothing


def tiny(family: str) -> Model:
    """A small random model with every peculiarity of its architecture switched on.

    Args:
        family: A `model_type` with an adapter, or `gpt_neox`, which has none.
    """
    from pathlib import Path

    from transformers import AutoConfig, AutoModelForCausalLM

    shape: dict[str, Any] = {
        "num_hidden_layers": 3, "hidden_size": 32, "intermediate_size": 48, "head_dim": 8,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
    }  # fmt: skip
    if family == "gpt2":
        shape = {"n_layer": 3, "n_embd": 32, "n_head": 4, "n_positions": 64}
    if family == "gpt_neox":
        del shape["num_key_value_heads"], shape["head_dim"]
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
    tokenizer = None if family in FAMILIES else _tokenizer()
    return Model(hf=hf, tokenizer=tokenizer, name=f"tiny {family}", sha256="", folder=Path())


def _tokenizer() -> Any:
    """A tokenizer of numbered words, which TransformerLens will not start without."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = {str(i): i for i in range(64)}
    raw = Tokenizer(models.WordLevel(words, unk_token="0"))
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="1", pad_token="0", unk_token="0"
    )


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
    return _line(model, site, found, wanted, unpatched)


def check_donor(model: Model, site: SweepSite, ids: tuple[list[int], list[int]]) -> dict[str, Any]:
    """All positions of a layer's stream at once from the donor: its own logits must come out."""
    source, into = record(model, ids[0]), record(model, ids[1])
    cells = [(layer, -1, 0) for layer in range(model.n_layers)]
    found = sweep_cells(model, source, into, site=site, cells=cells, read=model.adapter.logits)
    wanted = source.logits.cpu()
    return _line(model, f"{site}=donor", found, wanted, into.logits.cpu())


def check_sum(model: Model, ids: tuple[list[int], list[int]]) -> dict[str, Any]:
    """What attention and MLP add must sum to the stream of the layer above."""
    run = record(model, ids[0])
    found = run.resid_mid + run.mlp_out
    return _line(model, "sum", found, run.resid_pre[1:], run.resid_pre[:-1])


def _difference(ids: tuple[list[int], list[int]]) -> Readout:
    """Difference of two tokens' logits: of the first tokens in which the prompts differ."""
    return logit_difference(*next((a, b) for a, b in zip(*ids, strict=True) if a != b))


def check_gradient(
    model: Model, site: SweepSite, ids: tuple[list[int], list[int]]
) -> dict[str, Any]:
    """Slopes along (source − into) by gradients, and by central differences of real patches."""
    source, into = record(model, ids[0]), record(model, ids[1])
    readout = _difference(ids)
    cells = cells_of(model, source, into, site)
    gap = values(source, site) - values(into, site)
    found = gradients(model, ids[1], ids[1], [0.0], site=site, readout=readout)[0].view_as(gap)
    width = 0.1 if site == "neurons" else 1e-2  # one neuron moves little: rounding shows sooner
    sides = []
    for sign in (1, -1):
        field = "attn_out" if site == "resid_mid" else site
        moved = getattr(into, field).clone()
        moved[: len(gap)] += sign * width * gap
        near = replace(into, **{field: moved})
        sides.append(
            sweep_cells(
                model, near, into, site=site, cells=cells,
                read=lambda stream: readout.of_stream(model, stream),
            )[:, 0]
        )  # fmt: skip
    slopes = (sides[0] - sides[1]) / (2 * width)
    product = gap * found
    by_gradient = []
    for layer, position, part in cells:
        here = product[layer] if position < 0 else product[layer, position : position + 1]
        here = here[:, part] if site in ("z", "neurons") else here
        by_gradient.append(here.sum())
    ours = torch.stack(by_gradient)
    # Differences of float32 logits over a step this small are good to two digits or so.
    return _line(
        model,
        f"{site} slope",
        ours,
        slopes,
        torch.zeros_like(slopes),
        tolerance=2e-2 if site == "neurons" else 5e-3,
    )


def check_fallback(
    site: SweepSite, ids: tuple[list[int], list[int]], made: Model
) -> dict[str, Any]:
    """Whole passes through TransformerLens, against plain hooks on a model without an adapter."""
    source, into = run_of(made, ids[0]), run_of(made, ids[1])
    readout = _difference(ids)
    cells = cells_of(made, source, into, site)
    found = patch_cells(made, source, into, site=site, cells=cells, readout=readout)
    wanted = readout.of_logits(torch.stack([_neox(made, source, into, site, c) for c in cells]))
    return _line(made, site, found, wanted, readout.of_logits(into.logits[None]))


def _neox(model: Model, source: Recording, into: Recording, site: SweepSite, cell: Cell) -> Tensor:
    """One whole forward pass of a GPT-NeoX with one hook for the cell."""
    index, position, part = cell
    layer = model.hf.gpt_neox.layers[index]
    where = slice(None) if position < 0 else slice(position, position + 1)
    value = values(source, site)[index, where]

    def change(hidden: Tensor) -> Tensor:
        hidden = hidden.clone()
        if site in ("z", "neurons"):
            parts = hidden.view(*hidden.shape[:2], *values(source, site).shape[2:])
            parts[0, where, part] = value[:, part]
        else:
            hidden[0, where] = value
        return hidden

    def before(_: Any, inputs: Any) -> Any:
        return (change(inputs[0]), *inputs[1:])

    def after(_: Any, __: Any, out: Any) -> Any:
        return (change(out[0]), *out[1:]) if isinstance(out, tuple) else change(out)

    reads = {"resid_pre": layer, "z": layer.attention.dense, "neurons": layer.mlp.dense_4h_to_h}
    if site in reads:
        handle = reads[site].register_forward_pre_hook(before)
    else:
        writes = layer.attention if site == "attn_out" else layer.mlp
        handle = writes.register_forward_hook(after)
    with hooked([handle]), torch.no_grad():
        return model.hf(input_ids=torch.tensor([into.ids]), use_cache=False).logits[0, -1]  # type: ignore


def _line(
    model: Model, what: str, found: Tensor, wanted: Tensor, unpatched: Tensor,
    *, tolerance: float = TOLERANCE,
) -> dict[str, Any]:  # fmt: skip
    size = float(wanted.abs().max())
    moved = float((wanted - unpatched).abs().max()) / size
    error = float((found - wanted).abs().max()) / size
    return {
        "model": model.name,
        "site": what,
        "cells": len(found),
        "error": error,
        "moved": moved,
        "equal": error <= tolerance < moved,
    }


def checks(model: Model, ids: tuple[list[int], list[int]]) -> list[dict[str, Any]]:
    """Every check of one model."""
    sites: tuple[SweepSite, ...] = get_args(SweepSite)
    streams: tuple[SweepSite, ...] = ("resid_pre", "resid_mid")
    return [
        *(check(model, site, ids) for site in sites),
        *(check_donor(model, site, ids) for site in streams),
        check_sum(model, ids),
        *(check_gradient(model, site, ids) for site in sites),
    ]


def table(
    families: list[str] | None = None,
    model: Model | None = None,
    on_model: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """All sites of tiny random models of the given families, and of one real model.

    Args:
        families: Architectures; None for all that have an adapter.
        model: A loaded model to check as well.
        on_model: Told the name of each model before it is checked.
    """
    lines = []
    for name in FAMILIES if families is None else families:
        on_model(f"tiny {name}")
        lines += checks(tiny(name), _PROMPTS)
    if families is None:
        made = tiny("gpt_neox")
        on_model(made.name)
        lines += [
            check_fallback(s, _PROMPTS, made) for s in get_args(SweepSite) if s != "resid_mid"
        ]
    if model is not None:
        on_model(model.name)
        ids = (model.text_ids("The capital of France is the city of"),
               model.text_ids("The capital of Italy is the city of"))  # fmt: skip
        lines += checks(model, ids)
    return lines


def page(lines: list[dict[str, Any]], machine: dict[str, Any]) -> str:
    """The table as markdown, with how to repeat it.

    Args:
        lines: What `table` gives.
        machine: Where it ran: `cpu`, `threads`, `torch`.
    """
    wrong = sum(not line["equal"] for line in lines)
    text = [
        "# Patching against plain hooks",
        "",
        f"{machine['cpu']}, {machine['threads']} thread(s), torch {machine['torch']}, float32. "
        "Each line compares a random sample of cells with whole forward passes that carry one hook "
        "each, slopes with finite differences. Error and what the patches move are shares of the "
        "largest number compared; a line is equal only if the patches move far more than the "
        "error allowed.",
        "",
        f"{len(lines) - wrong} of {len(lines)} lines equal.",
        "",
        "| model | site | cells | error | moved | |",
        "|---|---|---|---|---|---|",
    ]
    for line in lines:
        text.append(
            f"| {line['model']} | {line['site']} | {line['cells']} | {line['error']:.0e} "
            f"| {line['moved']:.0e} | {'equal' if line['equal'] else 'NOT EQUAL'} |"
        )
    return "\n".join([*text, "", "Repeat: `mechmentor bench correctness --save benchmarks`.", ""])
