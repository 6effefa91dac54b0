"""Low precision says how far it is from float32; the figure is measured another way here."""

import copy

import pytest
import torch

from mechmentor.evals.bench.correctness import plain
from mechmentor.tests.tools.intervene.test_activation_patching import PAIR
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.engine.causal.patch import patch_cells, run_of
from mechmentor.tools.engine.causal.precision import error_of_dtype
from mechmentor.tools.engine.causal.readout import logit_difference
from mechmentor.tools.intervene.activation_patching import (
    ActivationPatchingArgs,
    activation_patching,
)
from mechmentor.tools.model import Model
from mechmentor.tools.workbench import Workbench

CELLS = [(0, 4, 0), (1, 4, 0), (1, 9, 0)]
READ = logit_difference(9, 300)


def low() -> Model:
    model = tiny_llama_model()
    for weight in model.hf.parameters():
        weight.data = weight.data.bfloat16()
    return model


def test_the_error_is_that_of_plain_passes_in_float32():
    model = low()
    wide = Model(copy.deepcopy(model.hf).float(), model.tokenizer, "wide", "", model.folder)
    prompts = model.text_ids(PAIR["clean"]), model.text_ids(PAIR["corrupted"])
    sampled, error = error_of_dtype(
        model, prompts, site="resid_pre", cells=CELLS, readout=READ,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    source, into = (run_of(wide, ids) for ids in prompts)
    logits = torch.stack([plain(wide, source, into, "resid_pre", cell) for cell in CELLS])
    here = [run_of(model, ids) for ids in prompts]
    mine = patch_cells(model, *here, site="resid_pre", cells=CELLS, readout=READ)
    assert sampled == len(CELLS)
    assert error == pytest.approx(float((mine - READ.of_logits(logits)).abs().max()), rel=0.01)
    assert error > 1e-4


def test_measuring_leaves_the_model_as_it_was_and_is_charged():
    model, booked = low(), []
    model.counters.append(booked.append)
    before = {k: v.clone() for k, v in model.hf.state_dict().items()}
    prompts = model.text_ids(PAIR["clean"]), model.text_ids(PAIR["corrupted"])
    error_of_dtype(
        model, prompts, site="resid_pre", cells=CELLS, readout=READ,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert model.dtype == torch.bfloat16
    assert all(torch.equal(v, before[k]) for k, v in model.hf.state_dict().items())
    assert sum(booked) == 4 * len(prompts[0])


def test_a_result_in_bfloat16_says_that_it_is_not_equal(tmp_path):
    result = activation_patching(Workbench(low(), folder=tmp_path), ActivationPatchingArgs(**PAIR))
    assert any("bfloat16 is not equal to float32" in w for w in result.warnings)
    exact = Workbench(tiny_llama_model(), folder=tmp_path)
    result = activation_patching(exact, ActivationPatchingArgs(**PAIR))
    assert not any("not equal" in w for w in result.warnings)
