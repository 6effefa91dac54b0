"""Each architecture's parts, put together again, give the model's own logits."""

from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from mechmentor.tools.engine.adapters import FAMILIES, adapter_of
from mechmentor.tools.models import load_model
from mechmentor.tools.spec import Refusal

IDS = torch.tensor([[5, 9, 20, 300, 7, 41]])


@pytest.fixture(params=list(FAMILIES), scope="module")
def any_model(request: Any, make_tiny: Any) -> Any:
    return load_model(make_tiny(request.param))


def test_last_layer_through_norm_head_and_cap(any_model: Any) -> None:
    adapter, kept = any_model.adapter, []
    hook = adapter.layers[-1].register_forward_hook(
        lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out)
    )
    want = any_model.hf(input_ids=IDS).logits
    hook.remove()
    assert (adapter.logits(kept[0]) - want).abs().max() < 1e-5
    assert (adapter.logits(kept[0], [7, 3, 7]) - want[..., [7, 3, 7]]).abs().max() < 1e-5
    assert len(adapter.layers) == any_model.n_layers


def test_head_by_hand(any_model: Any) -> None:
    adapter = any_model.adapter
    body = adapter.body(input_ids=IDS).last_hidden_state
    logits = body @ adapter.unembedding.T
    if adapter.unembedding_bias is not None:
        logits = logits + adapter.unembedding_bias
    if adapter.softcap:
        logits = adapter.softcap * torch.tanh(logits / adapter.softcap)
    assert (logits - any_model.hf(input_ids=IDS).logits).abs().max() < 1e-5


def test_embedding_is_what_enters_the_first_layer(any_model: Any) -> None:
    adapter, kept = any_model.adapter, []
    hook = adapter.layers[0].register_forward_pre_hook(
        lambda _, args, named: kept.append(args[0] if args else named["hidden_states"]),
        with_kwargs=True,
    )
    any_model.hf(input_ids=IDS)
    hook.remove()
    want = adapter.embedding[IDS]
    if adapter.family == "gpt2":
        want = want + any_model.hf.transformer.wpe.weight[: IDS.shape[1]]
    assert (kept[0] - want).abs().max() < 1e-5


def test_input_norms_feed_attention_and_mlp(any_model: Any) -> None:
    adapter, inside = any_model.adapter, []
    layer = adapter.layers[1]
    attention_norm, mlp_norm = adapter.input_norms(layer)
    for norm, block in ((attention_norm, adapter.attention(layer)), (mlp_norm, layer.mlp)):
        norm.register_forward_hook(lambda m, a, out: inside.append(out))
        block.register_forward_pre_hook(
            lambda m, args, named: inside.append(args[0] if args else named["hidden_states"]),
            with_kwargs=True,
        )
    any_model.hf(input_ids=IDS)
    assert torch.equal(inside[0], inside[1])
    assert torch.equal(inside[2], inside[3])


def test_softcap_is_read_and_acts(make_tiny: Any) -> None:
    model = load_model(make_tiny("gemma2", final_logit_softcapping=2.0))
    assert model.adapter.softcap == 2.0
    assert model.hf(input_ids=IDS).logits.abs().max() <= 2
    assert load_model(make_tiny("llama")).adapter.softcap is None


def test_adapter_outlives_the_bridge(tiny_model: Any) -> None:
    before = tiny_model.adapter
    want = tiny_model.hf(input_ids=IDS).logits
    _ = tiny_model.bridge
    del tiny_model.adapter
    assert tiny_model.adapter.layers[0] is before.layers[0]
    assert torch.equal(tiny_model.hf(input_ids=IDS).logits, want)


def test_other_architectures_are_refused() -> None:
    config = AutoConfig.for_model(
        "stablelm",
        vocab_size=40,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        bos_token_id=1,
        eos_token_id=2,
    )
    with pytest.raises(Refusal, match="'stablelm' has no adapter") as caught:
        adapter_of(AutoModelForCausalLM.from_config(config))
    assert caught.value.failure.code == "model_limit"
    assert "llama" in caught.value.failure.hint
