"""What many prompts begin with, as a chat template writes it: run once, and its keys shared."""

import copy
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..model import Model
from .batch import TOKENS

WORTH = 4  # tokens: from so many on a pass more pays


@dataclass(frozen=True)
class Opening:
    """Keys and values of a common beginning.

    Attributes:
        length: Its tokens.
        known: The cache after it: keys and values [label, kv_head, pos, d_head] of each layer.
        row: Row of each prompt.
    """

    length: int
    known: Any
    row: list[int]

    def cache(self, prompts: list[int]) -> Any:
        """A cache of its own for these prompts, that a pass may add to."""
        own = copy.deepcopy(self.known)
        own.batch_select_indices(torch.tensor([self.row[i] for i in prompts]))
        return own


@torch.no_grad()
def opening(
    model: Model,
    prompts: list[list[int]],
    alike: Sequence[Hashable] | None = None,
    before: Callable[[list[int]], None] | None = None,
) -> Opening | None:
    """Run what all prompts begin with; each keeps at least one token of its own.

    Args:
        model: The model, with its edits if there are any.
        prompts: Token ids.
        alike: A label for each prompt: those of one label run under the same edit.
        before: Called before the pass with the indices of the prompts that stand for the labels.

    Returns:
        The opening; None where it saves nothing, and for models whose layers see a window only,
        since padding between opening and prompt would push it out of the window too early.
    """
    from transformers import DynamicCache

    if len(prompts) < 2:
        return None
    # The least and the greatest in order of their tokens differ where any two of them do first.
    pairs = enumerate(zip(min(prompts), max(prompts), strict=False))
    shortest = min(map(len, prompts)) - 1
    length = min(shortest, next((i for i, (a, b) in pairs if a != b), shortest))
    labels = list(alike) if alike is not None else [0] * len(prompts)
    first = {label: index for index, label in reversed(list(enumerate(labels)))}
    cache: Any = DynamicCache(config=model.hf.config)
    windowed = any(getattr(layer, "is_sliding", False) for layer in cache.layers)
    # All labels run in one pass: what does not fit into a batch is left to the batches.
    if length < WORTH or len(first) == len(prompts) or len(first) * length > TOKENS or windowed:
        return None
    rows = {label: row for row, label in enumerate(first)}
    if before:
        before(list(first.values()))
    ids = torch.tensor([prompts[0][:length]] * len(rows), device=model.device)
    model.adapter.body(input_ids=ids, past_key_values=cache, use_cache=True)
    return Opening(length, cache, [rows[label] for label in labels])
