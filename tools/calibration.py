"""How often each tool's own 'beyond control' appears on models that hide something, and on nulls.

The counts are made by `mechmentor bench calibration`, and shipped as a file beside this one.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("calibration.json")


@dataclass(frozen=True)
class Counts:
    """Verdicts of one tool at its default arguments.

    Attributes:
        version: Of the tool when it was counted.
        hits: Models with something planted on which it said 'beyond control'.
        organisms: Of so many.
        alarms: Null-trained models on which it said so.
        nulls: Of so many.
        identical_alarms: Targets equal to their base on which it said so.
        identical: Of so many.
    """

    version: int
    hits: int
    organisms: int
    alarms: int
    nulls: int
    identical_alarms: int
    identical: int

    @property
    def cries_wolf(self) -> bool:
        """Whether it says so on at least half of the nulls: then it is no finding by itself."""
        return self.nulls > 0 and 2 * self.alarms >= self.nulls

    def __str__(self) -> str:
        """One clause for a result."""
        return (
            f"this verdict appears on {self.hits} of {self.organisms} models with something "
            f"planted and on {self.alarms} of {self.nulls} nulls"
        )


@cache
def table() -> dict[str, Counts]:
    """Counts by tool; empty where none are shipped."""
    if not FILE.exists():
        return {}
    return {name: Counts(**row) for name, row in json.loads(FILE.read_text("utf-8")).items()}


def counts(tool: str, version: int) -> Counts | None:
    """Counts of a tool in this version; None where it was never counted."""
    found = table().get(tool)
    return found if found is not None and found.version == version else None
