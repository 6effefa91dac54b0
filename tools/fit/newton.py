"""Penalised logistic regression by Newton's method, many layers and label sets side by side.

Each step is solved by conjugate gradients, with the curvature at weights 0 as preconditioner: it is
the same for all label sets, so one factorisation a layer serves them all. The unknowns are either
the weights, or one number a text, whose sum over the texts is the weights: then the products of the
texts are all that is needed, and lengths are measured by them.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..engine.linear import row_products

_NEWTON_STEPS, _CG_STEPS = 30, 60
_ENOUGH = 1e-4  # the last step's size, as a share of the first one's
_COARSE = 0.01  # no step is solved worse than this

Rows = Float[Tensor, "layer row set"]
Scores = Float[Tensor, "layer text set"]
Each = Float[Tensor, "layer set"]


class Form:
    """What the unknowns are, and how scores and gradients follow from them.

    Args:
        z: Centred features of all layers.
        penalty: Of the squared length of the weights, halved.
    """

    def __init__(self, z: Float[Tensor, "layer text d_model"], penalty: float) -> None:
        self.z, self.penalty = z, penalty
        self.dual = z.shape[-2] < z.shape[-1]
        rows = z if self.dual else z.transpose(-1, -2).contiguous()
        self.gram = torch.stack([row_products(layer, layer) for layer in rows])
        near = self.gram / 4  # p (1 - p) at weights 0
        near.diagonal(dim1=-2, dim2=-1).add_(penalty)
        self.factor = torch.linalg.cholesky(near)

    def push(self, a: Rows) -> Scores:
        """Scores, without bias, of some unknowns."""
        return (self.gram if self.dual else self.z) @ a

    def pull(self, r: Scores) -> Rows:
        """Gradient in the unknowns of a loss whose gradient in the scores is r."""
        # Features are centred: equal shares of all texts stand for no weights at all, and left in
        # they would drown the rest in rounding.
        return r - r.mean(-2, keepdim=True) if self.dual else self.z.transpose(-1, -2) @ r

    def inner(self, a: Rows, b: Rows, pushed_b: Scores) -> Each:
        """Inner product of the weights that two sets of unknowns stand for."""
        return (a * (pushed_b if self.dual else b)).sum(-2)

    def near(self, a: Rows, bias: Each) -> tuple[Rows, Each]:
        """A step against a gradient, as if the curvature were that at weights 0."""
        step = torch.cholesky_solve(a, self.factor)
        if self.dual:  # equal shares again: what rounding leaves of them grows from step to step
            step = step - step.mean(-2, keepdim=True)
        return step, bias * 4 / self.z.shape[-2]

    def weights(self, a: Rows) -> Float[Tensor, "layer d_model set"]:
        """The weights that unknowns stand for."""
        return self.z.transpose(-1, -2) @ a if self.dual else a


@dataclass(frozen=True)
class Point:
    """Unknowns, bias, and the scores that both give."""

    a: Rows
    bias: Each
    scores: Scores

    def plus(self, scale: Each, other: "Point") -> "Point":
        """This and a multiple of the other."""
        rows = scale[:, None]
        return Point(
            self.a + rows * other.a,
            self.bias + scale * other.bias,
            self.scores + rows * other.scores,
        )


def minimise(
    z: Float[Tensor, "layer text d_model"], labels: Float[Tensor, "text set"], penalty: float
) -> tuple[Rows, Each]:
    """Weights and bias of least summed log loss plus penalty / 2 · |weights|².

    Args:
        z: Centred features.
        labels: 0 or 1.
        penalty: The bias has none.
    """
    form = Form(z, penalty)
    scores = z.new_zeros(len(z), *labels.shape)
    a = scores if form.dual else z.new_zeros(len(z), z.shape[-1], labels.shape[1])
    here = Point(a, z.new_zeros(len(z), labels.shape[1]), scores)
    first: Tensor | None = None
    for _ in range(_NEWTON_STEPS):
        p = torch.sigmoid(here.scores)
        rest = labels - p
        step, size = _step(form, p * (1 - p), form.pull(rest) - penalty * here.a, rest.sum(-2))
        first = size.clamp(min=1e-30) if first is None else first
        here = here.plus(_shorten(form, labels, here, step), step)
        if bool((size <= _ENOUGH * first).all()):
            break
    return form.weights(here.a), here.bias


def _step(form: Form, curve: Scores, rest: Rows, rest_bias: Each) -> tuple[Point, Each]:
    """The Newton step by preconditioned conjugate gradients, and the gradient's size before it."""
    way = _point(form, *form.near(rest, rest_bias))
    dot = form.inner(rest, way.a, _alone(way)) + rest_bias * way.bias
    size = dot.clamp(min=0).sqrt()
    goal = _COARSE**2 * dot
    step = Point(*(torch.zeros_like(t) for t in (way.a, way.bias, way.scores)))
    for _ in range(_CG_STEPS):
        bent = curve * way.scores
        along = (bent * way.scores).sum(-2)
        along = along + form.penalty * form.inner(way.a, way.a, _alone(way))
        # A set that is solved stands still: rounding would carry it away.
        length = torch.where((dot > goal) & (along > 0), dot / along.clamp(min=1e-30), 0.0)
        step = step.plus(length, way)
        rest = rest - length[:, None] * (form.pull(bent) + form.penalty * way.a)
        rest_bias = rest_bias - length * bent.sum(-2)
        next_way = _point(form, *form.near(rest, rest_bias))
        new = form.inner(rest, next_way.a, _alone(next_way)) + rest_bias * next_way.bias
        if bool(((new <= goal) | (length == 0)).all()):
            break
        way = next_way.plus(new.clamp(min=0) / dot.clamp(min=1e-30), way)
        dot = new
    return step, size


def _point(form: Form, a: Rows, bias: Each) -> Point:
    return Point(a, bias, form.push(a) + bias[:, None])


def _alone(point: Point) -> Scores:
    """Scores without the bias."""
    return point.scores - point.bias[:, None]


def _shorten(form: Form, labels: Float[Tensor, "text set"], here: Point, step: Point) -> Each:
    """For each set the longest of 1, 1/2, 1/4 … of the step that does not raise the loss."""
    cross = form.inner(here.a, step.a, _alone(step))
    square = form.inner(step.a, step.a, _alone(step))

    def loss(scale: Tensor) -> Tensor:
        at = here.scores + scale[:, None] * step.scores
        fall = (torch.nn.functional.softplus(at) - labels * at).sum(-2)
        return fall + form.penalty * (scale * cross + scale**2 * square / 2)

    scale = torch.ones_like(here.bias)
    before = loss(torch.zeros_like(scale))
    for _ in range(8):
        worse = loss(scale) > before + 1e-6 * before.abs()
        if not bool(worse.any()):
            break
        scale = torch.where(worse, scale / 2, scale)
    return scale
