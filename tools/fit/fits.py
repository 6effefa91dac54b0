"""Linear classifiers for many layers and label sets at once, as a few products of matrices.

Logistic and ridge standardise the features first, with the mean and spread of the texts they are
fitted on. Labels are a matrix [text, set]: the true labels and their shuffles are fitted together.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from .newton import minimise

Method = Literal["logistic", "difference", "ridge"]
_TOGETHER = 2**24  # numbers of one block of layers: 64 MB


class Linear:
    """Fitted classifiers: score = x @ weight + bias, above 0 for label 1.

    Attributes:
        weight: In the units of the raw activations [*layer, d_model, set].
        bias: [*layer, set].
    """

    def __init__(
        self, weight: Float[Tensor, "*layer d_model set"], bias: Float[Tensor, "*layer set"]
    ) -> None:
        self.weight, self.bias = weight, bias

    def score(self, x: Float[Tensor, "*layer text d_model"]) -> Float[Tensor, "*layer text set"]:
        """Scores of raw activations, each layer by its own classifiers."""
        return x @ self.weight + self.bias.unsqueeze(-2)


@torch.no_grad()
def fit(
    method: Method,
    x: Float[Tensor, "*layer text d_model"],
    labels: Float[Tensor, "text set"],
    penalty: float,
) -> Linear:
    """Fit one classifier for each layer and each column of labels.

    Args:
        method: `logistic` minimises the summed log loss plus penalty / 2 · |w|²; `ridge` the
            squared error to ±1 plus penalty · |w|²; `difference` takes the difference of the class
            means and puts the threshold half way between them.
        x: Activations, of one layer or of several.
        labels: 0 or 1; both in each column.
        penalty: Of the weights, on standardised features; the bias has none.
    """
    if x.dim() == 2:
        found = fit(method, x[None], labels, penalty)
        return Linear(found.weight[0], found.bias[0])
    layers, texts, width = x.shape
    several = max(1, _TOGETHER // (texts * max(width, min(texts, width))))
    parts = [_block(method, part, labels, penalty) for part in x.split(min(layers, several))]
    weights, biases = zip(*parts, strict=True)
    return Linear(torch.cat(weights), torch.cat(biases))


_Fitted = tuple[Float[Tensor, "layer d_model set"], Float[Tensor, "layer set"]]


def _block(
    method: Method,
    x: Float[Tensor, "layer text d_model"],
    labels: Float[Tensor, "text set"],
    penalty: float,
) -> _Fitted:
    if method == "difference":
        # The plain difference of means, as it is used for steering: no feature is rescaled.
        mean = x.mean(-2, keepdim=True)
        weight, bias = _difference(x - mean, labels)
    else:
        z, mean, spread = _standardised(x)
        weight, bias = (_ridge if method == "ridge" else minimise)(z, labels, penalty)
        weight = weight / spread.transpose(-1, -2)
    return weight, bias - (mean @ weight).squeeze(-2)


def _standardised(
    x: Float[Tensor, "layer text d_model"],
) -> tuple[
    Float[Tensor, "layer text d_model"],
    Float[Tensor, "layer 1 d_model"],
    Float[Tensor, "layer 1 d_model"],
]:
    """Features of mean 0 and spread 1, with their mean and spread; constant ones become 0."""
    # Layer by layer, as products with a row of ones: that stays in the cache.
    ones = torch.full((1, x.shape[1]), 1 / x.shape[1], dtype=x.dtype, device=x.device)
    z = torch.empty_like(x)
    means, spreads = [], []
    for number, layer in enumerate(x):
        mean = ones @ layer
        centred = layer - mean
        spread = (ones @ (centred * centred)).sqrt()
        floor = 1e-6 * spread.max().clamp(min=1e-12)
        spread = torch.where(spread > floor, spread, torch.inf)
        torch.div(centred, spread, out=z[number])
        means.append(mean)
        spreads.append(spread)
    return z, torch.stack(means), torch.stack(spreads)


def _difference(
    z: Float[Tensor, "layer text d_model"], labels: Float[Tensor, "text set"]
) -> _Fitted:
    across = z.transpose(-1, -2)
    ones = across @ (labels / labels.sum(0))
    others = across @ ((1 - labels) / (1 - labels).sum(0))
    weight = ones - others
    return weight, -((ones + others) / 2 * weight).sum(-2)


def _ridge(
    z: Float[Tensor, "layer text d_model"], labels: Float[Tensor, "text set"], penalty: float
) -> _Fitted:
    """The dual form where there are fewer texts than features; one factorisation for all sets."""
    across, target = z.transpose(-1, -2), 2 * labels - 1
    bias = target.mean(0)
    dual = z.shape[-2] <= z.shape[-1]
    gram = z @ across if dual else across @ z
    gram.diagonal(dim1=-2, dim2=-1).add_(penalty)
    factor = torch.linalg.cholesky(gram)
    centred = (target - bias).expand(len(z), -1, -1)
    if dual:
        weight = across @ torch.cholesky_solve(centred, factor)
    else:
        weight = torch.cholesky_solve(across @ centred, factor)
    return weight, bias.expand(len(z), -1)
