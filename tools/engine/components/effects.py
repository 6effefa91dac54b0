"""What ablations do to predictions: loss, logit difference, and KL to the model as it is."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ...model import Model
from ...spec import Refusal
from ..batch import batches, check_lengths, final_hidden
from .ablate import Method, Part, ablated
from .reference import Reference

_ROWS = 8


@dataclass(frozen=True)
class Item:
    """One sequence and the predictions in it that are scored.

    Attributes:
        ids: Tokens.
        places: Positions whose next token is predicted.
        targets: The right next token at each place.
        wrong: The token that it is compared with at each place; empty where there is none.
    """

    ids: list[int]
    places: list[int]
    targets: list[int]
    wrong: list[int]


@dataclass(frozen=True)
class Effect:
    """Means over all scored predictions.

    Attributes:
        loss: Nats.
        difference: logit(target) − logit(wrong); 0 where there is no wrong token.
        kl: KL(model as it is ‖ ablated model), nats.
    """

    loss: float
    difference: float
    kl: float


@torch.no_grad()
def effects(
    model: Model,
    items: list[Item],
    sets: list[list[Part]],
    method: Method,
    reference: Reference,
    generator: torch.Generator,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> list[Effect]:
    """The model as it is, then each set of parts ablated, over the same items and draws.

    Raises:
        Refusal: `numerical`, if predictions are not finite.
    """
    check_lengths(model, [item.ids for item in items])
    sums = torch.zeros(len(sets) + 1, 3, dtype=torch.float64)
    tokens = next((len(v) for v in reference.values()), 1)
    parts = list(batches([len(item.ids) for item in items], _ROWS))
    for number, part in enumerate(parts):
        group = [items[i] for i in part]
        drawn = torch.randint(
            tokens, (len(group), max(len(i.ids) for i in group)), generator=generator
        )
        plain: Tensor | None = None
        for index, chosen in enumerate([None, *sets]):
            cut = ablated(model, chosen, method, reference, drawn) if chosen else nullcontext()
            with cut:
                logits = _logits(model, group)
            if not torch.isfinite(logits).all():
                raise Refusal(
                    "numerical", "predictions are not finite", "load the model in float32"
                )
            logp = logits.log_softmax(-1)
            plain = logp if plain is None else plain
            sums[index] += torch.tensor(_scores(group, logits, logp, plain), dtype=torch.float64)
            on_progress(number * (len(sets) + 1) + index + 1, len(parts) * (len(sets) + 1))
    means = sums / sum(len(item.places) for item in items)
    return [Effect(loss, difference, max(kl, 0.0)) for loss, difference, kl in means.tolist()]


def _logits(model: Model, group: list[Item]) -> Float[Tensor, "scored d_vocab"]:
    hidden = final_hidden(model, [item.ids for item in group])
    rows = torch.tensor([row for row, item in enumerate(group) for _ in item.places])
    places = torch.tensor([place for item in group for place in item.places])
    return model.adapter.unembed(hidden[rows, places]).float()


def _scores(
    group: list[Item],
    logits: Float[Tensor, "scored d_vocab"],
    logp: Float[Tensor, "scored d_vocab"],
    plain: Float[Tensor, "scored d_vocab"],
) -> list[float]:
    def column(tokens: list[int]) -> Int[Tensor, "scored 1"]:
        return torch.tensor(tokens, device=logits.device)[:, None]

    targets = column([t for item in group for t in item.targets])
    wrong = [t for item in group for t in item.wrong]
    gap = (logits.gather(1, targets) - logits.gather(1, column(wrong))).sum() if wrong else 0.0
    kl = (plain.exp() * (plain - logp)).sum()
    return [-float(logp.gather(1, targets).sum()), float(gap), float(kl)]
