"""Linear classifiers for many layers and label sets at once, as a few products of matrices.

Logistic and ridge standardise the features first, with the mean and spread of the texts they are
fitted on. Labels are a matrix [text, set]: the true labels and their shuffles are fitted together.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ..engine.linear import row_products
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
        if x.dim() != 3 or self.weight.dim() != 3:
            return x @ self.weight + self.bias.unsqueeze(-2)
        # One layer after another: a batched product with few columns takes five times as long.
        found = torch.stack([layer @ own for layer, own in zip(x, self.weight, strict=True)])
        return found + self.bias.unsqueeze(-2)


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

    Raises:
        ValueError: From `logistic` and `ridge`, if a feature is not finite.
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
    elif method == "ridge":
        return _ridge(x, labels, penalty)
    else:
        parts = [_standardised(layer) for layer in x]
        z, means, scales = (torch.stack(part) for part in zip(*parts, strict=True))
        del parts
        weight, bias = minimise(z, labels, penalty)
        mean, weight = means[:, None], weight * scales[..., None]
    return weight, bias - (mean @ weight).squeeze(-2)


def _standardised(
    x: Float[Tensor, "text d_model"],
) -> tuple[Float[Tensor, "text d_model"], Float[Tensor, "d_model"], Float[Tensor, "d_model"]]:
    """Features of mean 0 and spread 1, their means, and what they were multiplied by.

    Constant features become 0. A batch's normalisation is just this, and one pass over memory.
    """
    # Less the first text, so that constant features are 0 exactly and large means cost no digits.
    z, mean, scale = torch.native_batch_norm(x - x[0], None, None, None, None, True, 0.0, 0.0)
    low, high = scale.aminmax()
    if not 0 < high < 1e6 * low.clamp(max=1e12):  # something is constant or not finite
        if not mean.isfinite().all():
            raise ValueError("features are not finite")
        # The scale of a constant feature is 0 or infinite, whichever the device makes of 1 / 0.
        known = torch.where((scale > 0) & scale.isfinite(), scale, torch.inf)
        constant = known >= 1e6 * known.min().clamp(max=1e12)
        z.masked_fill_(constant, 0)
        scale.masked_fill_(constant, 0)
    return z, mean + x[0], scale


def _difference(
    z: Float[Tensor, "layer text d_model"], labels: Float[Tensor, "text set"]
) -> _Fitted:
    across = z.transpose(-1, -2)
    ones = across @ (labels / labels.sum(0))
    others = across @ ((1 - labels) / (1 - labels).sum(0))
    weight = ones - others
    return weight, -((ones + others) / 2 * weight).sum(-2)


def _ridge(
    x: Float[Tensor, "layer text d_model"], labels: Float[Tensor, "text set"], penalty: float
) -> _Fitted:
    """The dual form where there are fewer texts than features; one factorisation for all sets.

    Layer by layer, so that what a step leaves is in the cache for the next one.
    """
    layers, texts, width = x.shape
    target = 2 * labels - 1
    bias = target.mean(0)
    centred = target - bias
    dual = texts <= width
    gram = x.new_zeros(min(texts, width), min(texts, width))
    half = len(gram) // 2
    weight = x.new_empty(layers, width, labels.shape[1])
    biases = x.new_empty(layers, labels.shape[1])
    for number, layer in enumerate(x):
        z, mean, scale = _standardised(layer)
        rows = z if dual else z.T.contiguous()
        # The factorisation reads the lower half alone.
        gram[:half, :half] = row_products(rows[:half], rows[:half])
        gram[half:] = row_products(rows[half:], rows)
        gram.diagonal().add_(penalty)
        solved = torch.cholesky_solve(
            centred if dual else rows @ centred, torch.linalg.cholesky(gram)
        )
        found = (z.T @ solved if dual else solved).mul_(scale[:, None])
        weight[number] = found
        biases[number] = bias - mean @ found
    return weight, biases
