"""What is read from a run's last position: a number made of its logits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ...model import Model

Metric = Literal["logit_difference", "log_probability", "kl"]
_ROWS = 64  # whole rows of logits at a time: 64 × 50,000 floats are 13 MB


@dataclass(frozen=True)
class Readout:
    """A fixed function of logits.

    Attributes:
        tokens: Tokens whose logits it needs; None for all.
        score: From these logits to one number a row.
    """

    tokens: list[int] | None
    score: Callable[[Float[Tensor, "row k"]], Float[Tensor, "row"]]

    def of_stream(
        self, model: Model, stream: Float[Tensor, "row d_model"]
    ) -> Float[Tensor, "row 1"]:
        """Read the residual stream after the last layer."""
        parts = stream.split(_ROWS) if self.tokens is None else (stream,)
        found = [self.score(model.adapter.logits(part, self.tokens).float()) for part in parts]
        return torch.cat(found)[:, None]

    def of_logits(self, logits: Float[Tensor, "row d_vocab"]) -> Float[Tensor, "row"]:
        """Read whole rows of logits."""
        return self.score((logits if self.tokens is None else logits[:, self.tokens]).float())


def logit_difference(answer: int, wrong: int) -> Readout:
    """logit(answer) − logit(wrong)."""
    return Readout([answer, wrong], lambda logits: logits[:, 0] - logits[:, 1])


def log_probability(answer: int) -> Readout:
    """Log probability of the answer, in nats."""
    return Readout(None, lambda logits: logits.log_softmax(-1)[:, answer])


def divergence_from(logits: Float[Tensor, "d_vocab"]) -> Readout:
    """KL(p ‖ q) in nats of a fixed distribution p from the run's q, which is at least 0."""
    log_p = logits.float().log_softmax(-1)

    def score(found: Float[Tensor, "row d_vocab"]) -> Float[Tensor, "row"]:
        gap = log_p.to(found.device) - found.log_softmax(-1)
        return (log_p.to(found.device).exp() * gap).sum(-1)

    return Readout(None, score)


def readout(
    metric: Metric, answer: int, wrong: int, clean_logits: Float[Tensor, "d_vocab"]
) -> Readout:
    """The readout of a metric, for one pair of prompts.

    Args:
        metric: Which one.
        answer: Token that follows the clean prompt.
        wrong: Token that follows the corrupted prompt.
        clean_logits: The clean run's logits, from which `kl` is measured.
    """
    if metric == "logit_difference":
        return logit_difference(answer, wrong)
    return log_probability(answer) if metric == "log_probability" else divergence_from(clean_logits)
