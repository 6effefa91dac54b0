"""The final norm's scale and its frozen map, for RMSNorm and LayerNorm."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_gpt2, tiny_llama_model
from mechmentor.tools.engine.final_norm import freeze, norm_scale


def test_the_scale_is_the_norms_weight():
    llama, gpt2 = tiny_llama_model(), tiny_gpt2()
    close = {"rtol": 1e-4, "atol": 1e-4}
    torch.testing.assert_close(norm_scale(llama), llama.hf.model.norm.weight.data, **close)
    torch.testing.assert_close(norm_scale(gpt2), gpt2.hf.transformer.ln_f.weight.data, **close)


@pytest.mark.parametrize(("make", "centred"), [(tiny_llama_model, False), (tiny_gpt2, True)])
def test_the_frozen_map_gives_the_norm_and_is_additive(make, centred):
    model = make()
    final = torch.randn(model.d_model, generator=torch.Generator().manual_seed(0))
    frozen = freeze(model, final)
    assert frozen.centred is centred
    normed = model.adapter.final_norm(final[None])[0]
    torch.testing.assert_close(frozen(final) + frozen.bias, normed, rtol=1e-4, atol=1e-4)
    part = torch.randn(model.d_model)
    torch.testing.assert_close(frozen(part) + frozen(final - part), frozen(final))


def test_a_vector_of_another_width_is_refused():
    with pytest.raises((TypeError, RuntimeError)):
        freeze(tiny_llama_model(), torch.randn(7))
