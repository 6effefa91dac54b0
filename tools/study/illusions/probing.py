"""An illusion of choice: the best of many probes on labels that mean nothing."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ...model import Model
from .passes import stream
from .types import Illusion

_WHO = ("My sister", "The doctor", "Our neighbour", "A student", "The old man", "Her friend",
        "The farmer", "This child")  # fmt: skip
_WHAT = ("likes to read at night", "walked to the market", "has lost the key", "sings in a choir",
         "is afraid of dogs", "bought a red bicycle")  # fmt: skip
_SETS = 1000
_ENOUGH = 17  # of 24: a guessing probe gets there in 3.2% of cases, so one test would allow it
_ALLOWED = 0.05


def best_of_layers(model: Model) -> Illusion:
    """Coin flips pass a test at 5% far too often, if the best of thirty layers is tested."""
    texts = [f"{who} {what}." for who in _WHO for what in _WHAT]
    ids = [model.text_ids(text, bos=False) for text in texts]
    states = torch.stack([stream(model, i)[1:, 1:].float().mean(1) for i in ids], dim=1)
    generator = torch.Generator().manual_seed(1)
    order = torch.randperm(len(texts), generator=generator)
    train, test = order[: len(texts) // 2], order[len(texts) // 2 :]

    def flips() -> Int[Tensor, "text"]:
        labels = torch.zeros(len(texts), dtype=torch.long)
        for half in (train, test):  # balanced, so that guessing gives one half
            labels[half[torch.randperm(len(half), generator=generator)[: len(half) // 2]]] = 1
        return labels

    best = torch.stack([_right(states, flips(), train, test).amax() for _ in range(_SETS)])
    passed = float((best >= _ENOUGH).float().mean())
    # The bar comes from one half of the label sets and is tried on the other.
    bar = best[::2].quantile(0.95)
    corrected = float((best[1::2] > bar).float().mean())
    return Illusion(
        id="best-of-layers",
        claim="A probe tells which of two meaningless groups a held-out statement belongs to.",
        seen=passed,
        seen_as=f"share of {_SETS} coin-flip labellings with {_ENOUGH} of {len(test)} right at the "
        f"best of {len(states)} layers",
        control=corrected,
        control_as="share above the 95th percentile of others with the best layer chosen again",
        rule="coin flips may pass a test at 5% in 5% of cases, up to two standard errors of the "
        "share: above that the test is broken, within it the control holds",
        appears=passed > _most(_SETS),
        dies=corrected <= _most(_SETS // 2),
    )


def _most(sets: int) -> float:
    """The allowed share plus two standard errors."""
    return _ALLOWED + 2 * float((_ALLOWED * (1 - _ALLOWED) / sets) ** 0.5)


def _right(
    states: Float[Tensor, "layer text d_model"],
    labels: Int[Tensor, "text"],
    train: Int[Tensor, "half"],
    test: Int[Tensor, "half"],
) -> Float[Tensor, "layer"]:
    """How many test statements each layer's difference-of-means probe gets right."""
    up = states[:, train[labels[train] == 1]].mean(1)
    down = states[:, train[labels[train] == 0]].mean(1)
    scores = (states[:, test] - (up + down)[:, None] / 2) @ (up - down)[..., None]
    return ((scores[..., 0] > 0).long() == labels[test]).float().sum(1)
