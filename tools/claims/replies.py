"""Greedy replies to prompts, and whether a detector fits them."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..engine.sampling import generate
from ..model import Model
from ..workbench import Workbench
from .rates import Example

MAX_NEW_TOKENS = 24
BATCH = 32


def detect(
    bench: Workbench, model: Model, groups: Mapping[str, Sequence[str]], detector: Any
) -> dict[str, list[Example]]:
    """Greedy replies of at most 24 tokens with the detector's word on each.

    All groups go through the model together: prompts of equal length share a pass.

    Args:
        bench: For progress.
        model: Who replies.
        groups: User messages under a label each.
        detector: One of the closed grammar in `types.py`.
    """
    prompts = [(where, prompt) for where, group in groups.items() for prompt in group]
    replies = generate(
        model,
        [model.chat_ids(prompt) for _, prompt in prompts],
        max_new_tokens=MAX_NEW_TOKENS,
        batch=BATCH,
        on_progress=lambda done, total: bench.progress(done, total, "replies"),
        once=bench.once,
    )
    out: dict[str, list[Example]] = {where: [] for where in groups}
    for (where, prompt), ids in zip(prompts, replies, strict=True):
        text = model.decode(ids).strip()
        fits = bool(detector(text))
        out[where].append(Example(where=where, prompt=prompt, reply=text, fits=fits))
    return out


def rate(examples: list[Example]) -> float | None:
    """Share that fits; None for no examples."""
    return sum(example.fits for example in examples) / len(examples) if examples else None


def shown(*groups: list[Example], each: int = 2) -> list[Example]:
    """A few examples of each group: those that fit first, since they decide."""
    return [
        example
        for group in groups
        for example in sorted(group, key=lambda example: not example.fits)[:each]
    ]
