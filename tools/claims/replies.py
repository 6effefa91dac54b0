"""Greedy replies to prompts, and whether a detector fits them."""

from collections.abc import Sequence
from typing import Any

import torch

from ..engine.sampling import generate
from ..models import Model
from ..workbench import Workbench
from .rates import Example

MAX_NEW_TOKENS = 24
BATCH = 32


def detect(
    bench: Workbench, model: Model, prompts: Sequence[str], detector: Any, where: str
) -> list[Example]:
    """Greedy replies of at most 24 tokens with the detector's word on each.

    Args:
        bench: For progress.
        model: Who replies.
        prompts: User messages.
        detector: One of the closed grammar in `types.py`.
        where: Label of these prompts in what is shown.
    """
    out: list[Example] = []
    for start in range(0, len(prompts), BATCH):
        part = list(prompts[start : start + BATCH])
        replies = generate(
            model,
            [model.chat_ids(prompt) for prompt in part],
            max_new_tokens=MAX_NEW_TOKENS,
            temperature=0.0,
            generator=torch.Generator(),
            batch=BATCH,
        )
        for prompt, ids in zip(part, replies, strict=True):
            text = model.decode(ids).strip()
            out.append(Example(where=where, prompt=prompt, reply=text, fits=bool(detector(text))))
        bench.progress(min(start + BATCH, len(prompts)), len(prompts), f"replies, {where}")
    return out


def shown(*groups: list[Example], each: int = 2) -> list[Example]:
    """A few examples of each group: those that fit first, since they decide."""
    return [
        example
        for group in groups
        for example in sorted(group, key=lambda example: not example.fits)[:each]
    ]
