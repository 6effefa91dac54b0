"""Gates as bounds on measured figures, and how one that does not hold is told."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

# Some rates are means in float32: a rate equal to its bound passes.
SLACK = 1e-6


class Bound(NamedTuple):
    """One gate.

    Attributes:
        what: What was measured, in words.
        value: The figure.
        rule: On which side of the limit it must lie; on the limit is right.
        limit: The limit.
        why: Where the limit comes from, if that must be said.
    """

    what: str
    value: float
    rule: Literal["at least", "at most"]
    limit: float
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure is within the limit."""
        over = self.value - self.limit
        return over >= -SLACK if self.rule == "at least" else over <= SLACK

    def __str__(self) -> str:
        told = f"{self.what}: {self.value:.3f}, must be {self.rule} {self.limit:.3g}"
        return f"{told} ({self.why})" if self.why else told


def unmet(bounds: Iterable[Bound]) -> list[str]:
    """One line for each bound that does not hold."""
    return [str(bound) for bound in bounds if not bound.holds]
