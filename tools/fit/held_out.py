"""Probes judged on topics that they have not seen, with the layer chosen before looking.

For each held-out topic, the layer is the one whose probes do best on each of the other topics in
turn, fitted without it; then a probe of that layer is fitted on all other topics and scored on the
held-out one. Shuffled labels go through exactly the same choice, in the same matrix products.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .fits import Linear, Method, fit

MOST_GROUPS = 6


@dataclass(frozen=True)
class HeldOut:
    """Figures of the true labels (set 0) and of each shuffle.

    Attributes:
        auroc: Mean over held-out groups, at the chosen layers.
        accuracy: Likewise.
        by_group: AUROC of each held-out group.
        layers: Row of `states` that was chosen for each held-out group.
        by_layer: Mean held-out AUROC at each layer; describes, chooses nothing.
        fitted: Accuracy on the texts that the probes were fitted on, at the chosen layers.
    """

    auroc: Float[Tensor, "set"]
    accuracy: Float[Tensor, "set"]
    by_group: Float[Tensor, "group set"]
    layers: Int[Tensor, "group set"]
    by_layer: Float[Tensor, "layer set"]
    fitted: Float[Tensor, "set"]


def auroc(
    scores: Float[Tensor, "*layer text set"], labels: Float[Tensor, "text set"]
) -> Float[Tensor, "*layer set"]:
    """Probability that a text of label 1 scores above one of label 0; ties count half."""
    across = scores.transpose(-1, -2).contiguous()
    ordered = across.sort(-1).values
    below = torch.searchsorted(ordered, across)
    up_to = torch.searchsorted(ordered, across, right=True)
    rank = (below + up_to + 1).to(scores.dtype).transpose(-1, -2) / 2
    ones = labels.sum(0)
    above = (rank * labels).sum(-2) - ones * (ones + 1) / 2
    return above / (ones * (len(labels) - ones))


def shuffled_within(
    labels: Float[Tensor, "text"],
    groups: Int[Tensor, "text"],
    count: int,
    generator: torch.Generator,
) -> Float[Tensor, "text set"]:
    """`count` shuffles of the labels, each inside its group, so that the balance stays."""
    out = labels[:, None].repeat(1, count)
    for group in range(int(groups.max()) + 1):
        at = (groups == group).nonzero()[:, 0]
        for column in range(count):
            out[at, column] = labels[at[torch.randperm(len(at), generator=generator)]]
    return out


def centred_by(
    states: Float[Tensor, "layer text d_model"], groups: Int[Tensor, "text"]
) -> Float[Tensor, "layer text d_model"]:
    """States minus the mean of their group; labels are not used."""
    out = states.clone()
    for group in range(int(groups.max()) + 1):
        at = groups == group
        out[:, at] -= out[:, at].mean(1, keepdim=True)
    return out


def leave_group_out(
    method: Method,
    states: Float[Tensor, "layer text d_model"],
    labels: Float[Tensor, "text set"],
    groups: Int[Tensor, "text"],
    penalty: float,
    on_progress: Callable[[int, int], None] | None = None,
) -> HeldOut:
    """Hold out each group in turn; at least three groups, both labels in each.

    Args:
        method: How probes are fitted.
        states: Activations at all layers.
        labels: True labels first, then shuffles.
        groups: 0, 1, … for each text.
        penalty: As `fit` takes it.
        on_progress: Called with (splits done, splits).
    """
    count, layers, sets = int(groups.max()) + 1, len(states), labels.shape[1]
    # inner[i, j]: how well probes that saw neither i nor j do on j; without j: i held out alone.
    inner = torch.full((count, count, layers, sets), torch.nan)
    splits = [*combinations(range(count), 2), *((i, i) for i in range(count))]
    outer = torch.empty(count, layers, sets)
    exact, fitted = torch.empty(count, layers, sets), torch.empty(count, layers, sets)
    parts = [(states[:, groups == group], labels[groups == group]) for group in range(count)]
    for done, (one, two) in enumerate(splits):
        kept = [part for group, part in enumerate(parts) if group not in (one, two)]
        train, known = torch.cat([x for x, _ in kept], 1), torch.cat([y for _, y in kept])
        probes = fit(method, train, known, penalty)
        for out, test in {(one, two), (two, one)}:
            x, truth = parts[test]
            scores = probes.score(x)
            if one != two:
                inner[out, test] = auroc(scores, truth)
                continue
            outer[one] = auroc(scores, truth)
            exact[one] = _right(scores, truth)
            fitted[one] = _right(probes.score(train), known)
        if on_progress:
            on_progress(done + 1, len(splits))
    chosen = inner.nanmean(1).argmax(1)  # [group, set]

    def pick(table: Tensor) -> Tensor:
        return table.gather(1, chosen[:, None])[:, 0]

    return HeldOut(
        auroc=pick(outer).mean(0),
        accuracy=pick(exact).mean(0),
        by_group=pick(outer),
        layers=chosen,
        by_layer=outer.mean(0),
        fitted=pick(fitted).mean(0),
    )


def final_probe(
    method: Method,
    states: Float[Tensor, "layer text d_model"],
    labels: Float[Tensor, "text"],
    found: HeldOut,
    penalty: float,
) -> tuple[int, Linear]:
    """The probe to keep: fitted on all groups, at the layer that was chosen most often."""
    layer = int(found.layers[:, 0].mode().values)
    return layer, fit(method, states[layer], labels[:, None], penalty)


def _right(
    scores: Float[Tensor, "layer text set"], labels: Float[Tensor, "text set"]
) -> Float[Tensor, "layer set"]:
    return ((scores > 0) == (labels > 0)).float().mean(-2)
