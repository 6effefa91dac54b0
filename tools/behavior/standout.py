"""How far the best of many scores stands from the rest: the control that every scan carries.

The rest of the scan is the control: the same measurement on words where the effect should be
absent, with the same choice (the best of the others) made in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..spec import Refusal
from .vocabulary import same_word

# Makes the median absolute deviation of a normal distribution equal its standard deviation.
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Standout:
    """The order of a scan and the distance of its top from the rest.

    Attributes:
        order: Positions from the highest score down; ties keep scan order.
        second: Position of the best candidate that is no form of the top one; None if all are.
        gap: Score of the top minus score of `second`.
        median: Median of all scores but the top one's and those of its forms.
        mad: Median absolute deviation of the same scores.
    """

    scores: tuple[float, ...]
    order: tuple[int, ...]
    second: int | None
    gap: float | None
    median: float
    mad: float

    @property
    def top(self) -> float:
        """The highest score."""
        return self.scores[self.order[0]]

    def z(self, position: int) -> float | None:
        """Robust z of a score against the rest; None where the rest does not vary."""
        if self.mad == 0:
            return None
        return (self.scores[position] - self.median) / (MAD_TO_SIGMA * self.mad)

    def quantile(self, share: float) -> float:
        """The score below which `share` of all scores lie (linear between neighbours)."""
        ranked = sorted(self.scores)
        at = share * (len(ranked) - 1)
        low = int(at)
        high = min(low + 1, len(ranked) - 1)
        return ranked[low] + (at - low) * (ranked[high] - ranked[low])


def stand_out(names: Sequence[str], scores: Sequence[float]) -> Standout:
    """Rank candidates and measure the gap from the first to the best that is not a form of it.

    Args:
        names: Words or phrases.
        scores: One score each; higher stands out more.

    Raises:
        Refusal: `bad_args`, if there is nothing to rank.
    """
    if not names or len(names) != len(scores):
        raise Refusal("bad_args", f"{len(names)} candidates with {len(scores)} scores")
    order = tuple(sorted(range(len(scores)), key=lambda position: -scores[position]))
    top = names[order[0]]
    rest = [position for position in order[1:] if not related(names[position], top)]
    values = [scores[position] for position in rest] or [scores[order[0]]]
    middle = median(values)
    return Standout(
        scores=tuple(scores),
        order=order,
        second=rest[0] if rest else None,
        gap=scores[order[0]] - scores[rest[0]] if rest else None,
        median=middle,
        mad=median(abs(value - middle) for value in values),
    )


def related(one: str, other: str) -> bool:
    """Whether two phrases share a word in any of its forms."""
    return any(same_word(a, b) for a in one.split() for b in other.split())
