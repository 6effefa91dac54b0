"""Cells: the parts of a run that a patch exchanges, and which of them change anything."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ...spec import Refusal
from ..recording import Recording

SweepSite = Literal["resid_pre", "attn_out", "resid_mid", "mlp_out", "z", "neurons"]
Cell = tuple[int, int, int]
"""Layer, position (-1: all of them), and head or neuron (0 for residual sites)."""


@dataclass(frozen=True)
class Entry:
    """One cell that changes something: where it enters and where its row begins."""

    place: int
    cell: Cell
    start: int


def values(run: Recording, site: SweepSite) -> Float[Tensor, "layer pos ..."]:
    """What a run has at a site."""
    found: Tensor = getattr(run, site)
    return found[:-1] if site == "resid_pre" else found


def entries(source: Recording, into: Recording, site: SweepSite, cells: list[Cell]) -> list[Entry]:
    """The cells that change anything.

    Args:
        source: Where the values come from.
        into: The run that they are put in.
        site: What is patched.
        cells: What to patch, one at a time.

    Raises:
        ValueError: If the recordings have different lengths.
    """
    if len(source.ids) != len(into.ids):
        raise ValueError(f"{len(source.ids)} tokens cannot be patched into {len(into.ids)}")
    differs = (values(source, site) != values(into, site)).cpu()
    differs = differs if site in ("z", "neurons") else differs[..., None, :]
    changed = differs if site == "neurons" else differs.any(-1)  # [layer, pos, part]
    found = []
    for place, (layer, position, part) in enumerate(cells):
        where = changed[layer, :, part]
        if position >= 0:
            start = position if bool(where[position]) else None
        else:
            first = where.nonzero()
            start = int(first[0]) if len(first) else None
        if start is not None:
            found.append(Entry(place, (layer, position, part), start))
    return found


def check_finite(out: Tensor) -> Tensor:
    """The numbers of a sweep.

    Raises:
        Refusal: `numerical`, if some are not finite.
    """
    if not bool(torch.isfinite(out).all()):
        raise Refusal("numerical", "the sweep gave values that are not finite", "check the model")
    return out
