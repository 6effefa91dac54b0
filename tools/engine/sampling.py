"""Generation with one generator, whose greedy output does not depend on the batch."""

from collections.abc import Callable

import torch
from transformers import DynamicCache

from ..model import Model
from .batch import by_length


@torch.inference_mode()
def generate(
    model: Model,
    prompts: list[list[int]],
    max_new_tokens: int = 60,
    temperature: float = 0.0,
    generator: torch.Generator | None = None,
    batch: int = 8,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[list[int]]:
    """Continue prompts until a stop token or `max_new_tokens`.

    Prompts are grouped by exact length, so that none is padded.

    Args:
        model: The model.
        prompts: Token ids, none empty.
        max_new_tokens: At most this many.
        temperature: 0 is greedy; else logits are divided by it before sampling.
        generator: CPU generator, needed when temperature is above 0.
        batch: Prompts a pass.
        on_progress: Called with (prompts done, total).

    Returns:
        New token ids of each prompt, without the stop token.

    Raises:
        ValueError: If sampling is asked for without a generator.
    """
    if temperature > 0 and generator is None:
        raise ValueError("sampling needs a generator")
    out: list[list[int]] = [[] for _ in prompts]
    done = 0
    for group in by_length(prompts, batch):
        ids = torch.tensor([prompts[i] for i in group], device=model.device)
        cache = DynamicCache(config=model.hf.config)
        alive = [True] * len(group)
        for _ in range(max_new_tokens):
            state = model.hf.base_model(input_ids=ids, past_key_values=cache, use_cache=True)
            logits = model.adapter.cap(model.adapter.head(state.last_hidden_state[:, -1]))
            chosen = _choose(logits.float().cpu(), temperature, generator)
            for row, token in enumerate(chosen.tolist()):
                if alive[row] and token in model.stop_ids:
                    alive[row] = False
                if alive[row]:
                    out[group[row]].append(token)
            if not any(alive):
                break
            ids = chosen[:, None].to(model.device)
        done += len(group)
        if on_progress:
            on_progress(done, len(prompts))
    return out


def _choose(
    logits: torch.Tensor, temperature: float, generator: torch.Generator | None
) -> torch.Tensor:
    if temperature <= 0:
        return logits.argmax(-1)
    probabilities = (logits / temperature).softmax(-1)
    return torch.multinomial(probabilities, 1, generator=generator)[:, 0]
