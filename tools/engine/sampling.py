"""Generate replies with a key-value cache, greedily or from one generator."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from os.path import commonprefix
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Model
from .batch import OnProgress, batches, check_lengths

WORTH = 4  # tokens of a prefix


@dataclass
class _Row:
    index: int
    prompt: list[int]
    reply: list[int]


@torch.no_grad()
def generate(
    model: Model,
    prompts: list[list[int]],
    *,
    max_new_tokens: int = 60,
    temperature: float = 0.0,
    generator: torch.Generator | None = None,
    batch: int = 8,
    on_progress: OnProgress | None = None,
    on_rows: Callable[[list[int]], None] | None = None,
) -> list[list[int]]:
    """New tokens of each prompt, without the stop token that ended them.

    Replies do not depend on how prompts are batched: the random numbers of a prompt are drawn
    before anything runs, one for each token. What all prompts begin with, as under a chat template,
    runs once for all of them.

    Args:
        model: Who replies.
        prompts: Token ids; lengths may differ.
        max_new_tokens: Most tokens of a reply.
        temperature: 0 takes the likeliest token.
        generator: Source of the random numbers (CPU); needed above temperature 0.
        batch: Prompts that run together.
        on_progress: Called with (replies done, replies).
        on_rows: Called before each pass with the indices of the prompts that are its rows; every
            row then holds its whole prompt.

    Raises:
        Refusal: `bad_args` for an empty prompt, `model_limit` for more than the model's positions.
        ValueError: If the temperature is above 0 and there is no generator.
    """
    if temperature > 0 and generator is None:
        raise ValueError("sampling needs a generator")
    check_lengths(model, prompts)
    check_lengths(model, [p + [0] * max_new_tokens for p in prompts])
    draws = None
    if temperature > 0:
        shape = (len(prompts), max_new_tokens)
        draws = torch.rand(shape, generator=generator, dtype=torch.float64)
    replies: list[list[int]] = [[] for _ in prompts]
    begin = 0 if on_rows or len(prompts) < 2 else _shared(prompts)
    known = _prefix(model, prompts[0][:begin]) if begin else None
    begin = 0 if known is None else begin
    done = 0
    for part in batches([len(p) + max_new_tokens for p in prompts], batch):
        rows = [_Row(i, prompts[i][begin:], replies[i]) for i in part]
        _run(model, rows, max_new_tokens, temperature, draws, on_rows, known, begin)
        done += len(part)
        if on_progress:
            on_progress(done, len(prompts))
    return replies


def _shared(prompts: list[list[int]]) -> int:
    """Tokens that all prompts begin with, each keeping one of its own; 0 where it is not worth it.

    A single pass more is worth it from a few tokens on.
    """
    shared = len(commonprefix(prompts))
    shared = min(shared, min(map(len, prompts)) - 1)
    return shared if shared >= WORTH else 0


def _prefix(model: Model, ids: list[int]) -> Any:
    """The cache after a prefix, of one row; None where its layers see a window only.

    The padding between prefix and prompt would push the prefix out of such a window too early.
    """
    from transformers import DynamicCache

    cache: Any = DynamicCache(config=model.hf.config)
    if any(getattr(layer, "is_sliding", False) for layer in cache.layers):
        return None
    row = torch.tensor([ids], device=model.device)
    model.adapter.body(input_ids=row, past_key_values=cache, use_cache=True)
    return cache


def _run(
    model: Model,
    rows: list[_Row],
    steps: int,
    temperature: float,
    draws: Tensor | None,
    on_rows: Callable[[list[int]], None] | None,
    known: Any,
    begin: int,
) -> None:
    """Fill the replies of one batch, after the `begin` tokens that `known` holds.

    Rows that are done leave it.
    """
    from transformers import DynamicCache

    body, stops = model.adapter.body, model.stop_ids
    width = max(len(row.prompt) for row in rows)
    pads = torch.tensor([width - len(row.prompt) for row in rows], device=model.device)
    ids = torch.tensor(
        [[0] * (width - len(row.prompt)) + row.prompt for row in rows], device=model.device
    )
    cache: Any = DynamicCache(config=model.hf.config)
    if known is not None:
        cache = copy.deepcopy(known)
        cache.batch_repeat_interleave(len(rows))
    for step in range(steps):
        total = begin + width + step
        # Padding stands between the prefix and the prompt, masked, and takes no position.
        places = torch.arange(total, device=model.device)[None]
        own = places >= begin
        if on_rows:
            on_rows([row.index for row in rows])
        hidden = body(
            input_ids=ids,
            attention_mask=(~own | (places >= begin + pads[:, None])).long(),
            position_ids=(places - pads[:, None]).clamp(min=0)[:, -ids.shape[1] :],
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
        logits = model.adapter.unembed(hidden).float()
        if draws is None:
            chosen = logits.argmax(-1)
        else:
            uniform = draws[[row.index for row in rows], step]
            chosen = _drawn(logits, temperature, uniform.to(logits.device))
        going = [i for i, token in enumerate(chosen.tolist()) if token not in stops]
        for i in going:
            rows[i].reply.append(int(chosen[i]))
        if not going or step == steps - 1:
            return
        if len(going) < len(rows):
            keep = torch.tensor(going, device=model.device)
            cache.batch_select_indices(keep)
            rows, pads, chosen = [rows[i] for i in going], pads[keep], chosen[keep]
        ids = chosen[:, None]


def _drawn(
    logits: Float[Tensor, "row d_vocab"], temperature: float, uniform: Float[Tensor, "row"]
) -> Tensor:
    """The token at which the cumulative distribution passes each uniform number."""
    steps = (logits.double() / temperature).softmax(-1).cumsum(-1)
    # The last sum may fall short of 1 by rounding: scale the number, not the distribution.
    found = torch.searchsorted(steps, uniform[:, None] * steps[:, -1:], right=True)[:, 0]
    return found.clamp(max=logits.shape[-1] - 1)
