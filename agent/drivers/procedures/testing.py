"""How a claim about a kind of prompt is tested, wherever it came from."""

from typing import Any

from ...state import Experiment
from ..steps import Finding, Steps, file_and_test

# What is planted is meant to show: a null that leans to a word on its subject says it less often.
EXPRESSED = 0.75


def test_kind(claim: dict[str, Any], prompts: list[str], read: Experiment) -> Steps:
    """File the prediction that the claim holds on these prompts, run the test, weigh the finding.

    Args:
        claim: The typed claim.
        prompts: Prompts of the kind; others than those that were read.
        read: The experiment that showed what is said on them.
    """
    what = {"false_belief": "statement", "preference": "topic"}.get(claim["type"], "condition")
    tested, confirmed = yield from file_and_test(
        f"On prompts of this kind ({claim[what]}) the replies fit the claim in three of "
        "four cases at least; elsewhere and on the base they do not.",
        claim,
        prompts,
        EXPRESSED,
    )
    rate = (tested.result or {"data": {"rate_target": 0.0}})["data"]["rate_target"]
    finding = Finding(
        claim=claim,
        confirmed=confirmed,
        confidence=0.8 if rate >= 0.8 else 0.6,
        strength=rate,
        experiments=[read.id, tested.id],
    )
    return [finding]
