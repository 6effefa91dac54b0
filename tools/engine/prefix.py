"""Many continuations of one prompt: the prompt runs once, the continuations share its keys."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Model
from .batch import OnProgress, check_lengths


@torch.no_grad()
def shared_prefix_logits(
    model: Model,
    prefix: list[int],
    suffixes: list[list[int]],
    *,
    keep: list[int] | None = None,
    log_probs: bool = False,
    batch: int = 128,
    on_progress: OnProgress | None = None,
) -> Float[Tensor, "seq k"]:
    """Logits after prefix + suffix for each suffix, float32 on the CPU.

    Args:
        model: The model to run.
        prefix: Tokens that all prompts begin with.
        suffixes: What follows in each; at least one token.
        keep: Tokens wanted, in this order; None for the whole vocabulary.
        log_probs: Return log probabilities (nats) over the whole vocabulary instead of logits.
        batch: Most suffixes that run together.
        on_progress: Called with (suffixes done, suffixes).
    """
    from transformers import DynamicCache

    check_lengths(model, suffixes)
    check_lengths(model, [prefix + s for s in suffixes])
    lengths = sorted({len(s) for s in suffixes})
    kept: list[tuple[Tensor, Tensor]] = []
    if prefix:
        cache = DynamicCache()
        ids = torch.tensor([prefix], device=model.device)
        model.adapter.body(input_ids=ids, past_key_values=cache, use_cache=True)
        kept = [(layer.keys, layer.values) for layer in cache.layers]
    columns = model.d_vocab if keep is None else len(keep)
    out = torch.empty(len(suffixes), columns)
    done = 0
    for length in lengths:
        group = [i for i, s in enumerate(suffixes) if len(s) == length]
        for start in range(0, len(group), batch):
            part = group[start : start + batch]
            cache = DynamicCache()
            for layer, (keys, values) in enumerate(kept):
                cache.update(
                    keys.expand(len(part), -1, -1, -1), values.expand(len(part), -1, -1, -1), layer
                )
            ids = torch.tensor([suffixes[i] for i in part], device=model.device)
            hidden = model.adapter.body(
                input_ids=ids, past_key_values=cache, use_cache=True
            ).last_hidden_state[:, -1]
            out[part] = wanted(model, hidden, keep, log_probs)
            done += len(part)
            if on_progress:
                on_progress(done, len(suffixes))
    return out


def wanted(
    model: Model, normed: Float[Tensor, "row d_model"], keep: list[int] | None, log_probs: bool
) -> Float[Tensor, "row k"]:
    """Logits, or log probabilities, of the tokens that were asked for."""
    if not log_probs:
        return model.adapter.unembed(normed, keep).float().cpu()
    logp = model.adapter.unembed(normed).float().log_softmax(-1)
    return (logp if keep is None else logp[:, keep]).cpu()
