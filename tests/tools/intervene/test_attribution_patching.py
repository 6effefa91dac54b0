"""Attribution patching as a tool: faithful where the model is linear, and said so where not."""

import pytest
import torch

from mechmentor.tests.tools.intervene.test_activation_patching import PAIR, copying
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.engine.causal.gradients import attributions
from mechmentor.tools.engine.causal.patch import own_value, patch_cells
from mechmentor.tools.engine.causal.readout import logit_difference
from mechmentor.tools.engine.recording import record
from mechmentor.tools.intervene.attribution_patching import (
    AttributionPatchingArgs,
    attribution_patching,
)
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

READ = logit_difference(9, 300)


@pytest.fixture
def bench(tmp_path):
    return Workbench(tiny_llama_model(), folder=tmp_path)


def runs(model):
    return record(model, model.text_ids(PAIR["clean"])), record(
        model, model.text_ids(PAIR["corrupted"])
    )


def test_the_whole_path_adds_up_to_the_whole_difference(bench):
    """Completeness: over the embeddings, mean gradient times change is the whole change."""
    source, into = runs(bench.target)
    gap = own_value(bench.target, source, READ) - own_value(bench.target, into, READ)
    words = {"site": "resid_pre", "readout": READ}
    along = attributions(bench.target, source, into, path_steps=64, **words)[0].sum()
    assert float(along) == pytest.approx(gap, rel=0.02, abs=2e-3)


def test_one_step_is_the_gradient_of_the_patched_run(bench):
    """At the last layer's last head the estimate differs from a patch by the final norm alone."""
    source, into = runs(bench.target)
    found = attributions(bench.target, source, into, site="z", readout=READ)[-1].sum(0)
    cells = [(1, -1, head) for head in range(4)]
    real = patch_cells(bench.target, source, into, site="z", cells=cells, readout=READ)
    real = real - own_value(bench.target, into, READ)
    torch.testing.assert_close(found, real, rtol=0.5, atol=0.05)
    assert real.abs().max() > 1e-3


@pytest.mark.parametrize("site", ["z", "resid_pre", "attn_out", "mlp_out"])
@pytest.mark.parametrize("direction", ["denoising", "noising"])
def test_faithfulness_is_measured_by_real_patches(bench, site, direction):
    args = AttributionPatchingArgs(**PAIR, site=site, direction=direction, path_steps=2)
    result = attribution_patching(bench, args)
    data = result.data
    assert 2 <= data.sampled <= 48
    assert -1.0 <= data.correlation <= 1.0
    assert f"r = {data.correlation:.2f}" in result.summary
    assert result.control.numbers["largest_deviation"] == data.largest_deviation
    assert data.largest_deviation >= 0


def test_a_planted_word_is_found_and_the_control_stays_below(bench):
    copying(bench, "river", "garden")
    args = AttributionPatchingArgs(**PAIR, site="mlp_out", path_steps=4)
    result = attribution_patching(bench, args)
    assert result.data.top[0].layer == 0
    assert result.data.top[0].patched == pytest.approx(1.0, abs=0.2)


def test_poor_estimates_are_called_poor(bench):
    copying(bench, "river", "garden")
    result = attribution_patching(bench, AttributionPatchingArgs(**PAIR, site="resid_pre"))
    assert result.data.largest_deviation > 1
    assert "raise path_steps" in result.warnings[-1]


def test_an_empty_prompt_is_refused(bench):
    with pytest.raises(Refusal, match="prompt is empty"):
        attribution_patching(bench, AttributionPatchingArgs(**{**PAIR, "clean": ""}))


@pytest.mark.slow
def test_agreement_on_the_stream_misleads_from_one_gradient_and_not_along_the_path(
    bundled_model, tmp_path
):
    """Whether a noun is one or many saturates: at the corrupted prompt the gradient is blind."""
    bench = Workbench(bundled_model, folder=tmp_path)
    words = {"pairs": "agreement", "site": "resid_pre", "controls": 4}
    one, path = (
        attribution_patching(bench, AttributionPatchingArgs(**words, path_steps=steps))
        for steps in (1, 8)
    )
    print(f"r = {one.data.correlation:.2f} from one gradient, {path.data.correlation:.2f} from 8")
    assert one.data.sampled == path.data.sampled == 48
    assert one.data.correlation < 0.5
    assert any("raise path_steps" in warning for warning in one.warnings)
    assert path.data.correlation > 0.7
