"""Activation patching: every (layer, position) cell in one running batch.

A cell's row joins the batch at its own layer, with the unpatched stream in every other position,
and goes through the later layers together with the rows before it. Nothing below a patch is
computed twice. Cells whose two values are equal to the last bit are exact no-ops and are skipped.
"""

from collections.abc import Callable
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..model import Model
from .recording import Recording, attention_adds, mlp_adds
from .residual import first, hooked

Site = Literal["resid_pre", "attn_out", "resid_mid", "mlp_out"]
_TOKENS = 8192  # of one call of a layer: eager attention holds heads × pos² floats a row


@torch.no_grad()
def sweep(
    model: Model,
    source: Recording,
    into: Recording,
    *,
    site: Site,
    layers: list[int],
    positions: list[int],
    tokens: list[int],
    charge: Callable[[int], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Float[Tensor, "layer pos token"]:
    """Logits at the last position of `into`, with one cell at a time taken from `source`.

    `resid_mid` is set by what attention adds, so that attention's own branch and the MLP both see
    it. (TransformerLens' `hook_resid_mid` in version 4.3 changes the MLP's input alone.)

    Args:
        model: The model that both recordings were made with.
        source: Where the values come from.
        into: The run that they are put in; as many tokens.
        site: What is patched.
        layers: Layers to patch, one at a time.
        positions: Positions to patch, one at a time.
        tokens: Whose logits are returned, soft-cap applied.
        charge: Told before each layer how many tokens' full forward passes it amounts to.
        on_progress: Called with (layers done, layers).

    Raises:
        ValueError: If the recordings have different lengths.
    """
    if len(source.ids) != len(into.ids):
        raise ValueError(f"{len(source.ids)} tokens cannot be patched into {len(into.ids)}")
    place = {layer: i for i, layer in enumerate(layers)}
    modules = model.adapter.layers
    own = model.adapter.logits(into.resid_pre[-1][-1:], tokens).float().cpu()[0]
    out = own.expand(len(layers), len(positions), -1).clone()
    rows = into.resid_pre.new_empty(0, *into.resid_pre.shape[1:])
    cells: list[tuple[int, int]] = []
    owed = 0.0
    for index in range(min(layers, default=0), len(modules)):
        where, values = _patch_at(source, into, site, index, positions)
        fresh = where if index in place else []
        start = len(cells)
        if fresh:
            new = into.resid_pre[index].expand(len(fresh), -1, -1).clone()
            if site == "resid_pre":
                for row, column in enumerate(fresh):
                    new[row, positions[column]] = values[column]
            rows = torch.cat([rows, new])
            cells += [(place[index], column) for column in fresh]
        if cells:
            owed += len(cells) * len(into.ids) / len(modules)
            charge(int(owed))
            owed -= int(owed)
            edits = {
                start + i: (positions[column], values[column]) for i, column in enumerate(fresh)
            }
            rows = _through(model, index, rows, into.calls[index], site, edits)
        on_progress(index + 1, len(modules))
    if cells:
        logits = model.adapter.logits(rows[:, -1], tokens).float().cpu()
        for cell, row in zip(cells, logits, strict=True):
            out[cell] = row
    return out


def _patch_at(
    source: Recording, into: Recording, site: Site, layer: int, positions: list[int]
) -> tuple[list[int], Float[Tensor, "pos d_model"]]:
    """Columns of `positions` where the patch changes anything, and the value for each column.

    For `resid_mid` the value is the difference, which is added to what attention adds.
    """
    if site == "resid_mid":
        values = (source.resid_mid[layer] - into.resid_mid[layer])[positions]
        changed = (values != 0).any(-1)
    else:
        there, here = getattr(source, site)[layer], getattr(into, site)[layer]
        values, changed = there[positions], (there != here).any(-1)[positions]
    return changed.nonzero()[:, 0].tolist(), values


def _through(
    model: Model,
    index: int,
    rows: Float[Tensor, "row pos d_model"],
    call: tuple[tuple[Any, ...], dict[str, Any]],
    site: Site,
    edits: dict[int, tuple[int, Tensor]],
) -> Float[Tensor, "row pos d_model"]:
    """Rows after one layer, with this layer's edits made where the block writes."""
    layer = model.adapter.layers[index]
    size = max(1, _TOKENS // rows.shape[1])
    done = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        here = {r - start: e for r, e in edits.items() if start <= r < start + len(part)}
        with hooked(_edit(model, layer, site, here)):
            done.append(first(layer(part, *call[0], **call[1])))
    return torch.cat(done)


def _edit(
    model: Model, layer: nn.Module, site: Site, edits: dict[int, tuple[int, Tensor]]
) -> list[Any]:
    """Hooks that make a layer's edits; `resid_pre` was edited before the layer."""
    if site == "resid_pre" or not edits:
        return []
    adds = site == "resid_mid"

    def edit(_: nn.Module, __: Any, output: Any) -> Any:
        hidden = first(output).clone()
        for row, (position, value) in edits.items():
            hidden[row, position] = hidden[row, position] + value if adds else value
        return (hidden, *output[1:]) if isinstance(output, tuple) else hidden

    module = mlp_adds(model, layer) if site == "mlp_out" else attention_adds(model, layer)
    return [module.register_forward_hook(edit)]
