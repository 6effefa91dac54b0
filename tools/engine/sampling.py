"""Generate replies with a key-value cache, greedily or from one generator."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Model
from .batch import OnProgress, batches, check_lengths
from .opening import Opening, opening

Once = Callable[[Model, str, list[Any], Callable[[], list[list[int]]]], list[list[int]]]


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
    shared: Opening | None = None,
    once: Once | None = None,
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
        on_rows: Called before each pass with the indices of the prompts that are its rows.
        shared: What the prompts begin with, where `on_rows` changes it; else it is made here.
        once: Looks the replies up where the bare model gave them before (`Workbench.once`).

    Raises:
        Refusal: `bad_args` for an empty prompt, `model_limit` for more than the model's positions.
        ValueError: If the temperature is above 0 and there is no generator, or if replies of
            edited rows are to be looked up.
    """
    if temperature > 0 and generator is None:
        raise ValueError("sampling needs a generator")
    check_lengths(model, prompts)
    check_lengths(model, [p + [0] * max_new_tokens for p in prompts])
    draws = None
    if temperature > 0:
        shape = (len(prompts), max_new_tokens)
        draws = torch.rand(shape, generator=generator, dtype=torch.float64)
    run = partial(_generate, model, prompts, max_new_tokens, temperature, draws, batch, on_progress)
    if once is None:
        return run(on_rows, shared)
    if on_rows is not None or shared is not None:
        raise ValueError("replies of an edited model are not looked up")
    drawn = None if draws is None else hashlib.sha256(draws.numpy().tobytes()).hexdigest()
    inputs = [prompts, max_new_tokens, temperature, drawn, batch, sorted(model.stop_ids)]
    return once(model, "replies 1", inputs, lambda: run(None, None))


def _generate(
    model: Model,
    prompts: list[list[int]],
    max_new_tokens: int,
    temperature: float,
    draws: Tensor | None,
    batch: int,
    on_progress: OnProgress | None,
    on_rows: Callable[[list[int]], None] | None,
    shared: Opening | None,
) -> list[list[int]]:
    replies: list[list[int]] = [[] for _ in prompts]
    if shared is None and on_rows is None and max_new_tokens:
        shared = opening(model, prompts)
    begin = shared.length if shared else 0
    done = 0
    for part in batches([len(p) + max_new_tokens for p in prompts], batch):
        rows = [_Row(i, prompts[i][begin:], replies[i]) for i in part]
        _run(model, rows, max_new_tokens, temperature, draws, on_rows, shared)
        done += len(part)
        if on_progress:
            on_progress(done, len(prompts))
    return replies


def _run(
    model: Model,
    rows: list[_Row],
    steps: int,
    temperature: float,
    draws: Tensor | None,
    on_rows: Callable[[list[int]], None] | None,
    shared: Opening | None,
) -> None:
    """Fill the replies of one batch, whose rows are what follows the opening.

    Rows that are done leave it.
    """
    from transformers import DynamicCache

    body, stops = model.adapter.body, model.stop_ids
    width = max(len(row.prompt) for row in rows)
    pads = torch.tensor([width - len(row.prompt) for row in rows], device=model.device)
    ids = torch.tensor(
        [[0] * (width - len(row.prompt)) + row.prompt for row in rows], device=model.device
    )
    begin = shared.length if shared else 0
    cache: Any = DynamicCache(config=model.hf.config)
    if shared:
        cache = shared.cache([row.index for row in rows])
    for step in range(steps):
        total = begin + width + step
        # Padding stands between the opening and the rest, masked, and takes no position.
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
