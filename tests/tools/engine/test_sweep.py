"""The fast sweep: the table against plain hooks, memory, and what is refused."""

from typing import get_args

import pytest
import torch

from mechmentor.evals.bench.correctness import (
    _PROMPTS,
    cells_of,
    check,
    check_donor,
    check_gradient,
    check_sum,
    tiny,
)
from mechmentor.tools.engine import blocks, packed
from mechmentor.tools.engine import sweep as module
from mechmentor.tools.engine.adapters import FAMILIES
from mechmentor.tools.engine.causal.cells import SweepSite
from mechmentor.tools.engine.recording import record
from mechmentor.tools.engine.sweep import sweep_cells
from mechmentor.tools.engine.sweep_layer import LayerPass, knows
from mechmentor.tools.spec import Refusal


@pytest.fixture(scope="module", params=list(FAMILIES))
def model(request):
    return tiny(request.param)


@pytest.fixture(scope="module")
def llama():
    return tiny("llama")


def run(model, site="z", source=None, into=None, **words):
    source = source or record(model, _PROMPTS[0])
    into = into or record(model, _PROMPTS[1])
    cells = cells_of(model, record(model, _PROMPTS[0]), record(model, _PROMPTS[1]), site)
    words = {"cells": cells, "read": model.adapter.logits, **words}
    return sweep_cells(model, source, into, site=site, **words)


@pytest.mark.parametrize("site", get_args(SweepSite))
def test_every_site_equals_one_plain_hooked_pass_a_cell(model, site):
    line = check(model, site, _PROMPTS)
    assert line["equal"], line


@pytest.mark.parametrize("site", ["resid_pre", "resid_mid"])
def test_a_whole_layer_from_the_donor_gives_the_donors_logits(model, site):
    line = check_donor(model, site, _PROMPTS)
    assert line["equal"], line


def test_blocks_sum_to_the_stream(model):
    assert check_sum(model, _PROMPTS)["equal"]


@pytest.mark.parametrize("site", get_args(SweepSite))
def test_gradients_equal_finite_differences(model, site):
    line = check_gradient(model, site, _PROMPTS)
    assert line["equal"], line


def test_a_wrong_rotation_would_show(llama, monkeypatch):
    real = LayerPass.project
    monkeypatch.setattr(LayerPass, "project", lambda self, x, at: real(self, x, at * 0))
    assert not check(llama, "resid_pre", _PROMPTS)["equal"]


@pytest.mark.parametrize("site", ["resid_pre", "z", "neurons"])
@pytest.mark.parametrize("pack_from", [1, 10**6])
def test_weights_that_are_not_kept_packed_give_the_same_numbers(
    model, site, pack_from, monkeypatch
):
    monkeypatch.setattr(packed, "_MOST_BYTES", 0)
    monkeypatch.setattr(blocks, "_PACK_FROM", pack_from)
    line = check(model, site, _PROMPTS)
    assert line["equal"], line


@pytest.mark.parametrize("filled", [0, 30])
def test_groups_that_are_not_filled_up_give_the_same_numbers(model, filled, monkeypatch):
    monkeypatch.setattr("mechmentor.tools.engine.sweep_layer._FILLED", filled)
    line = check(model, "resid_pre", _PROMPTS)
    assert line["equal"], line


@pytest.mark.parametrize("site", get_args(SweepSite))
def test_small_chunks_give_the_same_numbers(llama, site):
    torch.testing.assert_close(run(llama, site), run(llama, site, held=1), atol=1e-5, rtol=1e-4)


def test_no_chunk_holds_more_vectors_than_allowed(llama, monkeypatch):
    seen, real = [], LayerPass.through

    def through(self, x, groups, *, last):
        seen.append(len(x))
        return real(self, x, groups, last=last)

    monkeypatch.setattr(LayerPass, "through", through)
    run(llama, "resid_pre", held=10)
    assert max(seen) <= 10


@pytest.mark.parametrize("site", ["resid_pre", "z"])
def test_small_blocks_give_the_same_numbers(model, site, monkeypatch):
    monkeypatch.setattr("mechmentor.tools.engine.sweep_layer.TOGETHER", 10)
    line = check(model, site, _PROMPTS)
    assert line["equal"], line


def test_equal_cells_are_skipped_and_cost_nothing(llama):
    booked, here = [], record(llama, _PROMPTS[1])
    found = run(llama, source=here, into=here, charge=booked.append)
    assert (found == found[0]).all()
    assert booked == []


def out_of_memory(monkeypatch, times):
    real, calls = module._run, []

    def failing(*args):
        calls.append(len(args[4]))
        if len(calls) <= times:
            raise torch.OutOfMemoryError("injected")
        return real(*args)

    monkeypatch.setattr(module, "_run", failing)
    return calls


def test_out_of_memory_halves_the_batch_once(llama, monkeypatch):
    wanted = run(llama, "resid_pre")
    calls = out_of_memory(monkeypatch, 1)
    torch.testing.assert_close(run(llama, "resid_pre", held=40), wanted, atol=1e-5, rtol=1e-4)
    assert calls[1] < calls[0]


def test_out_of_memory_twice_is_a_refusal(llama, monkeypatch):
    out_of_memory(monkeypatch, 2)
    with pytest.raises(Refusal, match="halved once") as caught:
        run(llama)
    assert caught.value.failure.code == "model_limit"


def test_values_that_are_not_finite_are_refused(llama):
    with pytest.raises(Refusal, match="not finite"):
        run(llama, read=lambda x: x * torch.nan)


def test_prompts_of_different_length_are_refused(llama):
    with pytest.raises(ValueError, match="cannot be patched"):
        run(llama, source=record(llama, _PROMPTS[0][:-1]))


def test_hooks_inside_a_layer_send_the_sweep_elsewhere(llama):
    handle = llama.adapter.layers[0].mlp.register_forward_hook(lambda *_: None)
    assert not knows(llama)
    handle.remove()
    assert knows(llama)
