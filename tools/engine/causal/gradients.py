"""Attribution patching: what each patch would do if the metric were linear in it.

The estimate is (source − into) · gradient, for all cells from one backward pass. The gradient of
the unpatched run alone misleads where the metric bends between the two runs; averaged along the
straight path between the two prompts' embeddings it often does not. Source: Nanda, "Attribution
patching" (2023); Sundararajan et al., "Axiomatic attribution" (2017) for the path.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...model import Model
from ..recording import Recording, attention_adds, down_map, mlp_adds, output_map
from ..residual import first, hooked
from .cells import SweepSite, check_finite, values
from .chunks import in_chunks
from .readout import Readout

_HELD = 256  # vectors whose graph is held at a time


def attributions(
    model: Model,
    source: Recording,
    into: Recording,
    *,
    site: SweepSite,
    readout: Readout,
    path_steps: int = 1,
    charge: Callable[[int], None] = lambda _: None,
) -> Float[Tensor, "layer pos part"]:
    """The estimated change of what is read, for each cell patched alone.

    Args:
        model: A model with an adapter.
        source: Where a patch would take values from.
        into: The run that it would put them in.
        site: What would be patched.
        readout: What is read at the last position.
        path_steps: 1: the gradient of `into`. More: the mean of gradients at the middles of as
            many equal steps from the embeddings of `into` to those of `source`.
        charge: Told the cost of the backward passes, each taken as two forward passes.

    Returns:
        One number a head, a neuron, or a residual vector (a single part), on the CPU.

    Raises:
        ValueError: If the recordings have different lengths.
        Refusal: `model_limit`, if memory runs out again after the batch was halved once;
            `numerical`, if gradients are not finite.
    """
    if len(source.ids) != len(into.ids):
        raise ValueError(f"{len(source.ids)} tokens cannot be patched into {len(into.ids)}")
    length = len(into.ids)
    shares = [0.0] if path_steps == 1 else [(i + 0.5) / path_steps for i in range(path_steps)]
    charge(2 * length * path_steps)
    total = torch.zeros(values(into, site).shape)

    def run(chunk: list[float]) -> Tensor:
        gradient = gradients(model, source.ids, into.ids, chunk, site=site, readout=readout)
        return gradient.float().cpu().view(len(chunk), *total.shape)

    for _, found in in_chunks(shares, lambda _: length, _HELD, run):
        total += found / path_steps
    gap = (values(source, site) - values(into, site)).float().cpu()
    products = check_finite(gap * total)
    return products if site == "neurons" else _summed(products, site)


def _summed(products: Tensor, site: SweepSite) -> Float[Tensor, "layer pos part"]:
    found: Tensor = products.sum(-1) if site == "z" else products.sum(-1, keepdim=True)
    return found


def gradients(
    model: Model,
    source: list[int],
    into: list[int],
    shares: list[float],
    *,
    site: SweepSite,
    readout: Readout,
) -> Float[Tensor, "step layer pos width"]:
    """Gradients of what is read, by a site's values, between two prompts' embeddings.

    Args:
        model: A model with an adapter.
        source: The prompt at share 1.
        into: The prompt at share 0; as many tokens.
        shares: Where on the straight path, one row of the batch each.
        site: By which values.
        readout: What is read at the last position.
    """
    kept: list[Tensor] = []

    def read(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        kept.append(inputs[0])

    def write(_: nn.Module, __: object, output: Any) -> None:
        kept.append(first(output))

    def hook(layer: nn.Module) -> Any:
        if site == "resid_pre":
            return layer.register_forward_pre_hook(read)
        if site in ("z", "neurons"):
            module = output_map(model, layer) if site == "z" else down_map(model, layer)
            return module.register_forward_pre_hook(read)
        module = mlp_adds(model, layer) if site == "mlp_out" else attention_adds(model, layer)
        return module.register_forward_hook(write)

    adapter = model.adapter
    with torch.enable_grad():
        with torch.no_grad():
            ends = [adapter.embed(torch.tensor([x], device=model.device)) for x in (into, source)]
        share = torch.tensor(shares, device=model.device).to(model.dtype)[:, None, None]
        start = (ends[0] + share * (ends[1] - ends[0])).requires_grad_()
        with hooked([hook(layer) for layer in adapter.layers]):
            out = adapter.body(inputs_embeds=start, use_cache=False).last_hidden_state[:, -1]
        logits = adapter.unembed(out, readout.tokens).float()
        found = torch.autograd.grad(readout.score(logits).sum(), kept, allow_unused=True)
    # Past the last layer's last position nothing is read: its other cells have no gradient.
    filled = [torch.zeros_like(k) if g is None else g for g, k in zip(found, kept, strict=True)]
    return torch.stack(filled, dim=1)
