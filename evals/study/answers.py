"""Items with a known truth, what a player said of each, and how well it tells them apart."""

from collections.abc import Sequence

from pydantic import ConfigDict, Field

from ...tools.spec import Frozen
from ..intervals import Interval, cluster_bootstrap, exact, wilson


class Item(Frozen):
    """One question with a known answer.

    Attributes:
        id: Stable; folders and logs name it.
        unit: What is drawn again in a bootstrap: a document, a pair, a span, an exercise.
        group: Of the table: a framing, a kind.
        flawed: Whether something is wrong with it, so that it must be caught.
        data: What a player is shown.
    """

    id: str
    unit: str
    group: str
    flawed: bool
    data: dict[str, str] = Field(default_factory=dict)


class Answer(Frozen):
    """What a player said of an item.

    Attributes:
        task: Of the suite.
        player: Who said it.
        item: Id of the item.
        unit: As in the item.
        group: As in the item.
        flawed: The truth.
        said: Whether the player called it flawed.
        note: One line.
        dollars: What it cost; None where that is not known.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    task: str
    player: str
    item: str
    unit: str
    group: str
    flawed: bool
    said: bool
    note: str = ""
    dollars: float | None = 0.0


class Discrimination(Frozen):
    """How well flawed and sound items are told apart.

    Attributes:
        caught: Flawed items called flawed.
        accused: Sound items called flawed; exact interval.
        score: Rate of caught less rate of accused; None where one of them has no items.
        low: Lower bound of the score, units drawn again; None with fewer than two units.
        high: Upper bound.
        dollars: Sum; None where the price of a reply is not known.
    """

    caught: Interval
    accused: Interval
    score: float | None
    low: float | None = None
    high: float | None = None
    dollars: float | None = 0.0

    def shown(self) -> str:
        """The score with its interval."""
        if self.score is None:
            return "–"
        bounds = "" if self.low is None else f" [{self.low:+.2f}, {self.high:+.2f}]"
        return f"{self.score:+.2f}{bounds}"


def discriminate(answers: Sequence[Answer]) -> Discrimination:
    """Sum up the answers of one player to one task."""
    flawed = [a for a in answers if a.flawed]
    sound = [a for a in answers if not a.flawed]
    caught = wilson(sum(a.said for a in flawed), len(flawed))
    accused = exact(sum(a.said for a in sound), len(sound))
    costs = [a.dollars for a in answers]
    dollars = None if None in costs else sum(c for c in costs if c is not None)
    if caught.rate is None or accused.rate is None:
        return Discrimination(caught=caught, accused=accused, score=None, dollars=dollars)
    score = caught.rate - accused.rate
    units: dict[str, list[float]] = {}
    for a in answers:
        units.setdefault(a.unit, []).append(2 * a.flawed + a.said)
    low = high = None
    if len(units) > 1:
        _, low, high = cluster_bootstrap(units, _score)
    return Discrimination(
        caught=caught, accused=accused, score=score, low=low, high=high, dollars=dollars
    )


def _score(codes: list[float]) -> float:
    """Caught less accused; 3 and 2: flawed, called so or not; 1 and 0: sound, the same."""
    flawed, sound = codes.count(3) + codes.count(2), codes.count(1) + codes.count(0)
    return codes.count(3) / max(1, flawed) - codes.count(1) / max(1, sound)
