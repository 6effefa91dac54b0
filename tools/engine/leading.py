"""Leading singular directions of a matrix, from a generator and a few products."""

import torch
from jaxtyping import Float
from torch import Tensor


@torch.no_grad()
def leading_directions(
    matrix: Float[Tensor, "out into"], count: int, generator: torch.Generator, iterations: int = 1
) -> tuple[Float[Tensor, "out k"], Float[Tensor, "k"], Float[Tensor, "into k"]]:
    """Left directions, singular values and right directions of `matrix`, largest first.

    Exact for a matrix whose rank is at most `count` + 8, such as a low-rank update; close for
    others whose spectrum falls.

    Args:
        matrix: Any matrix.
        count: How many directions.
        generator: Source of the starting directions.
        iterations: Rounds of subspace iteration.

    Source: Halko, Martinsson, Tropp, "Finding structure with randomness" (2011), algorithm 4.4.
    """
    width = min(count + 8, *matrix.shape)
    start = torch.randn(matrix.shape[1], width, generator=generator).to(matrix)
    frame = torch.linalg.qr(matrix @ start).Q
    for _ in range(iterations):
        frame = torch.linalg.qr(matrix @ torch.linalg.qr(matrix.T @ frame).Q).Q
    left, values, right = torch.linalg.svd(frame.T @ matrix, full_matrices=False)
    return (frame @ left)[:, :count], values[:count], right[:count].T
