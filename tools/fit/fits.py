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
_ROWS = 64  # of a block of products


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
    elif method == "ridge":
        return _ridge(x, labels, penalty)
    else:
        z, mean, spread = _standardised(x)
        weight, bias = minimise(z, labels, penalty)
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
    z = torch.empty_like(x)
    found = [_standardise(layer, z[number]) for number, layer in enumerate(x)]
    means, spreads = zip(*found, strict=True)
    return z, torch.stack(means), torch.stack(spreads)


def _standardise(
    x: Float[Tensor, "text d_model"], out: Float[Tensor, "text d_model"]
) -> tuple[Float[Tensor, "1 d_model"], Float[Tensor, "1 d_model"]]:
    """Fill `out` with one layer's standardised features; products with ones stay in the cache."""
    ones = x.new_full((1, len(x)), 1 / len(x))
    mean = ones @ x
    torch.sub(x, mean, out=out)
    spread = (ones @ out.square()).sqrt()
    floor = 1e-6 * spread.max().clamp(min=1e-12)
    spread = torch.where(spread > floor, spread, torch.inf)
    out.div_(spread)
    return mean, spread


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

    Layer by layer in the same memory, which stays in the cache from one step to the next.
    """
    layers, texts, width = x.shape
    target = 2 * labels - 1
    bias = target.mean(0)
    centred = target - bias
    dual = texts <= width
    z = torch.empty_like(x[0])
    rows = z if dual else z.T
    gram = x.new_zeros(min(texts, width), min(texts, width))
    weight = x.new_empty(layers, width, labels.shape[1])
    biases = x.new_empty(layers, labels.shape[1])
    for number, layer in enumerate(x):
        mean, spread = _standardise(layer, z)
        _lower_products(rows, gram)
        gram.diagonal().add_(penalty)
        factor = torch.linalg.cholesky(gram)  # reads the lower half alone
        solved = torch.cholesky_solve(centred if dual else rows @ centred, factor)
        found = (z.T @ solved if dual else solved).div_(spread.T)
        weight[number] = found
        biases[number] = bias - (mean @ found)[0]
    return weight, biases


def _lower_products(rows: Float[Tensor, "row column"], out: Float[Tensor, "row row"]) -> None:
    """Inner products of all rows on and below the diagonal, blocks above it left out."""
    for begin in range(0, len(rows), _ROWS):
        end = min(begin + _ROWS, len(rows))
        torch.mm(rows[begin:end], rows[:end].T, out=out[begin:end, :end])
