"""Batched passes equal one plain pass for each prompt."""

from typing import Any

import pytest
import torch

from mechmentor.tools.engine.batch import all_logits, batches, last_logits, sequence_log_prob
from mechmentor.tools.models import load_model
from mechmentor.tools.spec import Refusal

PROMPTS = [[5, 9, 7], [40], [300, 2, 17, 90, 90, 4, 11], [8, 8], [1, 2, 3, 4, 5, 6, 7]]


def one_by_one(model: Any, ids: list[int]) -> torch.Tensor:
    return model.hf(input_ids=torch.tensor([ids]), use_cache=False).logits[0]


@pytest.fixture(params=["llama", "gpt2", "gemma2", "gemma3_text", "qwen3"])
def any_model(request: Any, make_tiny: Any) -> Any:
    return load_model(make_tiny(request.param))


@pytest.mark.parametrize("batch", [1, 2, 32])
def test_last_logits(any_model: Any, batch: int) -> None:
    want = torch.stack([one_by_one(any_model, ids)[-1] for ids in PROMPTS])
    got = last_logits(any_model, PROMPTS, batch=batch)
    assert got.dtype == torch.float32
    assert (got - want).abs().max() < 1e-4


def test_all_logits(any_model: Any) -> None:
    want = one_by_one(any_model, PROMPTS[2])
    assert (all_logits(any_model, PROMPTS[2]) - want).abs().max() < 1e-4


def test_sequence_log_prob(any_model: Any) -> None:
    continuations = [[3, 4], [9, 8, 7, 6], [200], [], [30, 31, 32]]
    want = []
    for prompt, continuation in zip(PROMPTS, continuations, strict=True):
        total, seen = 0.0, list(prompt)
        for token in continuation:
            total += float(one_by_one(any_model, seen)[-1].log_softmax(-1)[token])
            seen.append(token)
        want.append(total)
    got = sequence_log_prob(any_model, PROMPTS, continuations, batch=3)
    assert got.tolist() == pytest.approx(want, abs=1e-3)
    assert got[3] == 0


def test_progress_reaches_the_end(tiny_model: Any) -> None:
    seen: list[tuple[int, int]] = []
    last_logits(tiny_model, PROMPTS, batch=2, on_progress=lambda *now: seen.append(now))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_batches_hold_every_index_once_and_stay_small() -> None:
    lengths = [3, 700, 1, 5, 900, 2]
    parts = list(batches(lengths, 4, tokens=1000))
    assert sorted(i for part in parts for i in part) == list(range(6))
    assert parts == [[4], [1], [3, 0, 5, 2]]


def test_empty_and_long_prompts_are_refused(tiny_model: Any) -> None:
    with pytest.raises(Refusal, match="a prompt is empty"):
        last_logits(tiny_model, [[1], []])
    with pytest.raises(Refusal, match=r"513 tokens, .* takes at most 512"):
        last_logits(tiny_model, [[1] * 513])
    assert last_logits(tiny_model, []).shape == (0, tiny_model.d_vocab)


def test_lower_precision(tiny_folder: Any) -> None:
    model = load_model(tiny_folder, dtype="bfloat16")
    want = torch.stack([one_by_one(model, ids)[-1] for ids in PROMPTS]).float()
    assert (last_logits(model, PROMPTS) - want).abs().max() < 0.1
