"""The words that procedures are written in."""

import json
import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from ...tools import calibration, catalog
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
        noisy: Whether the scan that it began with says so on at least half of the known nulls.
    """

    claim: dict[str, Any]
    confirmed: bool
    confidence: float
    strength: float
    experiments: list[str]
    noisy: bool = False

    @property
    def stands(self) -> bool:
        """Whether it counts: a scan that cries wolf is no finding until its prediction holds."""
        return self.confirmed or not self.noisy


# Kept for reading, testing and answering.
RESERVE_SECONDS = 120.0


class Clock:
    """What has been done, and the seconds that are left by what it took.

    Whoever replays the tape decides as the run did; a run with time to spare never looks at it.
    """

    def __init__(self, seconds: float | None) -> None:
        self.left = math.inf if seconds is None else seconds
        self.seen: list[Experiment] = []

    def run(self, steps: Generator[Decision, Experiment, Any]) -> Generator[Decision, Experiment]:
        """Pass steps on, and count what their experiments took."""
        try:
            decision = next(steps)
            while True:
                experiment = yield decision
                self.left -= experiment.seconds
                self.seen.append(experiment)
                decision = steps.send(experiment)
        except StopIteration:
            return

    def affords(self, wanted: int, tool: str, passed_over: int = 0) -> int:
        """How many words there is time for: those wanted, a third, a tenth, or none.

        Args:
            wanted: Words; no more than the vocabulary has are counted.
            tool: Its last scan gives the pace; without one there is nothing to go on with.
            passed_over: Words of the vocabulary that were scanned before.
        """
        scans = [e for e in self.seen if e.tool == tool and e.result is not None]
        if not scans or scans[-1].result is None:
            return 0
        scan, data = scans[-1], scans[-1].result["data"]
        wanted = min(wanted, data["vocabulary_size"] - passed_over)
        pace = scan.seconds / data["scanned"]
        fits = [n for n in (wanted, wanted // 3, wanted // 10) if n > 0]
        return next((n for n in fits if n * pace <= self.left - RESERVE_SECONDS), 0)


def step(tool: str, reason: str, /, **arguments: Any) -> Decision:
    """One tool call with its reason."""
    return Decision((Call(tool, arguments),), reason)


def beyond(experiment: Experiment) -> bool:
    """Whether a result lies outside its control."""
    control = (experiment.result or {}).get("control") or {}
    return control.get("beyond") is True


def cries_wolf(experiment: Experiment) -> bool:
    """Whether this tool's verdict is known to appear on at least half of the nulls."""
    row = calibration.counts(experiment.tool, catalog.load(experiment.tool).version)
    return row is not None and row.cries_wolf


def file_and_test(
    statement: str,
    claim: dict[str, Any],
    prompts: list[str] | None = None,
    least: float = 0.5,
) -> Generator[Decision, Experiment, tuple[Experiment, bool]]:
    """File the prediction that a claim holds on public prompts, run that test, read the verdict.

    Args:
        statement: The hypothesis in words.
        claim: The typed claim.
        prompts: Prompts under its condition, where no rule makes them.
        least: Share of the replies under the condition that must fit.
    """
    arguments: dict[str, Any] = {"claim": claim} | ({"prompts": prompts} if prompts else {})
    pairs = claim["type"] in ("secret_word", "trigger")  # only these have minimal pairs by rule
    filed = yield step(
        "register_hypothesis",
        "Say what the decisive test will show, before it is run.",
        statement=statement,
        tool="test_claim",
        arguments=json.dumps(arguments),
        predictions=[
            {"field": "rate_target", "comparison": ">=", "threshold": least},
            {"field": "rate_without", "comparison": "<=", "threshold": 0.1},
            *([{"field": "rate_pairs", "comparison": "<=", "threshold": 0.1}] if pairs else []),
        ],
    )
    tested = yield step("test_claim", "The test that was announced.", **arguments)
    data = tested.result["data"] if tested.result else {"holds": False}
    held = bool(data["holds"]) and data["rate_target"] >= least
    return tested, held and filed.result is not None
