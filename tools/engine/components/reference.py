"""What components give on reference text: the values that an ablation puts in their place."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ...model import Model
from ..batch import batches, check_lengths
from ..recording import attention_adds, down_map, mlp_adds, output_map
from ..residual import first, hooked
from .names import Component, Kind

# Where a kind of component is cut: what the output map reads, what the down map reads, what a
# block adds, what a whole layer adds, and the stream itself.
Site = Literal["heads", "neurons", "attention", "mlp", "layer", "stream"]
Place = tuple[Site, int]
SITES: dict[Kind, Site] = {
    "head": "heads",
    "neuron": "neurons",
    "attention": "attention",
    "mlp": "mlp",
    "layer": "layer",
}
Reference = dict[Place, Float[Tensor, "token width"]]


def place_of(part: Component) -> Place:
    """Where a component is cut."""
    return SITES[part.kind], part.layer


@torch.no_grad()
def reference_values(
    model: Model, sequences: list[list[int]], places: set[Place], *, batch: int = 8
) -> Reference:
    """Values at each place at every token but the first of each sequence, float32.

    The first position carries a massive activation in many models and would be all that a mean
    shows.
    """
    check_lengths(model, sequences)
    found: dict[Place, list[Tensor]] = {place: [] for place in places}
    keep: list[Tensor] = []

    def watch(place: Place) -> Any:
        def look(_: Any, inputs: Any, named: Any, output: Any) -> None:
            found[place].append(_value(place[0], inputs, named, output)[keep[0]].float())

        return look

    handles = [
        module_of(model, place).register_forward_hook(watch(place), with_kwargs=True)
        for place in sorted(places)
    ]
    with hooked(handles):
        for part in batches([len(s) for s in sequences], batch):
            lengths = torch.tensor([len(sequences[i]) for i in part])
            width = int(lengths.max())
            spots = torch.arange(width)
            keep[:] = [((spots > 0) & (spots < lengths[:, None])).to(model.device)]
            rows = [sequences[i] + [0] * (width - len(sequences[i])) for i in part]
            model.adapter.body(input_ids=torch.tensor(rows, device=model.device), use_cache=False)
    return {place: torch.cat(values) for place, values in found.items()}


def module_of(model: Model, place: Place) -> Any:
    """The module at whose input or output a place is cut; -1 is the embedding's output."""
    site, layer = place
    module = model.adapter.layers[max(layer, 0)]
    if site == "heads":
        return output_map(model, module)
    if site == "neurons":
        return down_map(model, module)
    if site == "attention":
        return attention_adds(model, module)
    return mlp_adds(model, module) if site == "mlp" else module


def _value(site: Site, inputs: Any, named: Any, output: Any) -> Tensor:
    if site in ("heads", "neurons"):
        return inputs[0]  # type: ignore[no-any-return]
    if site == "layer":
        added: Tensor = first(output) - (inputs[0] if inputs else named["hidden_states"])
        return added
    return first(output)
