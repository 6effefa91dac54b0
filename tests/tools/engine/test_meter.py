"""The meter counts what enters a model, by whatever way, and stops before the limit is passed."""

from typing import Any

import pytest
import torch

from mechmentor.tools.engine.batch import last_logits
from mechmentor.tools.engine.meter import TokenMeter
from mechmentor.tools.engine.sampling import generate
from mechmentor.tools.spec import Refusal

IDS = torch.tensor([[5, 9, 20], [7, 7, 7]])


@pytest.fixture
def meter(tiny_model: Any) -> TokenMeter:
    meter = TokenMeter()
    meter.attach(tiny_model)
    return meter


def test_plain_forward_and_keyword_ids(tiny_model: Any, meter: TokenMeter) -> None:
    tiny_model.hf(IDS)
    tiny_model.hf(input_ids=IDS)
    tiny_model.adapter.body(input_ids=IDS)
    assert meter.tokens == 18


def test_vectors_in_place_of_tokens(tiny_model: Any, meter: TokenMeter) -> None:
    tiny_model.hf(inputs_embeds=torch.zeros(2, 5, tiny_model.d_model))
    assert meter.tokens == 10


def test_bridge_booted_before_or_after(tiny_model: Any) -> None:
    bridge = tiny_model.bridge
    meter = TokenMeter()
    meter.attach(tiny_model)
    bridge(IDS)
    assert meter.tokens == 6
    bridge.run_with_cache(IDS, names_filter="blocks.0.hook_resid_pre")
    assert meter.tokens == 12
    tiny_model.hf(IDS)
    assert meter.tokens == 18


def test_transformers_generate_with_a_cache(tiny_model: Any, meter: TokenMeter) -> None:
    tiny_model.hf.generate(
        IDS, attention_mask=torch.ones_like(IDS), max_new_tokens=3, min_new_tokens=3
    )
    assert meter.tokens == 6 + 2 + 2


def test_padding_counts(tiny_model: Any, meter: TokenMeter) -> None:
    last_logits(tiny_model, [[1, 2, 3, 4], [5]])
    assert meter.tokens == 8
    generate(tiny_model, [[1, 2, 3, 4], [5]], max_new_tokens=1)
    assert meter.tokens == 16


def test_two_models_one_meter(tiny_model: Any, make_tiny: Any, meter: TokenMeter) -> None:
    from mechmentor.tools.models import load_model

    other = load_model(make_tiny("gpt2"))
    meter.attach(other)
    meter.attach(other)
    other.hf(IDS)
    tiny_model.hf(IDS)
    assert meter.tokens == 12
    meter.detach(other)
    other.hf(IDS)
    assert meter.tokens == 12


def test_limit_stops_before_the_pass(tiny_model: Any, meter: TokenMeter) -> None:
    ran: list[int] = []
    asked: list[int] = []
    tiny_model.adapter.layers[0].register_forward_hook(lambda *_: ran.append(1))
    meter.limit, meter.on_exceed = 11, asked.append
    tiny_model.hf(IDS)
    with pytest.raises(Refusal, match="takes 6 tokens, 5 are left") as caught:
        tiny_model.hf(IDS)
    assert caught.value.failure.code == "over_budget"
    assert (meter.tokens, meter.left(), len(ran), asked) == (6, 5, 1, [6])
    tiny_model.hf(IDS[:1])
    assert meter.left() == 2


def test_limits_nest_and_end(meter: TokenMeter) -> None:
    assert meter.left() is None
    with meter.limited(10):
        meter.add(4)
        with meter.limited(100):
            assert meter.left() == 6
        with meter.limited(None):
            assert meter.left() == 6
        with meter.limited(2), pytest.raises(Refusal):
            meter.add(3)
        assert meter.left() == 6
    assert meter.left() is None
    assert meter.tokens == 4
