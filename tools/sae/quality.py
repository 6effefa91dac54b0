"""What a reconstruction is worth: the loss that the model keeps when it runs on it."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ..engine.edits import Edit, edited
from ..engine.states import stream_after
from ..model import Model
from ..spec import Frozen
from .sae import SAE
from .train import ordinary

Rebuild = Callable[[Tensor], Tensor]
_BATCH = 8
_MASSIVE = 10.0


class Quality(Frozen):
    """An SAE beside PCA of as many components as it has active features, and the mean."""

    loss_recovered: float = Field(description="1: the model's own loss; 0: the mean in its place")
    loss_recovered_pca: float = Field(description="PCA of the same size, fitted on other windows")
    loss: float = Field(description="Nats a token, unchanged")
    loss_sae: float
    loss_pca: float
    loss_mean: float
    explained_variance: float
    explained_variance_pca: float
    active: float = Field(ge=0, description="Features active at a token, mean")
    components: int = Field(ge=1, description="Components of the PCA")
    dead_share: float = Field(ge=0, le=1, description="Features silent on all these tokens")
    tokens: int = Field(ge=1)


@torch.no_grad()
def judge(
    model: Model,
    sae: SAE,
    tokens: Int[Tensor, "window pos"],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Quality:
    """Judge an SAE on the second half of the windows; mean and PCA are fitted on the first.

    The first position, and tokens with a massive norm, are neither counted nor replaced.
    """
    half = len(tokens) // 2
    streams = []
    for part in torch.split(tokens, _BATCH):
        streams.append(stream_after(model, part, sae.layer)[:, 1:].float().cpu())
    every = torch.cat(streams)
    fitted = ordinary(every[:half].flatten(0, 1))
    judged = ordinary(every[half:].flatten(0, 1))
    acts = torch.cat([sae.encode(part) for part in torch.split(judged, 2048)])
    seen = torch.cat([sae.encode(part) > 0 for part in torch.split(fitted, 2048)]).any(0)
    active = float((acts > 0).float().sum(-1).mean())
    components = max(1, min(round(active), *fitted.shape))
    mean = fitted.mean(0)
    frame = torch.linalg.eigh((fitted - mean).T @ (fitted - mean)).eigenvectors[:, -components:]
    ways: dict[str, Rebuild] = {
        "sae": lambda x: sae.decode(sae.encode(x)),
        "pca": lambda x: (x - mean) @ frame @ frame.T + mean,
        "mean": mean.expand_as,
    }
    limit = float(_MASSIVE * judged.norm(dim=-1).median())
    losses = {"clean": _loss(model, tokens[half:], None, sae.layer, limit)}
    for number, (name, rebuild) in enumerate(ways.items()):
        losses[name] = _loss(model, tokens[half:], rebuild, sae.layer, limit)
        if on_progress:
            on_progress(number + 1, len(ways))
    span = losses["mean"] - losses["clean"]
    spread = ((judged - judged.mean(0)) ** 2).sum()
    explained = {n: float(1 - ((judged - ways[n](judged)) ** 2).sum() / spread) for n in ways}
    return Quality(
        loss_recovered=(losses["mean"] - losses["sae"]) / span,
        loss_recovered_pca=(losses["mean"] - losses["pca"]) / span,
        loss=losses["clean"],
        loss_sae=losses["sae"],
        loss_pca=losses["pca"],
        loss_mean=losses["mean"],
        explained_variance=explained["sae"],
        explained_variance_pca=explained["pca"],
        active=active,
        components=components,
        dead_share=float((~(seen | (acts > 0).any(0))).float().mean()),
        tokens=len(judged),
    )


def _loss(
    model: Model,
    tokens: Int[Tensor, "window pos"],
    rebuild: Rebuild | None,
    layer: int,
    limit: float,
) -> float:
    """Nats a token with the stream after `layer` rebuilt, but for tokens above `limit`."""

    def change(stream: Tensor, _: Tensor) -> Float[Tensor, "row pos d_model"]:
        if rebuild is None:
            return stream
        x = stream.float().cpu()
        massive = x.norm(dim=-1, keepdim=True) > limit
        return torch.where(massive, x, rebuild(x)).to(stream)

    width = tokens.shape[1]
    edit = Edit([layer], change, [width] * len(tokens))
    total, count = 0.0, 0
    with edited(model, edit):
        for part in torch.split(tokens, _BATCH):
            edit.at(list(range(len(part))), left=False)
            ids = part.to(model.device)
            hidden = model.adapter.body(input_ids=ids, use_cache=False).last_hidden_state
            for row, one in zip(hidden, ids, strict=True):
                logp = model.adapter.unembed(row[:-1]).float().log_softmax(-1)
                total -= float(logp.gather(1, one[1:, None]).double().sum())
                count += len(one) - 1
    return total / count
