"""The direction between two sets of texts: the difference of their mean activations."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ..engine.prompt_ids import prompt_ids
from ..engine.states import pooled_states
from ..model import Model
from ..spec import Refusal
from .labelled import length_leak


def difference_of_means(
    model: Model,
    positive: list[str],
    negative: list[str],
    layers: list[int],
    *,
    where: Literal["last", "mean"],
    chat: bool = False,
) -> tuple[Float[Tensor, "layer d_model"], list[str]]:
    """Mean over `positive` minus mean over `negative` at each layer, and warnings.

    Args:
        model: The model.
        positive: Texts that have the concept.
        negative: Texts that lack it, alike else.
        layers: Layers; -1 is the embedding.
        where: Texts are read at the last token, or as the mean of all but the first.
        chat: Wrap texts in the chat template.

    Raises:
        Refusal: `bad_args`, for a set that is empty or holds an empty text; `numerical`, where
            the means do not differ.
    """
    for name, texts in (("positive", positive), ("negative", negative)):
        if not texts or any(not text.strip() for text in texts):
            raise Refusal(
                "bad_args",
                f"{name} is empty or holds an empty text",
                "give both positive and negative texts",
            )
    warnings: list[str] = []
    sequences = []
    for text in [*positive, *negative]:
        ids, told = prompt_ids(model, text, chat=chat)
        sequences.append(ids)
        warnings += [w for w in told if w not in warnings]
    labels = torch.tensor([1.0] * len(positive) + [0.0] * len(negative))
    warnings += length_leak([len(s) for s in sequences], labels)[1]
    if min(len(positive), len(negative)) < 8:
        warnings.append("Fewer than 8 texts on a side: the direction may be about these texts.")
    states = pooled_states(model, sequences, where=where, layers=layers)
    vectors = states[:, labels == 1].mean(1) - states[:, labels == 0].mean(1)
    if not bool((vectors.norm(dim=-1) > 0).any()):
        raise Refusal(
            "numerical", "the two sets have the same mean", "give texts that differ in the concept"
        )
    return vectors, warnings
