"""Random components to set an ablation against: as many of each kind, of the same layers."""

from collections import Counter

import torch
from jaxtyping import Float
from torch import Tensor

from ...model import Model
from ...spec import Refusal
from .ablate import Direction
from .names import Component, Kind, count, shown

_TRIES = 40  # draws for each set that is wanted


def matched_sets(
    model: Model, chosen: list[Component], wanted: int, generator: torch.Generator
) -> tuple[list[list[Component]], int]:
    """Different sets of other components, and how many of them keep to the same layers.

    Each set has as many components of each kind as `chosen`, of the same layers as far as these
    have enough others, else of any layer. Where there are fewer than `wanted` such sets, more are
    drawn from all layers.

    Raises:
        Refusal: `bad_args`, if the model has not enough others of a kind.
    """
    found: dict[tuple[Component, ...], None] = {}
    same = 0
    for anywhere in (False, True):
        for _ in range(_TRIES * wanted):
            if len(found) < wanted:
                found.setdefault(tuple(sorted(_draw(model, chosen, anywhere, generator))))
        same = same or len(found)
    return [list(parts) for parts in found], same


def _draw(
    model: Model, chosen: list[Component], anywhere: bool, generator: torch.Generator
) -> list[Component]:
    taken = set(chosen)
    drawn: list[Component] = []
    for (kind, layer), size in Counter((c.kind, c.layer) for c in chosen).items():
        own = _others(model, kind, [layer], taken)
        if anywhere or len(own) < size:
            own = _others(model, kind, list(range(model.n_layers)), taken)
        if len(own) < size:
            raise Refusal(
                "bad_args",
                f"{shown(chosen)}: the model has too few other components of the kind {kind!r} to "
                "compare with",
                "ablate fewer",
            )
        picked = [own[i] for i in torch.randperm(len(own), generator=generator)[:size].tolist()]
        taken |= set(picked)
        drawn += picked
    return drawn


def _others(model: Model, kind: Kind, layers: list[int], taken: set[Component]) -> list[Component]:
    every = (Component(i, kind, j) for i in layers for j in range(count(model, kind, i)))
    return [part for part in every if part not in taken]


def random_directions(
    like: Direction,
    cloud: Float[Tensor, "token d_model"],
    wanted: int,
    generator: torch.Generator,
) -> list[Direction]:
    """As many isotropic directions, then as many from the covariance of `cloud`.

    Args:
        like: The direction whose layers they share.
        cloud: States of the residual stream there.
        wanted: How many of each.
        generator: Source of the draws.
    """
    centred = cloud - cloud.mean(0)
    plain = torch.randn(wanted, cloud.shape[1], generator=generator)
    mixed = torch.randn(wanted, len(cloud), generator=generator) @ centred.cpu()
    return [Direction(f"isotropic {i + 1}", v, like.layers) for i, v in enumerate(plain)] + [
        Direction(f"covariance {i + 1}", v, like.layers) for i, v in enumerate(mixed)
    ]
