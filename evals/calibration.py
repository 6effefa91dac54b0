"""Whether stated confidences come true: the Brier score and what it is made of."""

from collections.abc import Sequence

from ..tools.spec import Frozen

BINS = 5


class Bin(Frozen):
    """Claims of like confidence.

    Attributes:
        low: Least confidence of the bin.
        high: Greatest.
        n: Claims in it.
        said: Mean confidence.
        came_true: Share that came true.
    """

    low: float
    high: float
    n: int
    said: float
    came_true: float


class Brier(Frozen):
    """A Brier score: reliability - resolution + uncertainty, exactly where a bin is one value.

    Attributes:
        score: Mean squared distance of confidence and outcome; 0 is perfect, .25 is always 1/2.
        reliability: Distance of said and came true, over the bins; 0 is perfect.
        resolution: How much the bins differ in what came true; more is better.
        uncertainty: Of the outcomes themselves.
        n: Claims.
        bins: Those that are not empty.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    n: int
    bins: list[Bin]


def brier(confidences: Sequence[float], outcomes: Sequence[bool], bins: int = BINS) -> Brier | None:
    """Score confidences against outcomes; None where there are none.

    Args:
        confidences: Between 0 and 1.
        outcomes: Whether each came true.
        bins: Of equal width.

    Raises:
        ValueError: If the two are of unequal length or a confidence is none.

    Source: Brier 1950, Monthly Weather Review 78; its parts: Murphy 1973, Journal of Applied
    Meteorology 12.
    """
    if len(confidences) != len(outcomes):
        raise ValueError(f"{len(confidences)} confidences, {len(outcomes)} outcomes")
    if any(not 0 <= c <= 1 for c in confidences):
        raise ValueError("a confidence lies between 0 and 1")
    n = len(outcomes)
    if n == 0:
        return None
    base = sum(outcomes) / n
    groups: dict[int, list[tuple[float, bool]]] = {}
    for said, came in zip(confidences, outcomes, strict=True):
        groups.setdefault(min(bins - 1, int(said * bins)), []).append((said, came))
    rows = [
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            n=len(group),
            said=sum(said for said, _ in group) / len(group),
            came_true=sum(came for _, came in group) / len(group),
        )
        for place, group in sorted(groups.items())
    ]
    return Brier(
        score=sum((c - o) ** 2 for c, o in zip(confidences, outcomes, strict=True)) / n,
        reliability=sum(row.n * (row.said - row.came_true) ** 2 for row in rows) / n,
        resolution=sum(row.n * (row.came_true - base) ** 2 for row in rows) / n,
        uncertainty=base * (1 - base),
        n=n,
        bins=rows,
    )
