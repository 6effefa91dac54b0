"""Linear classifiers for many label sets at once: the columns of one matrix product.

All three standardise the features first, with the mean and spread of the texts they are fitted on.
Labels are a matrix [text, set]: the true labels and their shuffles are fitted together.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Method = Literal["logistic", "difference", "ridge"]
_NEWTON_STEPS, _CG_STEPS = 30, 60


class Linear:
    """Fitted classifiers of one layer: score = x @ weight + bias, above 0 for label 1.

    Attributes:
        weight: In the units of the raw activations [d_model, set].
        bias: [set].
    """

    def __init__(self, weight: Float[Tensor, "d_model set"], bias: Float[Tensor, "set"]) -> None:
        self.weight, self.bias = weight, bias

    def score(self, x: Float[Tensor, "text d_model"]) -> Float[Tensor, "text set"]:
        """Scores of raw activations."""
        return x @ self.weight + self.bias


@torch.no_grad()
def fit(
    method: Method,
    x: Float[Tensor, "text d_model"],
    labels: Float[Tensor, "text set"],
    penalty: float,
) -> Linear:
    """Fit one classifier for each column of labels.

    Args:
        method: `logistic` minimises the summed log loss plus penalty / 2 · |w|²; `ridge` the
            squared error to ±1 plus penalty · |w|²; `difference` takes the difference of the class
            means and puts the threshold half way between them.
        x: Activations.
        labels: 0 or 1; both in each column.
        penalty: Of the weights, on standardised features; the bias has none.
    """
    mean, spread = x.mean(0), x.std(0, correction=0)
    spread = torch.where(spread > 1e-6 * spread.max().clamp(min=1e-12), spread, torch.inf)
    if method == "difference":
        # The plain difference of means, as it is used for steering: no feature is rescaled.
        weight, bias = _difference(x - mean, labels)
        return Linear(weight, bias - mean @ weight)
    z = (x - mean) / spread
    weight, bias = (
        _ridge(z, labels, penalty) if method == "ridge" else _logistic(z, labels, penalty)
    )
    raw = weight / spread[:, None]
    return Linear(raw, bias - mean @ raw)


def _difference(
    z: Float[Tensor, "text d_model"], labels: Float[Tensor, "text set"]
) -> tuple[Float[Tensor, "d_model set"], Float[Tensor, "set"]]:
    ones = z.T @ (labels / labels.sum(0))
    others = z.T @ ((1 - labels) / (1 - labels).sum(0))
    weight = ones - others
    return weight, -((ones + others) / 2 * weight).sum(0)


def _ridge(
    z: Float[Tensor, "text d_model"], labels: Float[Tensor, "text set"], penalty: float
) -> tuple[Float[Tensor, "d_model set"], Float[Tensor, "set"]]:
    """The dual form where there are fewer texts than features; one factorisation for all sets."""
    target = 2 * labels - 1
    bias = target.mean(0)
    centred = target - bias
    if z.shape[0] <= z.shape[1]:
        gram = z @ z.T
        gram.diagonal().add_(penalty)
        weight = z.T @ torch.cholesky_solve(centred, torch.linalg.cholesky(gram))
    else:
        gram = z.T @ z
        gram.diagonal().add_(penalty)
        weight = torch.cholesky_solve(z.T @ centred, torch.linalg.cholesky(gram))
    return weight, bias


def _logistic(
    z: Float[Tensor, "text d_model"], labels: Float[Tensor, "text set"], penalty: float
) -> tuple[Float[Tensor, "d_model set"], Float[Tensor, "set"]]:
    """Newton's method; each step is solved by conjugate gradients, all sets side by side.

    The bias is one more feature, constant and without penalty.
    """
    if z.shape[0] < z.shape[1]:
        # The solution lies in the span of the texts: fewer coordinates hold it.
        frame = torch.linalg.qr(z.T).Q
        inner, bias = _logistic(z @ frame, labels, penalty)
        return frame @ inner, bias
    x = torch.cat([z, torch.ones_like(z[:, :1])], 1)
    ridge = torch.full((x.shape[1], 1), penalty, dtype=x.dtype, device=x.device)
    ridge[-1] = 0
    w = torch.zeros(x.shape[1], labels.shape[1], dtype=x.dtype, device=x.device)
    scores = x @ w
    start: Tensor | None = None
    for _ in range(_NEWTON_STEPS):
        p = torch.sigmoid(scores)
        gradient = x.T @ (p - labels) + ridge * w
        size = gradient.norm(dim=0)
        start = size if start is None else start
        if bool((size <= 1e-4 * start).all()):
            break
        step = _conjugate(x, p * (1 - p), ridge, -gradient, (size / start).clamp(max=0.25))
        moved = x @ step
        scale = _shorten(scores, moved, labels, w, step, ridge)
        w, scores = w + scale * step, scores + scale * moved
    return w[:-1], w[-1]


def _conjugate(
    x: Tensor, curve: Tensor, ridge: Tensor, target: Tensor, accuracy: Tensor
) -> Float[Tensor, "d_model1 set"]:
    """Solve (xᵀ diag(curve) x + ridge) s = target for each column, to a relative accuracy."""
    # Jacobi preconditioning: features are standardised, so this mostly helps the bias.
    diagonal = (x * x).T @ curve + ridge
    s = torch.zeros_like(target)
    rest = target.clone()
    y = rest / diagonal
    direction = y
    dot = (rest * y).sum(0)
    goal = accuracy * target.norm(dim=0)
    for _ in range(_CG_STEPS):
        if bool((rest.norm(dim=0) <= goal).all()):
            break
        image = x.T @ (curve * (x @ direction)) + ridge * direction
        length = dot / (direction * image).sum(0).clamp(min=1e-30)
        s = s + length * direction
        rest = rest - length * image
        y = rest / diagonal
        new = (rest * y).sum(0)
        direction = y + new / dot.clamp(min=1e-30) * direction
        dot = new
    return s


def _shorten(
    scores: Tensor, moved: Tensor, labels: Tensor, w: Tensor, step: Tensor, ridge: Tensor
) -> Float[Tensor, "set"]:
    """For each column the longest of 1, 1/2, 1/4 … that does not raise the loss."""

    def loss(scale: Tensor) -> Tensor:
        at = scores + scale * moved
        fall = torch.nn.functional.softplus(at) - labels * at
        return fall.sum(0) + (ridge * (w + scale * step) ** 2).sum(0) / 2

    scale = torch.ones_like(scores[0])
    before = loss(torch.zeros_like(scale))
    for _ in range(8):
        worse = loss(scale) > before + 1e-6 * before.abs()
        if not bool(worse.any()):
            break
        scale = torch.where(worse, scale / 2, scale)
    return scale
