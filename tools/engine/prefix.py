"""Many continuations of one prompt: the prompt runs once, the continuations share its keys."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..model import Model
from .batch import OnProgress, check_lengths
from .blocks import can_run, last_residual

# Vectors that are held between layers: 16,384 of width 576 are 38 MB.
_HELD = 16384


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

    Suffixes of one length run together, so nothing is padded: a call costs the prefix and the
    suffixes, token by token. Equal to one plain pass for each prompt up to rounding.

    Args:
        model: The model to run.
        prefix: Tokens that all prompts begin with; may be empty.
        suffixes: What follows in each; at least one token.
        keep: Tokens wanted, in this order; None for the whole vocabulary.
        log_probs: Return log probabilities (nats) over the whole vocabulary instead of logits.
        batch: Suffixes that run together.
        on_progress: Called with (suffixes done, suffixes).

    Raises:
        Refusal: `bad_args` for an empty suffix, `over_budget` before a group of suffixes runs.
    """
    check_lengths(model, suffixes)
    longest = max((len(prefix) + len(s) for s in suffixes), default=0)
    check_lengths(model, [prefix + s for s in suffixes if len(prefix) + len(s) == longest])
    out = torch.empty(len(suffixes), model.d_vocab if keep is None else len(keep))
    if not suffixes:
        return out
    known = _keys_and_values(model, prefix)
    own = can_run(model, longest)
    done = 0
    for length in sorted({len(s) for s in suffixes}):
        group = [i for i, s in enumerate(suffixes) if len(s) == length]
        size = max(1, _HELD // length) if own else batch
        for start in range(0, len(group), size):
            part = group[start : start + size]
            ids = torch.tensor([suffixes[i] for i in part], device=model.device)
            if own:
                tell = _by_layer(on_progress, done, len(part), len(suffixes), model.n_layers)
                shared = [(keys[0], values[0]) for keys, values in known]
                stream = last_residual(model, ids, shared, batch=batch, on_layer=tell)
                normed = model.adapter.final_norm(stream)
            else:
                normed = _plain(model, ids, known)
            for row in range(0, len(part), batch):  # whole vocabularies are large
                rows = slice(row, row + batch)
                out[part[rows]] = _wanted(model, normed[rows], keep, log_probs)
            done += len(part)
            if on_progress:
                on_progress(done, len(suffixes))
    return out


def _by_layer(
    on_progress: OnProgress | None, done: int, size: int, total: int, layers: int
) -> Callable[[int], None] | None:
    """Progress inside a group, counted in suffixes as if each layer finished its share."""
    if on_progress is None:
        return None
    return lambda layer: on_progress(done + size * (layer + 1) // (layers + 1), total)


def _keys_and_values(model: Model, prefix: list[int]) -> list[tuple[Tensor, Tensor]]:
    """Keys and values [1, kv, prefix, d_head] of each layer; empty without a prefix."""
    if not prefix:
        return []
    from transformers import DynamicCache

    cache: Any = DynamicCache()
    ids = torch.tensor([prefix], device=model.device)
    model.adapter.body(input_ids=ids, past_key_values=cache, use_cache=True)
    return [(layer.keys, layer.values) for layer in cache.layers]


def _plain(
    model: Model, ids: Int[Tensor, "row pos"], known: list[tuple[Tensor, Tensor]]
) -> Float[Tensor, "row d_model"]:
    """The model's own pass over the suffixes, with the prefix's keys and values given."""
    from transformers import DynamicCache

    cache: Any = DynamicCache()
    for layer, (keys, values) in enumerate(known):
        rows = (len(ids), -1, -1, -1)
        cache.update(keys.expand(rows), values.expand(rows), layer)
    out = model.adapter.body(input_ids=ids, past_key_values=cache, use_cache=True)
    return out.last_hidden_state[:, -1]  # type: ignore[no-any-return]


def _wanted(
    model: Model, normed: Float[Tensor, "row d_model"], keep: list[int] | None, log_probs: bool
) -> Float[Tensor, "row k"]:
    """Logits, or log probabilities, of the tokens that were asked for."""
    if not log_probs:
        return model.adapter.unembed(normed, keep).float().cpu()
    logp = model.adapter.unembed(normed).float().log_softmax(-1)
    return (logp if keep is None else logp[:, keep]).cpu()
