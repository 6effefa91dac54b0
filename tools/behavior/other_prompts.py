"""What a target does after other prompts, as the reference where there is no base."""

import torch
from jaxtyping import Float
from torch import Tensor


def mean_of_others(rows: Float[Tensor, "row item"]) -> Float[Tensor, "row item"]:
    """For each row the mean of the swapped rows that are not itself.

    Args:
        rows: Row 0 belongs to the prompt that was asked about, the others to swapped prompts.
    """
    swapped = rows[1:]
    total = swapped.sum(0)
    rest = (total[None] - swapped) / (len(swapped) - 1)
    return torch.cat([(total / len(swapped))[None], rest])
