"""Patching for architectures without an adapter: whole batched passes of a TransformerLens bridge.

Slower than the own sweeps, since each cell is a whole forward pass of its prompt, and bounded like
them: rows run in parts. Hook names are TransformerLens' own.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ...model import Model
from ...spec import Refusal
from ..recording import Recording
from .cells import Cell, Entry, SweepSite, check_finite, entries
from .chunks import in_chunks
from .readout import Readout

# Whole rows of logits are made at every position: 1,024 × 50,000 floats are 200 MB.
_HELD = 1024
_NAMES = {
    "resid_pre": "hook_resid_pre",
    "attn_out": "hook_attn_out",
    "mlp_out": "hook_mlp_out",
    "z": "attn.hook_z",
    "neurons": "mlp.hook_post",
}


def _hook(site: str, layer: int) -> str:
    return f"blocks.{layer}.{_NAMES[site]}"


@torch.no_grad()
def record_bridge(model: Model, ids: list[int]) -> Recording:
    """Run a prompt once and keep what patches need.

    Raises:
        Refusal: `model_limit`, if TransformerLens does not know the architecture or one of the
            hooks; `numerical`, if what the blocks add does not sum to the stream.
    """
    bridge, n = _bridge(model), model.n_layers
    wanted = {_hook(site, layer) for site in _NAMES for layer in range(n)}
    end = f"blocks.{n - 1}.hook_resid_post"
    logits, cache = bridge.run_with_cache(
        torch.tensor([ids], device=model.device), names_filter=lambda name: name in wanted | {end}
    )

    def kept(site: str) -> Tensor:
        missing = [name for i in range(n) if (name := _hook(site, i)) not in cache]
        if missing:
            raise Refusal(
                "model_limit",
                f"TransformerLens has no {missing[0]} in this architecture",
                "patch another site",
            )
        return torch.stack([cache[_hook(site, i)][0].clone() for i in range(n)])

    found = Recording(
        ids=ids,
        resid_pre=torch.cat([kept("resid_pre"), cache[end][:1]]),
        attn_out=kept("attn_out"),
        mlp_out=kept("mlp_out"),
        z=kept("z").reshape(n, len(ids), model.n_heads, -1),
        neurons=kept("neurons"),
        calls=[],
        logits=logits[0, -1].float(),
    )
    found.check_sum(model)
    return found


@torch.no_grad()
def sweep_bridge(
    model: Model,
    source: Recording,
    into: Recording,
    *,
    site: SweepSite,
    cells: list[Cell],
    readout: Readout,
    held: int = _HELD,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Float[Tensor, "cell"]:
    """What is read with one cell at a time taken from `source`.

    The meter sees these passes by itself, as it sees every pass of the model.

    Args:
        model: The model.
        source: Where the values come from.
        into: The run that they are put in; as many tokens.
        site: What is patched.
        cells: What to patch, one at a time.
        readout: What is read.
        held: Most tokens in one pass.
        on_progress: Called with (cells done, cells).

    Raises:
        ValueError: If the recordings have different lengths.
        Refusal: `model_limit`, if memory runs out again after the batch was halved once, or the
            architecture has no `resid_mid`; `numerical`, if values are not finite.
    """
    bridge = _bridge(model)
    if site == "resid_mid" and getattr(bridge.cfg, "parallel_attn_mlp", False):
        raise Refusal(
            "model_limit",
            "this architecture's attention and MLP read the same stream: it has no resid_mid",
            "patch resid_pre, attn_out or mlp_out",
        )
    own = readout.of_logits(into.logits[None]).float().cpu()
    out = own.expand(len(cells)).clone()

    def run(chunk: list[Entry]) -> Tensor:
        ids = torch.tensor([into.ids], device=model.device).expand(len(chunk), -1)
        hooks = [
            (_hook("attn_out" if site == "resid_mid" else site, layer),
             _edit(source, into, site, [e.cell for e in chunk], layer))
            for layer in sorted({e.cell[0] for e in chunk})
        ]  # fmt: skip
        logits = bridge.run_with_hooks(ids, fwd_hooks=hooks, return_type="logits")
        return readout.of_logits(logits[:, -1])

    rows = entries(source, into, site, cells)
    for row, value in in_chunks(rows, lambda _: len(into.ids), held, run, on_progress):
        out[row.place] = value
    return check_finite(out)


def _edit(
    source: Recording, into: Recording, site: SweepSite, cells: list[Cell], layer: int
) -> Callable[..., Tensor]:
    """A hook that makes one layer's edits, a row each."""

    def edit(values: Tensor, hook: Any) -> Tensor:
        shape = values.shape
        values = values.clone()
        if site == "z":
            values = values.reshape(*shape[:2], *source.z.shape[2:])
        for row, (index, position, part) in enumerate(cells):
            where = slice(None) if position < 0 else slice(position, position + 1)
            if index != layer:
                continue
            if site == "resid_mid":
                values[row, where] += source.resid_mid[layer, where] - into.resid_mid[layer, where]
            elif site in ("z", "neurons"):
                values[row, where, part] = getattr(source, site)[layer, where, part]
            else:
                values[row, where] = getattr(source, site)[layer, where]
        return values.reshape(shape)

    return edit


def _bridge(model: Model) -> Any:
    try:
        return model.bridge
    except Exception as error:
        raise Refusal(
            "model_limit",
            f"architecture {model.hf.config.model_type!r} has no adapter, and TransformerLens "
            f"cannot load it ({type(error).__name__})",
            "study a model of another architecture",
        ) from None
