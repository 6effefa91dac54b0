"""What a good description of each core technique says, and where descriptions go wrong."""

from functools import cache
from pathlib import Path

import yaml

from ...spec import Frozen

_FILE = Path(__file__).parents[3] / "context_files" / "rubrics.yaml"


class Rubric(Frozen):
    """Points that a description of a technique is held against.

    Attributes:
        title: The technique.
        says: What a complete description says.
        mistakes: What is often said and is wrong.
        control: The control without which the technique shows nothing.
    """

    title: str
    says: list[str]
    mistakes: list[str]
    control: str


@cache
def rubrics() -> dict[str, Rubric]:
    """All rubrics by name."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: Rubric.model_validate(value) for name, value in raw.items()}


def rubric(name: str) -> Rubric:
    """A rubric.

    Raises:
        ValueError: With the names that there are.
    """
    if name not in rubrics():
        raise ValueError(f"no rubric {name!r}; there are: {', '.join(rubrics())}")
    return rubrics()[name]
