"""Generation: greedy equals transformers, sampling does not depend on the batch."""

from typing import Any

import pytest
import torch

from mechmentor.tools.engine.meter import TokenMeter
from mechmentor.tools.engine.sampling import _drawn, generate
from mechmentor.tools.models import load_model
from mechmentor.tools.spec import Refusal

PROMPTS = [[5, 9, 7], [40], [300, 22, 17, 90, 90, 4, 11], [8, 8], [1, 33, 3, 4, 5, 6, 7], [60, 61]]


@pytest.fixture(params=["llama", "gpt2", "gemma2", "mistral", "qwen3"], scope="module")
def any_model(request: Any, make_tiny: Any) -> Any:
    changes = {"sliding_window": 6} if request.param in ("gemma2", "mistral") else {}
    return load_model(make_tiny(request.param, **changes))


def plain(model: Any, prompt: list[int], count: int) -> list[int]:
    """The same by plain passes over the whole text, without any cache."""
    ids = list(prompt)
    for _ in range(count):
        token = int(model.hf(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
        if token in model.stop_ids:
            break
        ids.append(token)
    return ids[len(prompt) :]


@pytest.mark.parametrize("batch", [1, 4, 8])
def test_greedy_equals_plain_passes(any_model: Any, batch: int) -> None:
    want = [plain(any_model, prompt, 12) for prompt in PROMPTS]
    assert generate(any_model, PROMPTS, max_new_tokens=12, batch=batch) == want
    assert any(want)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_common_beginning_runs_once_and_changes_nothing(any_model: Any, batch: int) -> None:
    opening = [2, 71, 18, 5, 33, 90]
    prompts = [opening + prompt for prompt in [*PROMPTS, PROMPTS[0]]]
    want = [plain(any_model, prompt, 12) for prompt in prompts]
    meter = TokenMeter()
    meter.attach(any_model)
    assert generate(any_model, prompts, max_new_tokens=12, batch=batch) == want
    windowed = getattr(any_model.hf.config, "sliding_window", None)
    longest = max(map(len, PROMPTS))
    most = len(prompts) * (longest + 12) + len(opening)
    assert windowed or meter.tokens <= most
    # A prompt that is the beginning of another one keeps a token of its own.
    assert generate(any_model, [opening, prompts[0]], max_new_tokens=12) == [
        plain(any_model, opening, 12),
        want[0],
    ]


def test_greedy_equals_transformers(any_model: Any) -> None:
    for prompt, reply in zip(PROMPTS, generate(any_model, PROMPTS, max_new_tokens=9), strict=True):
        ids = torch.tensor([prompt])
        whole = any_model.hf.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=9, do_sample=False
        )
        new = whole[0, len(prompt) :].tolist()
        assert [t for t in new if t not in any_model.stop_ids] == reply


def test_replies_end_at_stop_tokens(tiny_model: Any) -> None:
    free = generate(tiny_model, PROMPTS, max_new_tokens=10)
    tiny_model.stop_ids.add(free[0][3])
    stopped = generate(tiny_model, PROMPTS, max_new_tokens=10)
    for long, short in zip(free, stopped, strict=True):
        ends = [i for i, token in enumerate(long) if token in tiny_model.stop_ids]
        assert short == long[: ends[0] if ends else None]
    assert len(stopped[0]) <= 3


def test_sampling_does_not_depend_on_the_batch(tiny_model: Any) -> None:
    def replies(batch: int, seed: int) -> list[list[int]]:
        return generate(
            tiny_model,
            PROMPTS,
            max_new_tokens=8,
            temperature=1.0,
            generator=torch.Generator().manual_seed(seed),
            batch=batch,
        )

    assert replies(1, 0) == replies(4, 0) == replies(8, 0)
    assert replies(8, 0) != replies(8, 1)


def test_equal_prompts_get_different_samples(tiny_model: Any) -> None:
    replies = generate(
        tiny_model,
        [PROMPTS[0]] * 6,
        max_new_tokens=6,
        temperature=1.0,
        generator=torch.Generator().manual_seed(0),
    )
    assert len({tuple(reply) for reply in replies}) > 1


def test_draws_follow_the_distribution() -> None:
    logits = torch.tensor([[2.0, 0.0, -torch.inf, 1.0]])
    uniform = torch.linspace(0, 1, 20001, dtype=torch.float64)[:-1]
    drawn = _drawn(logits.expand(len(uniform), -1), 0.7, uniform)
    share = torch.bincount(drawn, minlength=4) / len(uniform)
    assert torch.allclose(share, (logits[0] / 0.7).softmax(-1), atol=1e-3)
    assert share[2] == 0


def test_finished_rows_are_not_charged(tiny_model: Any) -> None:
    """Two prompts of equal length; one ends after its first token."""
    candidates = [[5, 9, last] for last in range(7, 60)]
    replies = generate(tiny_model, candidates, max_new_tokens=4)
    other = next(i for i, reply in enumerate(replies) if replies[0][0] not in reply)
    prompts, first = [candidates[0], candidates[other]], [replies[0], replies[other]]
    tiny_model.stop_ids.add(first[0][0])
    meter = TokenMeter()
    meter.attach(tiny_model)
    assert generate(tiny_model, prompts, max_new_tokens=4) == [[], first[1]]
    assert meter.tokens == 2 * 3 + 3 * 1


def test_no_new_tokens_and_no_prompts(tiny_model: Any) -> None:
    assert generate(tiny_model, [], max_new_tokens=5) == []
    assert generate(tiny_model, PROMPTS[:2], max_new_tokens=0) == [[], []]


def test_misuse(tiny_model: Any) -> None:
    with pytest.raises(ValueError, match="needs a generator"):
        generate(tiny_model, PROMPTS, temperature=0.5)
    with pytest.raises(Refusal, match="a prompt is empty"):
        generate(tiny_model, [[1], []])
    with pytest.raises(Refusal, match="takes at most 512"):
        generate(tiny_model, [[1] * 500], max_new_tokens=60)
