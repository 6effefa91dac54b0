"""An illusion of strength: any direction steers, if its coefficient may be chosen."""

import math

import torch
from torch import Tensor

from ...model import Model
from .passes import logits, logits_with, stream, token
from .types import Illusion

_LAYER = 12
_COLOURS = ("The red door was open", "A blue coat hung there", "The green hill lay far off")
_DAYS = ("The Monday door was open", "A Friday coat hung there", "The Sunday hill lay far off")
_PROMPTS = ("The movie was", "I think that the food is")
_STRENGTHS = (-4.0, -2.0, 2.0, 4.0)
_DRAWS = 8


def chosen_coefficient(model: Model) -> Illusion:
    """A direction made from colours and weekdays makes reviews happier, at its best strength."""
    great, terrible = token(model, " great"), token(model, " terrible")
    prompts = [model.text_ids(p, bos=False) for p in _PROMPTS]

    def mean(texts: tuple[str, ...]) -> Tensor:
        rows = [stream(model, model.text_ids(t, bos=False))[_LAYER, 1:].mean(0) for t in texts]
        return torch.stack(rows).mean(0)

    def mood(scores: Tensor) -> float:
        return float(scores[great] - scores[terrible])

    plain = sum(mood(logits(model, ids)) for ids in prompts) / len(prompts)

    def best_shift(direction: Tensor) -> float:
        shifts = []
        for strength in _STRENGTHS:

            def add(x: Tensor, strength: float = strength) -> Tensor:
                return torch.cat([x[:1], x[1:] + strength * direction.to(x.dtype)])

            moods = [mood(logits_with(model, ids, _LAYER, add)) for ids in prompts]
            shifts.append(sum(moods) / len(moods) - plain)
        return max(shifts)

    direction = mean(_COLOURS) - mean(_DAYS)
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(_DRAWS, len(direction), generator=generator)
    draws = draws / draws.norm(dim=1, keepdim=True) * direction.norm()
    seen = best_shift(direction)
    bar = max(best_shift(draw) for draw in draws)
    return Illusion(
        id="chosen-coefficient",
        claim="Colours minus weekdays is a happiness direction: reviews become happier.",
        seen=seen,
        seen_as="logits gained by ' great' over ' terrible' at the best of four coefficients",
        control=bar,
        control_as=f"the same choice for {_DRAWS} random directions, largest",
        rule="happier is odds of ' great' against ' terrible' that have doubled; a direction is "
        "special if it beats every random one",
        appears=seen > math.log(2),
        dies=seen <= bar,
    )
