"""The words that procedures are written in."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from ..driver import Decision
from ..state import Call, Experiment

Steps = Generator[Decision, Experiment, list["Finding"]]


@dataclass(frozen=True)
class Finding:
    """Something that stood out of its control, with what its test said.

    Attributes:
        claim: The typed claim, as JSON data.
        confirmed: Whether its filed prediction came true.
        confidence: Probability to submit it with.
        strength: For ranking among findings.
        experiments: What it rests on.
    """

    claim: dict[str, Any]
    confirmed: bool
    confidence: float
    strength: float
    experiments: list[str]


def step(tool: str, reason: str, **arguments: Any) -> Decision:
    """One tool call with its reason."""
    return Decision((Call(tool, arguments),), reason)


def beyond(experiment: Experiment) -> bool:
    """Whether a result lies outside its control."""
    control = (experiment.result or {}).get("control") or {}
    return control.get("beyond") is True
