"""Activation patching through the model's own layers, for models that carry hooks of their own.

A cell's row joins the batch at its own layer, with the unpatched stream in every other position,
and goes through the later layers together with the rows before it. Nothing below a patch is
computed twice. Cells whose two values are equal to the last bit are exact no-ops and are skipped.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..model import Model
from .causal.cells import Cell, Entry, SweepSite, check_finite, entries
from .causal.chunks import in_chunks
from .recording import Recording, attention_adds, down_map, mlp_adds, output_map
from .residual import first, hooked

Read = Callable[[Float[Tensor, "row d_model"]], Float[Tensor, "row out"]]
_TOKENS = 8192  # of one call of a layer: eager attention holds heads × pos² floats a row
_HELD = 32768  # vectors between layers


@torch.no_grad()
def sweep_layers(
    model: Model,
    source: Recording,
    into: Recording,
    *,
    site: SweepSite,
    cells: list[Cell],
    read: Read,
    held: int = _HELD,
    charge: Callable[[int], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Float[Tensor, "cell out"]:
    """What `read` makes of the last position, with one cell at a time taken from `source`.

    `resid_mid` is set by what attention adds, so that attention's own branch and the MLP both see
    it. (TransformerLens' `hook_resid_mid` in version 4.3 changes the MLP's input alone.)

    Args:
        model: The model that both recordings were made with.
        source: Where the values come from.
        into: The run that they are put in; as many tokens.
        site: What is patched.
        cells: What to patch, one at a time.
        read: From the stream after the last layer to the numbers wanted.
        held: Most vectors that are held between layers.
        charge: Told before each layer how many tokens' full forward passes it amounts to.
        on_progress: Called with (cells done, cells).

    Raises:
        ValueError: If the recordings have different lengths.
        Refusal: `model_limit`, if memory runs out again after the batch was halved once;
            `numerical`, if values are not finite.
    """
    rows = sorted(entries(source, into, site, cells), key=lambda r: r.cell[0])
    own = read(into.resid_pre[-1][-1:]).float().cpu()
    out = own.expand(len(cells), -1).clone()

    def run(chunk: list[Entry]) -> Tensor:
        return read(_stream(model, source, into, site, chunk, charge)[:, -1])

    for row, value in in_chunks(rows, lambda _: len(into.ids), held, run, on_progress):
        out[row.place] = value
    return check_finite(out)


def _stream(
    model: Model,
    source: Recording,
    into: Recording,
    site: SweepSite,
    chunk: list[Entry],
    charge: Callable[[int], None],
) -> Float[Tensor, "row pos d_model"]:
    """The stream of each row after the last layer; rows are ordered by layer."""
    n, owed = model.n_layers, 0.0
    rows = into.resid_pre.new_empty(0, *into.resid_pre.shape[1:])
    for index in range(chunk[0].cell[0], n):
        fresh = [entry for entry in chunk if entry.cell[0] == index]
        new = into.resid_pre[index].expand(len(fresh), -1, -1)
        rows = torch.cat([rows, new])
        edits = {len(rows) - len(fresh) + i: entry.cell for i, entry in enumerate(fresh)}
        owed += len(rows) * len(into.ids) / n
        charge(int(owed))
        owed -= int(owed)
        rows = _through(model, index, rows, source, into, site, edits)
    return rows


def _through(
    model: Model,
    index: int,
    rows: Float[Tensor, "row pos d_model"],
    source: Recording,
    into: Recording,
    site: SweepSite,
    edits: dict[int, Cell],
) -> Float[Tensor, "row pos d_model"]:
    """Rows after one layer, with this layer's edits made where the block reads or writes."""
    layer, call = model.adapter.layers[index], into.calls[index]
    size = max(1, _TOKENS // rows.shape[1])
    done = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        here = {r - start: c for r, c in edits.items() if start <= r < start + len(part)}
        change = _change(source, into, site, index, here)
        with hooked(_hooks(model, layer, site, change) if here else []):
            done.append(first(layer(part, *call[0], **call[1])))
    return torch.cat(done)


def _change(
    source: Recording, into: Recording, site: SweepSite, index: int, edits: dict[int, Cell]
) -> Callable[[Tensor], Tensor]:
    """What the rows' edits make of the site's values [row, pos, width]."""

    def change(values: Tensor) -> Tensor:
        values = values.clone()
        for row, (_, position, part) in edits.items():
            where = slice(None) if position < 0 else slice(position, position + 1)
            if site == "resid_mid":
                gap = source.resid_mid[index, where] - into.resid_mid[index, where]
                values[row, where] = values[row, where] + gap
            elif site == "z":
                heads = values[row].view(len(into.ids), *source.z.shape[2:])
                heads[where, part] = source.z[index, where, part]
            elif site == "neurons":
                values[row, where, part] = source.neurons[index, where, part]
            else:
                values[row, where] = getattr(source, site)[index, where]
        return values

    return change


def _hooks(
    model: Model, layer: nn.Module, site: SweepSite, change: Callable[[Tensor], Tensor]
) -> list[Any]:
    def before(_: nn.Module, inputs: tuple[Any, ...]) -> Any:
        return (change(inputs[0]), *inputs[1:])

    def after(_: nn.Module, __: Any, output: Any) -> Any:
        hidden = change(first(output))
        return (hidden, *output[1:]) if isinstance(output, tuple) else hidden

    if site == "resid_pre":
        return [layer.register_forward_pre_hook(before)]
    if site in ("z", "neurons"):
        reads = output_map(model, layer) if site == "z" else down_map(model, layer)
        return [reads.register_forward_pre_hook(before)]
    writes = mlp_adds(model, layer) if site == "mlp_out" else attention_adds(model, layer)
    return [writes.register_forward_hook(after)]
