"""Path patching: what one component changes in another through the direct path between them.

A sender's output (a head's, or an MLP's) is exchanged for that of another run. On the direct path
every block in between keeps its own output, so a receiver reads its unpatched stream plus the
change of what the sender adds. The receivers' queries, keys or values (or the logits) are computed
from that stream; everything after the receivers is computed anew. Nothing is linearised: norms act
on the changed stream. Source: Wang et al., "Interpretability in the wild" (2022); Goldowsky-Dill
et al., "Localizing model behavior with path patching" (2023). There MLPs in between are computed
anew; here they are held, so that the path is direct.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ...model import Model
from ...spec import Refusal
from ..packed import kept
from ..recording import Recording
from ..sweep_layer import Group, LayerPass, knows
from .cells import check_finite
from .chunks import in_chunks
from .readout import Readout

_HELD = 16384  # vectors between layers


@dataclass(frozen=True)
class Sender:
    """A head, or an MLP where `head` is None."""

    layer: int
    head: int | None

    def __str__(self) -> str:
        """`L3H5` or `L3 MLP`."""
        return f"L{self.layer} MLP" if self.head is None else f"L{self.layer}H{self.head}"


@dataclass(frozen=True)
class Receiver:
    """What a head reads: its queries, keys or values."""

    layer: int
    head: int
    part: Literal["q", "k", "v"]


@torch.no_grad()
def sent(
    model: Model, source: Recording, into: Recording, senders: list[Sender]
) -> Float[Tensor, "sender pos d_model"]:
    """The change of what each sender adds to the stream."""
    found = []
    passes: dict[int, LayerPass] = {}
    for sender in senders:
        layer = sender.layer
        if sender.head is None:
            found.append(source.mlp_out[layer] - into.mlp_out[layer])
            continue
        if layer not in passes:
            passes[layer] = LayerPass(model, into, layer)
        heads = into.z[layer].clone()
        heads[:, sender.head] = source.z[layer, :, sender.head]
        found.append(passes[layer].attention_out(heads.flatten(1)) - into.attn_out[layer])
    return torch.stack(found)


@torch.no_grad()
def patch_paths(
    model: Model,
    source: Recording,
    into: Recording,
    *,
    senders: list[Sender],
    receivers: list[Receiver],
    readout: Readout,
    held: int = _HELD,
    charge: Callable[[int], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Float[Tensor, "sender"]:
    """What is read when each sender's change reaches the receivers alone.

    Args:
        model: A model with an adapter and without hooks inside.
        source: The run that senders' outputs are taken from.
        into: The run that is patched; as many tokens.
        senders: One at a time.
        receivers: All at once; none: the logits.
        readout: What is read at the last position.
        held: Most vectors held between layers.
        charge: Booked tokens.
        on_progress: Called with (senders done, senders).

    Raises:
        ValueError: If the recordings have different lengths.
        Refusal: `model_limit`, for a model without an adapter or with hooks inside, or out of
            memory; `numerical`, if values are not finite.
    """
    if len(source.ids) != len(into.ids):
        raise ValueError(f"{len(source.ids)} tokens cannot be patched into {len(into.ids)}")
    if not knows(model):
        raise Refusal(
            "model_limit", "hooks inside this model would not act on paths", "remove the hooks"
        )
    length, out = len(into.ids), torch.empty(len(senders))

    def run(chunk: list[Sender]) -> Tensor:
        change = sent(model, source, into, chunk)
        if receivers:
            charge(len(chunk) * length * (model.n_layers - _first(receivers)) // model.n_layers)
            stream = _through(model, into, chunk, change, receivers)
        else:
            stream = into.resid_pre[-1, -1] + change[:, -1]
        return readout.of_stream(model, stream)[:, 0]

    each = in_chunks(senders, lambda _: length, held, run, on_progress)
    for i, (_, value) in enumerate(each):
        out[i] = value
    return check_finite(out)


def _first(receivers: list[Receiver]) -> int:
    return min(r.layer for r in receivers)


def _through(
    model: Model,
    into: Recording,
    senders: list[Sender],
    change: Float[Tensor, "sender pos d_model"],
    receivers: list[Receiver],
) -> Float[Tensor, "sender d_model"]:
    """The stream after the last layer at the last position."""
    rows, length = change.shape[:2]
    begin, n = _first(receivers), model.n_layers
    packed = kept(model.adapter.layers)
    x = into.resid_pre[begin].expand(rows, -1, -1).flatten(0, 1)
    group = [Group(0, rows, length)]
    for index in range(begin, n):
        now = LayerPass(model, into, index, len(x), packed)
        here = [r for r in receivers if r.layer == index]
        # A sender at or above a receiver's layer has no path to it.
        below = [s.layer < index for s in senders]
        if here:
            reach = torch.tensor(below, device=x.device)[:, None, None]
            direct = (into.resid_pre[index] + change * reach).flatten(0, 1)
            x = now.through(x, group, last=index == n - 1, exchange=_exchange(now, here, direct))
        else:
            x = now.through(x, group, last=index == n - 1)
    return x


def _exchange(
    now: LayerPass, receivers: list[Receiver], direct: Float[Tensor, "n d_model"]
) -> Callable[..., Tensor]:
    """Recompute receiving heads with what they read on the direct path."""

    def exchange(
        q: Tensor, k: Tensor, v: Tensor, mixed: Tensor, group: Group, last: bool
    ) -> Tensor:
        at = torch.arange(group.length, device=q.device).repeat(group.rows)
        read = dict(zip("qkv", now.project(direct, at), strict=True))
        own = {"q": q, "k": k, "v": v}
        each = q.shape[1] // k.shape[1]
        mixed = mixed.unflatten(-1, (q.shape[1], -1)).clone()
        for head in {r.head for r in receivers}:
            parts = {r.part for r in receivers if r.head == head}
            place = {"q": head, "k": head // each, "v": head // each}
            q1, k1, v1 = (
                (read if name in parts else own)[name][:, place[name], None]
                for name in ("q", "k", "v")
            )
            mixed[:, head] = now.attend(q1, k1, v1, group, last)
        return mixed.flatten(1)

    return exchange
