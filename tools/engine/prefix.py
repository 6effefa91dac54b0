"""Scans: one shared prefix, thousands of short suffixes, logits at the last position."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import DynamicCache

from ..model import Model
from .batch import by_length


@torch.inference_mode()
def shared_prefix_logits(
    model: Model,
    prefix: list[int],
    suffixes: list[list[int]],
    keep: list[int] | None = None,
    log_probs: bool = False,
    batch: int = 128,
    on_progress: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "seq k"]:
    """Logits after prefix + suffix, with the prefix computed once.

    Args:
        model: The model.
        prefix: Token ids that all sequences begin with, not empty.
        suffixes: Token ids after it, none empty; any lengths (equal ones share a pass).
        keep: Token ids whose logits are returned, in this order; None keeps the vocabulary.
        log_probs: Normalise over the vocabulary (then the whole unembedding is computed).
        batch: Suffixes a pass.
        on_progress: Called with (done, total).

    Returns:
        Float32 on the CPU.
    """
    head = model.adapter.head
    rows = torch.tensor(keep, device=model.device) if keep is not None else None
    width = len(keep) if keep is not None else model.d_vocab
    out = torch.empty(len(suffixes), width)
    start = torch.tensor([prefix], device=model.device)
    kept = model.hf.base_model(input_ids=start, use_cache=True).past_key_values
    layers = [(layer.keys, layer.values) for layer in kept.layers]
    done = 0
    for group in by_length(suffixes, batch):
        cache = DynamicCache(config=model.hf.config)
        for index, (keys, values) in enumerate(layers):
            size = (len(group), -1, -1, -1)
            cache.update(keys.expand(size), values.expand(size), index)
        ids = torch.tensor([suffixes[i] for i in group], device=model.device)
        hidden = model.hf.base_model(
            input_ids=ids, past_key_values=cache, use_cache=True
        ).last_hidden_state[:, -1]
        if rows is not None and not log_probs:
            bias = head.bias[rows] if head.bias is not None else None
            logits = torch.nn.functional.linear(hidden, head.weight[rows], bias)
            logits = model.adapter.cap(logits).float()
        else:
            logits = model.adapter.cap(head(hidden)).float()
            logits = logits.log_softmax(-1) if log_probs else logits
            logits = logits[:, rows] if rows is not None else logits
        out[group] = logits.cpu()
        done += len(group)
        if on_progress:
            on_progress(done, len(suffixes))
    return out
