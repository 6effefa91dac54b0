"""Train a TopK SAE on the residual stream after one layer."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from ..engine.corpus import Corpus
from ..engine.states import stream_after
from ..model import Model
from .sae import SAE

_BATCH = 512
_MASSIVE = 10.0  # times the median norm: such tokens carry no features


@torch.no_grad()
def collect(
    model: Model,
    corpus: Corpus,
    layer: int,
    *,
    batch: int = 16,
    on_progress: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "token d_model"]:
    """The stream at every position but the first of each window, massive tokens left out."""
    parts = []
    for start in range(0, len(corpus.tokens), batch):
        ids = torch.from_numpy(corpus.tokens[start : start + batch].astype("int64"))
        parts.append(stream_after(model, ids, layer)[:, 1:].flatten(0, 1).half().cpu())
        if on_progress:
            on_progress(min(start + batch, len(corpus.tokens)), len(corpus.tokens))
    return ordinary(torch.cat(parts).float())


def ordinary(x: Float[Tensor, "token d_model"]) -> Float[Tensor, "kept d_model"]:
    """Without tokens whose norm is massive, as the first position's is."""
    norms = x.norm(dim=-1)
    return x[norms <= _MASSIVE * norms.median()]


def train_topk(
    x: Float[Tensor, "token d_model"],
    *,
    size: int,
    k: int,
    steps: int,
    layer: int,
    generator: torch.Generator,
    rate: float = 1e-3,
    on_progress: Callable[[int, int], None] | None = None,
) -> SAE:
    """A TopK SAE fitted by Adam; decoder rows are kept at norm 1.

    Features that were silent for a while are fitted to what the others leave over.

    Args:
        x: The stream at many tokens, in any order.
        size: Number of features.
        k: Features active at a token.
        steps: Steps of 512 tokens.
        layer: Layer that `x` was read after, for the configuration.
        generator: Source of order and first directions.
        rate: Learning rate; falls to 0 over the last fifth.
        on_progress: Called with (steps done, steps).

    Source: Gao et al., "Scaling and evaluating sparse autoencoders" (2024), sections 2.3, A.2.
    """
    mean = x.mean(0)
    scale = float((x - mean).norm(dim=-1).mean()) / x.shape[1] ** 0.5
    z = (x - mean) / scale
    start = z[torch.randint(len(z), (size,), generator=generator)]
    start = start + 0.1 * torch.randn(start.shape, generator=generator)
    dec = torch.nn.functional.normalize(start, dim=-1)
    enc, b_enc, b_dec = dec.T.clone(), torch.zeros(size), torch.zeros(x.shape[1])
    weights = [enc, b_enc, dec, b_dec]
    for weight in weights:
        weight.requires_grad_(True)
    adam = torch.optim.Adam(weights, lr=rate, betas=(0.9, 0.999), eps=1e-8)
    silent = torch.zeros(size)
    patience = max(20.0, steps / 20)
    order = torch.randperm(len(z), generator=generator)
    for step in range(steps):
        at = (torch.arange(_BATCH) + step * _BATCH) % len(z)
        batch = z[order[at]]
        pre = (batch - b_dec) @ enc + b_enc
        top = pre.topk(k, -1)
        acts = torch.zeros_like(pre).scatter(-1, top.indices, top.values.relu())
        error = batch - acts @ dec - b_dec
        loss = error.pow(2).mean()
        with torch.no_grad():
            silent = torch.where((acts > 0).any(0), 0.0, silent + 1)
            dead = (silent > patience).nonzero()[:, 0]
        if len(dead) >= k:
            chosen = pre[:, dead].topk(min(2 * k, len(dead)), -1)
            spare = torch.zeros_like(pre[:, dead]).scatter(-1, chosen.indices, chosen.values.relu())
            loss = loss + (error.detach() - spare @ dec[dead]).pow(2).mean() / 32
        for group in adam.param_groups:
            group["lr"] = rate * min(1.0, 5 * (1 - step / steps))
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        with torch.no_grad():
            dec.div_(dec.norm(dim=-1, keepdim=True).clamp(min=1e-8))
        if on_progress:
            on_progress(step + 1, steps)
    enc, b_enc, dec, b_dec = (w.detach() for w in weights)
    # Back to the units of the stream: the encoder sees x - b_dec, the decoder writes into x.
    return SAE(
        w_enc=enc,
        b_enc=b_enc * scale,
        w_dec=dec,
        b_dec=b_dec * scale + mean,
        architecture="topk",
        layer=layer,
        k=k,
    )
