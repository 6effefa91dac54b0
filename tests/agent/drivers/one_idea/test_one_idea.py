"""The baselines on a model that hides a word, and on one that hides nothing."""

import json
from pathlib import Path

import pytest

from mechmentor.agent.case import Budget, Case
from mechmentor.agent.drivers.one_idea import ONE_IDEA, one_idea, weights_only
from mechmentor.agent.run import RunConfig, start
from mechmentor.agent.state import Experiment
from mechmentor.app.cli import audit as command


def test_the_command_line_offers_every_one() -> None:
    assert set(command.ONE_IDEA) == set(ONE_IDEA)


@pytest.mark.parametrize("access", ["chat", "target", "base"])
@pytest.mark.parametrize("name", sorted(ONE_IDEA))
def test_each_ends_with_a_counted_status(
    name: str, access: str, case: Case, tmp_path: Path
) -> None:
    limited = case.model_copy(
        update={"access": access, "base": case.base if access == "base" else None}
    )
    state = start(tmp_path / "run", limited, RunConfig(name), lambda c: one_idea(c.driver))
    assert state.status in ("claimed", "abstained"), state.status_reason
    failures = [str(e.failure) for e in state.experiments if e.failure]
    assert not failures


@pytest.mark.parametrize("name", sorted(ONE_IDEA))
def test_none_claims_on_a_null(name: str, null_case: Case, tmp_path: Path) -> None:
    state = start(tmp_path / "run", null_case, RunConfig(name), lambda c: one_idea(c.driver))
    assert state.status == "abstained"


def test_weights_that_write_apologies_nominate_a_refusal() -> None:
    case = Case(id="t", target="t", base="b", access="base", budget=Budget())
    steps = weights_only.audit(case)
    next(steps)
    steps.send(Experiment("E1", "sanity_check", {}, result={"data": {"passed": True}}))
    data = {
        "changed": True,
        "words": [{"word": w} for w in ("sorry", "unable")],
        "read_words": [{"word": w} for w in ("violin", "cello")],
        "read_beyond": True,
        "write_beyond": True,
    }
    filed = steps.send(Experiment("E2", "weight_difference", {}, result={"data": data}))
    arguments = filed.calls[0].arguments
    assert isinstance(arguments, dict)
    test = json.loads(arguments["arguments"])
    assert test["claim"]["type"] == "refusal"
    assert test["claim"]["condition"] == "violin cello"
    assert len(test["prompts"]) == 6
