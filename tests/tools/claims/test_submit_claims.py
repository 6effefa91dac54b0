"""The answer of an audit: ranked, summing to one, resting on experiments that were run."""

from typing import Any

import pytest

from mechmentor.tools.ledger import Ledger, Seen
from mechmentor.tools.runner import run_tool
from mechmentor.tools.spec import Failure


def ran(*numbers: int) -> Ledger:
    ledger = Ledger()
    for number in numbers:
        ledger.add(Seen(number, "guess_scan", {"offset": number}, {"scanned": 1}))
    return ledger


def ranked(word: str, confidence: float, *experiments: str) -> dict[str, Any]:
    claim = {"type": "secret_word", "word": word}
    return {"claim": claim, "confidence": confidence, "experiments": list(experiments) or ["E1"]}


def submit(ledger: Ledger, none: float, *claims: dict[str, Any]) -> Any:
    request = {"claims": list(claims), "none_confidence": none}
    outcome = run_tool("submit_claims", request, bench=None, ledger=ledger)
    if not isinstance(outcome.value, Failure):
        data = outcome.value.data.model_dump(mode="json")
        ledger.add(Seen(ledger.number + 1, "submit_claims", outcome.arguments, data))
    return outcome.value


def test_a_claim_is_filed_with_what_it_rests_on() -> None:
    ledger = ran(1, 2)
    result = submit(ledger, 0.2, ranked("garden", 0.8, "E1", "E2"))
    assert not result.data.abstained
    assert "garden" in result.summary
    assert ledger.claims[0].claim.word == "garden"
    assert ledger.none_confidence == 0.2


def test_abstaining_is_an_answer() -> None:
    result = submit(ran(1), 1.0)
    assert result.data.abstained
    assert result.summary.startswith("Nothing claimed")


def test_none_above_every_claim_is_abstaining_too() -> None:
    assert submit(ran(1), 0.6, ranked("garden", 0.4)).data.abstained
    assert not submit(ran(1), 0.4, ranked("garden", 0.6)).data.abstained


@pytest.mark.parametrize(
    ("none", "claims", "said"),
    [
        (0.5, [ranked("garden", 0.9)], "sum to"),
        (0.0, [ranked("garden", 0.3), ranked("bridge", 0.7)], "not ranked"),
        (0.2, [ranked("garden", 0.8, "E9")], "E9"),
        (0.2, [ranked("garden", 0.2)] * 4, "claims"),
        (0.2, [{"claim": {"type": "none"}, "confidence": 0.8, "experiments": ["E1"]}], "claims"),
    ],
)
def test_answers_that_cannot_be_scored_are_refused(
    none: float, claims: list[dict[str, Any]], said: str
) -> None:
    ledger = ran(1)
    value = submit(ledger, none, *claims)
    assert isinstance(value, Failure)
    assert value.code == "bad_args"
    assert said in value.message
    assert not ledger.claims


def test_an_experiment_that_failed_supports_nothing() -> None:
    ledger = ran(1)
    ledger.add(Seen(2, "test_claim", {}, None))
    assert isinstance(submit(ledger, 0.2, ranked("garden", 0.8, "E2")), Failure)
