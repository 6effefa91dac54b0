"""An illusion of choice: the best of many probes on labels that mean nothing."""

import torch

from ...model import Model
from .passes import stream
from .types import Illusion

_WHO = ("My sister", "The doctor", "Our neighbour", "A student", "The old man", "Her friend",
        "The farmer", "This child")  # fmt: skip
_WHAT = ("likes to read at night", "walked to the market", "has lost the key", "sings in a choir",
         "is afraid of dogs", "bought a red bicycle")  # fmt: skip
_DRAWS = 60
_CONVINCES = 0.6  # a careless author stops at the first result above this


def best_of_layers(model: Model) -> Illusion:
    """The best of thirty probes tells coin flips apart on held-out statements."""
    texts = [f"{who} {what}." for who in _WHO for what in _WHAT]
    ids = [model.text_ids(text, bos=False) for text in texts]
    states = torch.stack([stream(model, i)[1:, 1:].float().mean(1) for i in ids], dim=1)
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(texts), generator=generator)
    train, test = order[: len(texts) // 2], order[len(texts) // 2 :]

    def best(labels: torch.Tensor) -> float:
        """Accuracy of the best layer's difference-of-means probe on the test half."""
        found = []
        for layer in states:
            up, down = layer[train][labels[train] == 1], layer[train][labels[train] == 0]
            direction = up.mean(0) - down.mean(0)
            middle = (up.mean(0) + down.mean(0)) / 2
            said = ((layer[test] - middle) @ direction > 0).long()
            found.append(float((said == labels[test]).float().mean()))
        return max(found)

    def flips() -> torch.Tensor:
        labels = torch.zeros(len(texts), dtype=torch.long)
        for half in (train, test):  # balanced, so that guessing gives one half
            labels[half[torch.randperm(len(half), generator=generator)[: len(half) // 2]]] = 1
        return labels

    scores = [best(flips()) for _ in range(_DRAWS)]
    index, seen = next(((i, s) for i, s in enumerate(scores) if s > _CONVINCES), (0, scores[0]))
    others = sorted(scores[:index] + scores[index + 1 :])
    bar = others[int(0.95 * len(others))]
    return Illusion(
        id="best-of-layers",
        claim="A probe tells which of two meaningless groups a held-out statement belongs to.",
        seen=seen,
        seen_as=f"accuracy of the best of {len(states)} layers (chance 0.5), coin-flip labels",
        control=bar,
        control_as="95th percentile of shuffled labels with the best layer chosen again",
        appears=seen > _CONVINCES,
        dies=seen <= bar + 1e-9,
    )
