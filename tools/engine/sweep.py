"""Exact patching sweeps: rows join one running batch that goes through the layers once.

A patch of one position leaves every other position of that layer untouched, so each cell begins
as a few vectors below a layer: the value of a residual site itself, or what a changed head,
neuron or block output makes of the stream above its layer. Rows carry only positions from their
first changed one. Cells that are equal in both runs to the last bit are skipped.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Model
from .causal.cells import Cell, Entry, SweepSite, check_finite, entries
from .causal.chunks import in_chunks
from .packed import kept
from .recording import Recording
from .sweep_layer import Group, LayerPass

Read = Callable[[Float[Tensor, "row d_model"]], Float[Tensor, "row out"]]
_HELD = 32768  # vectors between layers: 75 MB at width 576 in float32


@torch.no_grad()
def sweep_cells(
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

    Args:
        model: A model that `sweep_layer.knows` accepts.
        source: Where the values come from: another run, or a mean of runs.
        into: The run that they are put in; as many tokens.
        site: What is patched. `resid_mid` reaches attention's branch and the MLP alike.
        cells: What to patch, one at a time.
        read: From the stream after the last layer to the numbers wanted.
        held: Most vectors that are held between layers. Memory is this, times width, times a
            small constant, whatever the number of cells; packed weights, which stay with the model,
            come on top (`packed.kept`: at most 1 GB in a process).
        charge: Told before each layer how many tokens' full passes it amounts to.
        on_progress: Called with (cells done, cells).

    Raises:
        ValueError: If the recordings have different lengths.
        Refusal: `model_limit`, if memory runs out again after the batch was halved once;
            `numerical`, if values are not finite.
    """
    own = read(into.resid_pre[-1][-1:]).float().cpu()
    out = own.expand(len(cells), -1).clone()
    # Rows that begin alike stand together, so that chunks hold like rows.
    rows = sorted(entries(source, into, site, cells), key=lambda r: (r.start, r.cell[0]))
    each = in_chunks(
        rows,
        lambda row: len(into.ids) - row.start,
        held,
        lambda chunk: _run(model, source, into, site, chunk, read, charge),
        on_progress,
    )
    for row, value in each:
        out[row.place] = value
    return check_finite(out)


def _run(
    model: Model,
    source: Recording,
    into: Recording,
    site: SweepSite,
    chunk: list[Entry],
    read: Read,
    charge: Callable[[int], None],
) -> Float[Tensor, "row out"]:
    """A chunk of rows through the layers, in the chunk's order."""
    n, length = model.n_layers, len(into.ids)
    above = 0 if site == "resid_pre" else 1  # other sites' rows enter above their layer
    starts = sorted({r.start for r in chunk})
    held: dict[int, Tensor] = {}
    members: dict[int, list[int]] = {s: [] for s in starts}
    ends: list[Tensor] = []
    now: LayerPass | None = None
    owed = 0.0
    packed = kept(model.adapter.layers)
    for index in range(min(r.cell[0] for r in chunk), n):
        for start, indices in _entering(chunk, index - above):
            fresh = _begin(now, source, into, site, index - above, [chunk[i] for i in indices])
            held[start] = torch.cat([held[start], fresh]) if start in held else fresh
            members[start] += indices
        groups = [Group(s, len(held[s]), length - s) for s in starts if s in held]
        vectors = sum(g.vectors for g in groups)
        now = LayerPass(model, into, index, vectors, packed)
        if not groups:
            continue
        owed += vectors / n
        charge(int(owed))
        owed -= int(owed)
        x = torch.cat([held[g.start].flatten(0, 1) for g in groups])
        x = now.through(x, groups, last=index == n - 1)
        if index == n - 1:
            ends.append(x)
        else:
            parts = zip(groups, x.split([g.vectors for g in groups]), strict=True)
            held = {g.start: part.view(g.rows, g.length, -1) for g, part in parts}
    places = [i for start in starts for i in members[start]]
    if above:
        for _, indices in _entering(chunk, n - 1):
            fresh = _begin(now, source, into, site, n - 1, [chunk[i] for i in indices])
            ends.append(fresh[:, -1])
            places += indices
    values = torch.cat([read(part) for end in ends for part in end.split(512)])
    order = torch.tensor(places).argsort()
    return values[order.to(values.device)]


def _entering(chunk: list[Entry], layer: int) -> Iterator[tuple[int, list[int]]]:
    """Rows of one layer by their first position."""
    found: dict[int, list[int]] = {}
    for i, row in enumerate(chunk):
        if row.cell[0] == layer:
            found.setdefault(row.start, []).append(i)
    yield from found.items()


def _begin(
    now: LayerPass | None,
    source: Recording,
    into: Recording,
    site: SweepSite,
    layer: int,
    rows: list[Entry],
) -> Float[Tensor, "row pos d_model"]:
    """The stream of new rows, from their first position on, as it enters its next layer."""
    start, length = rows[0].start, len(into.ids)
    base = into.resid_pre[layer + (site != "resid_pre"), start:].expand(len(rows), -1, -1).clone()
    spans = [slice(start, start + 1 if r.cell[1] >= 0 else length) for r in rows]
    there, here = getattr(source, site)[layer], getattr(into, site)[layer]

    def every(values: Tensor) -> Tensor:
        return torch.cat([values[span] for span in spans])

    def changed() -> Tensor:
        """The unpatched values with each row's own head or neuron exchanged."""
        parts = []
        for row, span in zip(rows, spans, strict=True):
            part = here[span].clone()
            part[:, row.cell[2]] = there[span, row.cell[2]]
            parts.append(part)
        return torch.cat(parts)

    if site == "resid_pre":
        new = every(there)
    elif site == "mlp_out":
        new = every(into.resid_mid[layer] + there)
    else:
        assert now is not None, "rows above a layer follow that layer's pass"
        if site == "neurons":
            new = every(into.resid_mid[layer]) + now.neurons_out(changed())
        else:
            if site == "z":
                new = every(into.resid_pre[layer]) + now.attention_out(changed().flatten(1))
            elif site == "attn_out":
                new = every(into.resid_pre[layer] + there)
            else:
                new = every(there)
            new = now.after_mlp(new)
    for row, span, part in zip(
        range(len(rows)), spans, new.split([s.stop - s.start for s in spans]), strict=True
    ):
        base[row, : span.stop - start] = part
    return base
