"""One way in to patching: the fastest computation that is exact for the model at hand."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from ...model import Model
from ..adapters import supported
from ..patching import sweep_layers
from ..recording import Recording, record
from ..sweep import sweep_cells
from ..sweep_layer import knows
from .bridge import record_bridge, sweep_bridge
from .cells import Cell, SweepSite
from .readout import Readout


def has_adapter(model: Model) -> bool:
    """Whether the model's modules are known; otherwise TransformerLens runs it."""
    return supported(model.hf.config.model_type)


def run_of(model: Model, ids: list[int]) -> Recording:
    """One forward pass with everything that patches need."""
    return record(model, ids) if has_adapter(model) else record_bridge(model, ids)


@torch.no_grad()
def own_value(model: Model, run: Recording, readout: Readout) -> float:
    """What is read from a run without a patch, by the arithmetic that its patched runs end with."""
    if has_adapter(model):
        return float(readout.of_stream(model, run.resid_pre[-1][-1:]))
    return float(readout.of_logits(run.logits[None]))


def patch_cells(
    model: Model,
    source: Recording,
    into: Recording,
    *,
    site: SweepSite,
    cells: list[Cell],
    readout: Readout,
    charge: Callable[[int], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Float[Tensor, "cell"]:
    """What is read with one cell at a time taken from `source`.

    Args:
        model: Any model: with an adapter and no hooks inside, the own sweep; with hooks, its
            layers; without an adapter, TransformerLens.
        source: Where the values come from.
        into: The run that they are put in; as many tokens.
        site: What is patched.
        cells: What to patch, one at a time.
        readout: What is read at the last position.
        charge: Told how many tokens' full forward passes the next piece of work amounts to.
        on_progress: Called with (cells done, cells).

    Raises:
        ValueError: If the recordings have different lengths.
        Refusal: `model_limit` or `numerical`.
    """
    if not has_adapter(model):
        return sweep_bridge(
            model, source, into, site=site, cells=cells, readout=readout, on_progress=on_progress
        )
    run = sweep_cells if knows(model) else sweep_layers
    return run(
        model,
        source,
        into,
        site=site,
        cells=cells,
        read=lambda stream: readout.of_stream(model, stream),
        charge=charge,
        on_progress=on_progress,
    )[:, 0]
