"""A shared prefix gives the numbers of whole prompts, run one by one."""

from typing import Any

import pytest
import torch

from mechmentor.tools.engine import blocks
from mechmentor.tools.engine.meter import TokenMeter
from mechmentor.tools.engine.prefix import shared_prefix_logits
from mechmentor.tools.models import load_model
from mechmentor.tools.spec import Refusal

PREFIX = [4, 8, 15, 16, 23, 42, 108]
SUFFIXES = [[7], [9, 11, 30], [300, 2, 17], [8, 8], [5], [1, 2, 3, 4, 5, 6, 7], [77, 78, 79]]
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
MODELS: dict[str, dict[str, Any]] = {
    "llama": {},
    "llama with biases": {"attention_bias": True, "mlp_bias": True, "head_dim": 16},
    "llama with llama3 positions": {"rope_parameters": LLAMA3},
    "mistral": {"sliding_window": None},
    "mistral with a window": {"sliding_window": 5},
    "qwen2": {},
    "qwen3": {"head_dim": 16},
    "gemma2": {"head_dim": 8, "sliding_window": 5, "query_pre_attn_scalar": 8},
    "gemma3_text": {"head_dim": 8, "sliding_window": 5},
    "gpt2": {},
}
PLAIN = ("gemma", "gpt2", "mistral with")


@pytest.fixture(params=list(MODELS), scope="module")
def named_model(request: Any, make_tiny: Any) -> Any:
    return request.param, load_model(
        make_tiny(request.param.split(maxsplit=1)[0], **MODELS[request.param])
    )


def whole(model: Any, prefix: list[int], suffixes: list[list[int]]) -> torch.Tensor:
    return torch.stack(
        [
            model.hf(input_ids=torch.tensor([prefix + s]), use_cache=False).logits[0, -1]
            for s in suffixes
        ]
    )


@pytest.mark.parametrize("prefix", [PREFIX, []])
@pytest.mark.parametrize("batch", [1, 2, 128])
def test_equals_whole_prompts(named_model: Any, prefix: list[int], batch: int) -> None:
    _, model = named_model
    got = shared_prefix_logits(model, prefix, SUFFIXES, batch=batch)
    assert (got - whole(model, prefix, SUFFIXES)).abs().max() < 1e-4


def test_which_pass_runs(named_model: Any) -> None:
    name, model = named_model
    assert blocks.can_run(model, 20) is not name.startswith(PLAIN)


def test_kept_tokens_and_log_probs(named_model: Any) -> None:
    _, model = named_model
    want = whole(model, PREFIX, SUFFIXES)
    keep = [300, 5, 5, 9]
    kept = shared_prefix_logits(model, PREFIX, SUFFIXES, keep=keep)
    assert (kept - want[:, keep]).abs().max() < 1e-4
    logp = shared_prefix_logits(model, PREFIX, SUFFIXES, log_probs=True)
    assert (logp - want.log_softmax(-1)).abs().max() < 1e-4
    some = shared_prefix_logits(model, PREFIX, SUFFIXES, keep=keep, log_probs=True)
    assert (some - want.log_softmax(-1)[:, keep]).abs().max() < 1e-4


@pytest.mark.parametrize("name", ["llama", "llama with biases", "qwen2"])
def test_packed_weights_give_the_same_numbers(make_tiny: Any, monkeypatch: Any, name: str) -> None:
    """Many rows go through packed weights; few do not."""
    model = load_model(make_tiny(name.split(maxsplit=1)[0], **MODELS[name]))
    many = [[i % 390, (7 * i) % 390, 3] for i in range(400)]
    used = []
    pack = torch.ops.mkldnn._reorder_linear_weight
    monkeypatch.setattr(
        torch.ops.mkldnn, "_reorder_linear_weight", lambda *a: used.append(1) or pack(*a)
    )
    got = shared_prefix_logits(model, PREFIX, many, batch=50)
    assert used
    assert (got[::40] - whole(model, PREFIX, many[::40])).abs().max() < 1e-4
    used.clear()
    shared_prefix_logits(model, PREFIX, many[:40])
    assert not used


def test_hooks_on_the_model_act(tiny_model: Any) -> None:
    """A steered model must be scanned as steered."""
    before = shared_prefix_logits(tiny_model, PREFIX, SUFFIXES)
    hook = tiny_model.adapter.layers[1].mlp.register_forward_hook(lambda m, a, out: out * 0)
    after = shared_prefix_logits(tiny_model, PREFIX, SUFFIXES)
    assert (after - whole(tiny_model, PREFIX, SUFFIXES)).abs().max() < 1e-4
    assert (after - before).abs().max() > 0.01
    hook.remove()
    assert blocks.can_run(tiny_model, 20)


def test_cost_is_prefix_and_suffixes(tiny_model: Any) -> None:
    meter = TokenMeter()
    meter.attach(tiny_model)
    shared_prefix_logits(tiny_model, PREFIX, SUFFIXES)
    assert meter.tokens == len(PREFIX) + sum(map(len, SUFFIXES))


def test_progress_grows_to_the_end(tiny_model: Any) -> None:
    seen: list[tuple[int, int]] = []
    shared_prefix_logits(tiny_model, PREFIX, SUFFIXES, on_progress=lambda *now: seen.append(now))
    assert seen == sorted(seen)
    assert seen[-1] == (7, 7)


def test_lower_precision(tiny_folder: Any) -> None:
    model = load_model(tiny_folder, dtype="bfloat16")
    want = whole(model, PREFIX, SUFFIXES).float()
    assert (shared_prefix_logits(model, PREFIX, SUFFIXES) - want).abs().max() < 0.1


def test_refusals(tiny_model: Any) -> None:
    with pytest.raises(Refusal, match="a prompt is empty"):
        shared_prefix_logits(tiny_model, PREFIX, [[1], []])
    with pytest.raises(Refusal, match="takes at most 512"):
        shared_prefix_logits(tiny_model, [1] * 510, [[1], [1, 2, 3]])
    assert shared_prefix_logits(tiny_model, PREFIX, [], keep=[1, 2]).shape == (0, 2)


@pytest.mark.slow
def test_bundled_model(bundled_model: Any) -> None:
    prompts = [bundled_model.chat_ids(f"Is it {word}?") for word in ("garden", "a winter", "sea")]
    prefix, suffixes = prompts[0][:20], [p[20:] for p in prompts]
    got = shared_prefix_logits(bundled_model, prefix, suffixes * 60)
    assert (got[:3] - whole(bundled_model, prefix, suffixes)).abs().max() < 1e-3
    assert (got[-3:] - got[:3]).abs().max() < 1e-3
