"""The sweep against one plain hooked forward for each cell, and TransformerLens' resid_mid."""

from typing import get_args

import pytest
import torch

from mechmentor.evals.bench.correctness import cells_of
from mechmentor.tests.tools.tiny_models import tiny_gpt2, tiny_llama_model
from mechmentor.tools.engine import patching
from mechmentor.tools.engine.causal.cells import SweepSite
from mechmentor.tools.engine.patching import sweep_layers
from mechmentor.tools.engine.recording import record
from mechmentor.tools.engine.sweep import sweep_cells
from mechmentor.tools.models import load_model
from mechmentor.tools.spec import Refusal

TOKENS = [5, 9, 300]
TOLERANCE = {"atol": 2e-4, "rtol": 2e-4}


def sweep(model, source, into, *, site, layers, positions, tokens, charge=lambda _: None):
    """Logits [layer, position, token] of every cell of a grid."""
    return sweep_layers(
        model, source, into, site=site,
        cells=[(layer, position, 0) for layer in layers for position in positions],
        read=lambda stream: model.adapter.logits(stream, tokens), charge=charge,
    ).view(len(layers), len(positions), -1)  # fmt: skip


@pytest.fixture(params=["llama", "gpt2"])
def model(request):
    return tiny_llama_model() if request.param == "llama" else tiny_gpt2()


def prompts(model):
    one = model.text_ids("Is the lamp by the river or the bridge")
    two = model.text_ids("Is the lamp by the castle or the bridge")
    assert len(one) == len(two)
    return one, two


def first(out):
    return out[0] if isinstance(out, tuple) else out


def run(model, ids, hooks=()):
    """A plain forward with hooks on modules; each replaces what the module gives."""
    handles = [
        module.register_forward_pre_hook(hook) if before else module.register_forward_hook(hook)
        for module, before, hook in hooks
    ]
    try:
        return model.hf(input_ids=torch.tensor([ids])).logits[0, -1]
    finally:
        for handle in handles:
            handle.remove()


def module_of(model, layer, site):
    block = model.hf.model.layers[layer] if hasattr(model.hf, "model") else None
    block = block or model.hf.transformer.h[layer]
    if site == "attn_out":
        return getattr(block, "self_attn", None) or block.attn
    return block.mlp if site == "mlp_out" else block


def kept(model, ids, layer, site):
    """What a module gives (or a layer reads), from a plain forward."""
    store = []
    module = module_of(model, layer, site)
    if site == "resid_pre":
        hook = (module, True, lambda _, args: store.append(args[0].clone()))
    else:
        hook = (module, False, lambda _, __, out: store.append(first(out).clone()))
    run(model, ids, [hook])
    return store[0][0]


def brute_force(model, there, here, layer, position, site):
    value = kept(model, there, layer, site)[position]

    def before(_, args):
        hidden = args[0].clone()
        hidden[0, position] = value
        return (hidden, *args[1:])

    def after(_, __, out):
        hidden = first(out).clone()
        hidden[0, position] = value
        return (hidden, *out[1:]) if isinstance(out, tuple) else hidden

    is_pre = site == "resid_pre"
    return run(model, here, [(module_of(model, layer, site), is_pre, before if is_pre else after)])


@pytest.mark.parametrize("site", ["resid_pre", "attn_out", "mlp_out"])
def test_every_cell_equals_a_plain_hooked_forward(model, site):
    there, here = prompts(model)
    layers, positions = list(range(model.n_layers)), list(range(len(here)))
    found = sweep(
        model, record(model, there), record(model, here),
        site=site, layers=layers, positions=positions, tokens=TOKENS,
    )  # fmt: skip
    plain = run(model, here)[TOKENS]
    moved = 0
    for layer in layers:
        for position in positions:
            wanted = brute_force(model, there, here, layer, position, site)[TOKENS]
            torch.testing.assert_close(found[layer, position], wanted, **TOLERANCE)
            moved += bool((wanted - plain).abs().max() > 0.01)
    assert moved > 3


def llama_resid_mid(model, there, here, layer, position):
    """Set resid_mid by writing out a Llama layer by hand."""
    block = model.hf.model.layers[layer]
    store = []
    norm = block.post_attention_layernorm
    run(model, there, [(norm, True, lambda _, args: store.append(args[0].clone()))])
    value, original = store[0][0, position], block.forward

    def by_hand(hidden_states, **named):
        added = block.self_attn(hidden_states=block.input_layernorm(hidden_states), **named)
        middle = hidden_states + first(added)
        middle[0, position] = value
        return middle + block.mlp(norm(middle))

    block.forward = by_hand
    try:
        return run(model, here)
    finally:
        block.forward = original


def test_resid_mid_reaches_both_branches():
    model = tiny_llama_model()
    there, here = prompts(model)
    positions = list(range(len(here)))
    found = sweep(
        model, record(model, there), record(model, here),
        site="resid_mid", layers=[0, 1], positions=positions, tokens=TOKENS,
    )  # fmt: skip
    for layer in (0, 1):
        for position in positions:
            wanted = llama_resid_mid(model, there, here, layer, position)[TOKENS]
            torch.testing.assert_close(found[layer, position], wanted, **TOLERANCE)


@pytest.mark.slow
def test_transformer_lens_resid_mid_is_wrong_where_ours_is_right():
    """If this fails, TransformerLens may have been repaired and the note on it is outdated."""
    model = tiny_llama_model()
    there, here = prompts(model)
    position = len(here) - 1
    source, into = record(model, there), record(model, here)
    middle = source.resid_mid[1][position]

    def patch(value, hook):
        value = value.clone()
        value[0, position] = middle
        return value

    through = model.bridge.run_with_hooks(
        torch.tensor([here]), fwd_hooks=[("blocks.1.hook_resid_mid", patch)], return_type="logits"
    )[0, -1, TOKENS]
    ours = sweep(
        model, source, into, site="resid_mid", layers=[1], positions=[position], tokens=TOKENS
    )[0, 0]
    truth = llama_resid_mid(model, there, here, 1, position)[TOKENS]
    torch.testing.assert_close(ours, truth, **TOLERANCE)
    assert (through - truth).abs().max() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("site", ["resid_pre", "attn_out", "mlp_out"])
def test_transformer_lens_agrees_on_the_other_sites(site):
    model = tiny_llama_model()
    there, here = prompts(model)
    position = len(here) - 1
    source, into = record(model, there), record(model, here)
    value = {"resid_pre": source.resid_pre, "attn_out": source.attn_out, "mlp_out": source.mlp_out}

    def patch(activation, hook):
        activation = activation.clone()
        activation[0, position] = value[site][1][position]
        return activation

    through = model.bridge.run_with_hooks(
        torch.tensor([here]), fwd_hooks=[(f"blocks.1.hook_{site}", patch)], return_type="logits"
    )[0, -1, TOKENS]
    ours = sweep(model, source, into, site=site, layers=[1], positions=[position], tokens=TOKENS)[
        0, 0
    ]
    torch.testing.assert_close(ours, through, **TOLERANCE)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gemma2", "gemma3_text", "qwen2", "qwen3"])
def test_what_the_blocks_add_sums_to_the_stream_in_every_architecture(make_tiny, kind):
    model = load_model(make_tiny(kind), device="cpu")
    one, two = [5, 20, 33, 70, 12], [5, 20, 44, 70, 12]
    source, into = record(model, one), record(model, two)
    torch.testing.assert_close(
        source.resid_mid + source.mlp_out, source.resid_pre[1:], atol=1e-4, rtol=1e-4
    )
    found = sweep(
        model, source, into, site="resid_pre", layers=[0, 1], positions=[1, 2], tokens=TOKENS
    )
    # Layer 0 at the one position that differs is the clean prompt itself.
    torch.testing.assert_close(found[0, 1], source.logits[TOKENS], **TOLERANCE)
    torch.testing.assert_close(found[0, 0], into.logits[TOKENS], **TOLERANCE)


def test_small_calls_of_a_layer_give_the_same_numbers(model, monkeypatch):
    there, here = prompts(model)
    arguments = {
        "site": "attn_out", "layers": [0, 1], "positions": [3, 5, 8], "tokens": TOKENS,
    }  # fmt: skip
    whole = sweep(model, record(model, there), record(model, here), **arguments)
    monkeypatch.setattr(patching, "_TOKENS", 1)
    parts = sweep(model, record(model, there), record(model, here), **arguments)
    torch.testing.assert_close(whole, parts, **TOLERANCE)


def test_patching_a_run_with_itself_changes_no_bit_and_costs_nothing(model):
    _, here = prompts(model)
    booked = []
    run_here = record(model, here)
    found = sweep(
        model, run_here, run_here, site="resid_pre",
        layers=[0, 1], positions=[0, 4], tokens=TOKENS, charge=booked.append,
    )  # fmt: skip
    assert (found == found[0, 0]).all()
    assert sum(booked) == 0


def test_a_sweep_is_charged_for_the_layers_that_it_runs(model):
    there, here = prompts(model)
    booked = []
    last = len(here) - 1
    sweep(
        model, record(model, there), record(model, here), site="resid_pre",
        layers=[1], positions=[last], tokens=TOKENS, charge=booked.append,
    )  # fmt: skip
    share = (model.n_layers - 1) / model.n_layers
    assert sum(booked) == pytest.approx(len(here) * share, abs=1)


def test_prompts_of_different_length_are_refused(model):
    there, here = prompts(model)
    with pytest.raises(ValueError, match="cannot be patched"):
        sweep(
            model, record(model, there[:-1]), record(model, here),
            site="resid_pre", layers=[0], positions=[0], tokens=TOKENS,
        )  # fmt: skip


def test_an_architecture_that_adds_something_else_is_refused(model):
    block = model.adapter.layers[0]
    block.mlp.register_forward_hook(lambda _, __, out: out + 1.0)  # before the recording's hook
    handle = block.register_forward_hook(
        lambda _, __, out: (out[0] + 5.0, *out[1:]) if isinstance(out, tuple) else out + 5.0
    )
    with pytest.raises(Refusal, match="do not add up"):
        record(model, prompts(model)[0])
    handle.remove()


@pytest.mark.parametrize("site", get_args(SweepSite))
def test_equals_the_own_sweep_at_every_site(model, site):
    there, here = prompts(model)
    source, into = record(model, there), record(model, here)
    words = {"site": site, "cells": cells_of(model, source, into, site), "held": 30}
    words["read"] = lambda stream: model.adapter.logits(stream, TOKENS)
    ours = sweep_layers(model, source, into, **words)
    torch.testing.assert_close(ours, sweep_cells(model, source, into, **words), **TOLERANCE)
    assert (ours - ours[:1]).abs().max() > 1e-3
