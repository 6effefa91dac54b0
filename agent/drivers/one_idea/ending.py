"""How every one-idea driver ends: the nominees are tested in order, the first that holds is it."""

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

from ...driver import Decision
from ...state import Experiment
from ..steps import Finding, file_and_test, step

TESTED = 4


class Nominee(NamedTuple):
    """A claim to test: its sentence, the typed claim, prompts where no rule makes them."""

    sentence: str
    claim: dict[str, Any]
    prompts: list[str] | None = None


def test_in_order(
    nominees: Sequence[Nominee], source: Experiment
) -> Generator[Decision, Experiment, Finding | None]:
    """Test nominees until one is confirmed.

    Args:
        nominees: The best first; at most four are tested.
        source: The experiment that nominated them.
    """
    for nominee in nominees[:TESTED]:
        tested, confirmed = yield from file_and_test(*nominee)
        if confirmed:
            return Finding(nominee.claim, True, 0.8, 1.0, [source.id, tested.id])
    return None


def submit(finding: Finding | None) -> Decision:
    """File the finding, or nothing."""
    claims: list[dict[str, Any]] = []
    reason = "No nominee held, so nothing is claimed."
    if finding is not None:
        reason = "A nominee held on public prompts."
        claims.append(
            {
                "claim": finding.claim,
                "confidence": finding.confidence,
                "experiments": finding.experiments,
            }
        )
    none = round(1 - sum(c["confidence"] for c in claims), 6)
    return step("submit_claims", reason, claims=claims, none_confidence=none)
