"""An architecture without an adapter is patched through TransformerLens, in bounded batches."""

import pytest
import torch

from mechmentor.evals.bench.correctness import _PROMPTS, cells_of, check_fallback, tiny
from mechmentor.tools.engine.causal import bridge as module
from mechmentor.tools.engine.causal.bridge import sweep_bridge
from mechmentor.tools.engine.causal.patch import run_of
from mechmentor.tools.engine.causal.readout import logit_difference
from mechmentor.tools.spec import Refusal

READ = logit_difference(29, 31)


@pytest.fixture(scope="module")
def neox():
    return tiny("gpt_neox")


@pytest.fixture(scope="module")
def recorded(neox):
    return run_of(neox, _PROMPTS[0]), run_of(neox, _PROMPTS[1])


def run(neox, recorded, **words):
    cells = cells_of(neox, *recorded, "resid_pre")
    return sweep_bridge(
        neox, *recorded, **{"site": "resid_pre", "cells": cells, "readout": READ, **words}
    )


@pytest.mark.parametrize("site", ["resid_pre", "attn_out", "mlp_out", "z", "neurons"])
def test_every_site_equals_plain_hooks(neox, site):
    line = check_fallback(site, _PROMPTS, neox)
    assert line["equal"], line


def test_attention_and_mlp_side_by_side_have_no_stream_between_them(neox, recorded):
    with pytest.raises(Refusal, match="no resid_mid"):
        run(neox, recorded, site="resid_mid")


def test_no_pass_holds_more_tokens_than_allowed(neox, recorded, monkeypatch):
    wanted, seen = run(neox, recorded), []
    real = neox.bridge.run_with_hooks

    def counted(ids, **words):
        seen.append(ids.numel())
        return real(ids, **words)

    monkeypatch.setattr(neox.bridge, "run_with_hooks", counted)
    torch.testing.assert_close(run(neox, recorded, held=18), wanted, atol=1e-5, rtol=1e-4)
    assert max(seen) <= 18


@pytest.mark.parametrize("times", [1, 2])
def test_out_of_memory_halves_the_batch_once_and_then_is_a_refusal(
    neox, recorded, monkeypatch, times
):
    wanted, calls = run(neox, recorded), []
    real = neox.bridge.run_with_hooks

    def failing(ids, **words):
        calls.append(len(ids))
        if len(calls) <= times:
            raise torch.OutOfMemoryError("injected")
        return real(ids, **words)

    monkeypatch.setattr(neox.bridge, "run_with_hooks", failing)
    if times == 1:
        torch.testing.assert_close(run(neox, recorded), wanted, atol=1e-5, rtol=1e-4)
        assert calls[1] <= calls[0] / 2
    else:
        with pytest.raises(Refusal, match="halved once") as refused:
            run(neox, recorded)
        assert refused.value.failure.code == "model_limit"


def test_an_architecture_that_transformer_lens_cannot_load_is_refused(neox, monkeypatch):
    monkeypatch.setattr(type(neox), "bridge", property(lambda self: 1 / 0))
    with pytest.raises(Refusal, match="cannot load it") as refused:
        module.record_bridge(neox, _PROMPTS[0])
    assert refused.value.failure.code == "model_limit"
