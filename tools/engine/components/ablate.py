"""Runs in which components are ablated: their values are replaced at every token but the first."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ...model import Model
from ..residual import first, hooked
from .names import Component
from .reference import Place, Reference, Site, module_of, place_of

Method = Literal["zero", "mean", "resample"]


@dataclass(frozen=True)
class Direction:
    """A direction of the residual stream, ablated after some layers.

    Attributes:
        name: For the reader.
        vector: The direction, of any length.
        layers: The stream after these layers is changed.
    """

    name: str
    vector: Float[Tensor, "d_model"]
    layers: tuple[int, ...]

    def __str__(self) -> str:
        """Its name."""
        return self.name


Part = Component | Direction


def places_of(parts: list[Part]) -> set[Place]:
    """Every place that these parts are cut at."""
    found: set[Place] = set()
    for part in parts:
        if isinstance(part, Direction):
            found |= {("stream", layer) for layer in part.layers}
        else:
            found.add(place_of(part))
    return found


@contextmanager
def ablated(
    model: Model,
    parts: list[Part],
    method: Method,
    reference: Reference,
    drawn: Int[Tensor, "row pos"],
) -> Iterator[None]:
    """Ablate parts together in every pass inside the block.

    The first position is left as it is: its activation is massive in many models, and the others
    read it as a place to look when there is nothing to see.

    Args:
        model: The model.
        parts: What is ablated.
        method: zero, the mean over the reference, or resample: what a random token of it has.
        reference: Values at every place of the parts; for `zero` it may be empty.
        drawn: Which reference token each position takes with `resample`; the same one for all
            parts, so that they stay in keeping with each other.
    """
    by_place: dict[Place, list[Part]] = defaultdict(list)
    for part in parts:
        for place in places_of([part]):
            by_place[place].append(part)

    def put(place: Place, like: Tensor) -> Tensor:
        """What stands in for the whole width of a place."""
        if method == "zero":
            return torch.zeros_like(like)
        values = reference[place].to(like)
        return values.mean(0).expand_as(like) if method == "mean" else values[drawn.to(like.device)]

    def before(place: Place) -> Any:
        slices = [_slice(model, p) for p in by_place[place] if isinstance(p, Component)]

        def change(_: Any, inputs: Any) -> Any:
            new, instead = inputs[0].clone(), put(place, inputs[0])
            for part in slices:
                new[:, 1:, part] = instead[:, 1:, part]
            return (new, *inputs[1:])

        return change

    def after(place: Place) -> Any:
        def change(_: Any, inputs: Any, named: Any, output: Any) -> Any:
            old = first(output)
            new, instead = old.clone(), put(place, old)
            if place[0] == "stream":
                for part in by_place[place]:
                    _along(part, new, instead)
            elif place[0] == "layer":
                stream = inputs[0] if inputs else named["hidden_states"]
                new[:, 1:] = (stream + instead)[:, 1:]
            else:
                new[:, 1:] = instead[:, 1:]
            return (new, *output[1:]) if isinstance(output, tuple) else new

        return change

    handles = []
    # A whole layer is cut before the stream behind it is.
    for place in sorted(by_place, key=lambda p: (p[1], _ORDER.index(p[0]))):
        module = module_of(model, place)
        if place[0] in ("heads", "neurons"):
            handles.append(module.register_forward_pre_hook(before(place)))
        else:
            handles.append(module.register_forward_hook(after(place), with_kwargs=True))
    with hooked(handles):
        yield


_ORDER: tuple[Site, ...] = ("heads", "neurons", "attention", "mlp", "layer", "stream")


def _along(
    part: Part, new: Float[Tensor, "row pos d_model"], instead: Float[Tensor, "row pos d_model"]
) -> None:
    """Replace the part of `new` along a direction by that of `instead`, in place."""
    assert isinstance(part, Direction)
    unit = (part.vector / part.vector.norm()).to(new)
    gap = ((instead - new) @ unit)[..., None] * unit
    new[:, 1:] += gap[:, 1:]


def _slice(model: Model, part: Component) -> slice:
    if part.kind == "neuron":
        return slice(part.index, part.index + 1)
    module: Any = module_of(model, place_of(part))
    width = module.weight.numel() // model.d_model // model.n_heads
    return slice(part.index * width, (part.index + 1) * width)
