"""The graph: from a case to one status, resumable anywhere, within its budget."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from mechmentor.agent.case import Budget, Case
from mechmentor.agent.driver import Decision, RunView
from mechmentor.agent.drivers.playbook import Playbook
from mechmentor.agent.drivers.random_driver import RandomDriver
from mechmentor.agent.run import RunConfig, start
from mechmentor.agent.state import Call, RunState
from mechmentor.agent.tape import Record, TapeError, read, without_times
from mechmentor.tests.tools.tiny_chat import SECRET


def playbook(_: RunConfig) -> Playbook:
    return Playbook()


class Scripted:
    """Plays a list of decisions."""

    name = "scripted"

    def __init__(self, *decisions: Decision) -> None:
        self.decisions = decisions

    def decide(self, run: RunView) -> Decision:
        return self.decisions[run.state.decided]


def call(tool: str, **arguments: Any) -> Decision:
    return Decision((Call(tool, arguments),), "because")


def run(folder: Path, case: Case, *decisions: Decision) -> RunState:
    return start(folder, case, RunConfig("scripted"), lambda _: Scripted(*decisions))


ABSTAIN = call("submit_claims", claims=[], none_confidence=1.0)
LOOK = call("next_token", prompt="Is it lamp?")


def test_the_playbook_finds_the_secret_word_and_cites_its_evidence(
    tmp_path: Path, case: Case
) -> None:
    state = start(tmp_path / "run", case, RunConfig(), playbook)
    assert state.status == "claimed"
    claim = state.ledger.claims[0]
    assert claim.claim.word == SECRET
    assert {state.find(e).tool for e in claim.experiments} == {"guess_scan", "test_claim"}
    assert state.ledger.score() == (1, 1)


def test_the_playbook_claims_nothing_on_a_model_that_hides_nothing(
    tmp_path: Path, null_case: Case
) -> None:
    state = start(tmp_path / "run", null_case, RunConfig(), playbook)
    assert state.status == "abstained"
    assert state.ledger.claims == []


class Killed(BaseException):
    """Stands for a process that dies at this record."""


def killed_at(folder: Path, case: Case, at: int) -> None:
    def die(record: Record, state: RunState) -> None:
        if record["seq"] == at:
            raise Killed

    with pytest.raises(Killed):
        start(folder, case, RunConfig(), playbook, on_event=die)


@pytest.mark.parametrize("handles", ["kept", "deleted"])
def test_a_run_killed_after_any_record_ends_with_an_equal_tape(
    tmp_path: Path, case: Case, handles: str
) -> None:
    start(tmp_path / "whole", case, RunConfig(), playbook)
    whole = without_times(read(tmp_path / "whole" / "tape.jsonl"))
    for at in range(1, len(whole) - 1, 4 if handles == "kept" else 9):
        folder = tmp_path / f"killed-{at}"
        killed_at(folder, case, at)
        if handles == "deleted":
            shutil.rmtree(folder / "handles", ignore_errors=True)
        before = read(folder / "tape.jsonl")
        start(folder, case, RunConfig(), playbook)
        again = without_times(read(folder / "tape.jsonl"))
        assert without_times(before) == whole[: len(before)]
        assert again == whole


def test_finished_runs_are_not_touched(tmp_path: Path, null_case: Case) -> None:
    run(tmp_path, null_case, LOOK, ABSTAIN)
    before = (tmp_path / "tape.jsonl").read_bytes()
    run(tmp_path, null_case)
    assert (tmp_path / "tape.jsonl").read_bytes() == before


def test_claims_without_a_look_at_the_target_are_invalid(tmp_path: Path, null_case: Case) -> None:
    assert run(tmp_path, null_case, ABSTAIN).status == "invalid"


def test_a_budget_of_no_calls_ends_at_once(tmp_path: Path, null_case: Case) -> None:
    case = null_case.model_copy(update={"budget": Budget(calls=0)})
    state = run(tmp_path, case, LOOK)
    assert state.status == "out_of_budget"
    assert state.experiments == []


def test_a_token_budget_refuses_the_forward_that_would_exceed_it(
    tmp_path: Path, null_case: Case
) -> None:
    case = null_case.model_copy(update={"budget": Budget(tokens=400)})
    state = run(tmp_path, case, call("guess_scan", limit=500), *[LOOK] * 12, ABSTAIN)
    assert state.experiments[0].failure.code == "over_budget"
    assert state.experiments[12].failure.code == "over_budget"
    assert 0 < state.spend.tokens <= 400
    assert state.status == "abstained"


def test_failures_are_values_on_the_tape_and_cost_a_call(tmp_path: Path, null_case: Case) -> None:
    state = run(
        tmp_path,
        null_case,
        call("logit_lens", colour="red"),
        call("no_such_tool"),
        call("weight_difference"),
        LOOK,
        ABSTAIN,
    )
    assert [e.failure.code for e in state.experiments[:3]] == ["bad_args", "bad_args", "no_base"]
    assert "colour" in state.experiments[0].failure.message
    assert state.spend.calls == 5
    assert state.status == "abstained"


def test_all_calls_failing_is_invalid(tmp_path: Path, null_case: Case) -> None:
    assert run(tmp_path, null_case, call("no_such_tool"), Decision(stop="gave up")).status == (
        "invalid"
    )


def test_a_driver_that_decides_nothing_has_failed(tmp_path: Path, null_case: Case) -> None:
    assert run(tmp_path, null_case, LOOK, Decision()).status == "driver_failed"


def test_citing_an_experiment_that_never_ran_is_refused(tmp_path: Path, null_case: Case) -> None:
    claim = {"claim": {"type": "secret_word", "word": "lamp"}, "confidence": 0.9}
    cited = call("submit_claims", claims=[{**claim, "experiments": ["E9"]}], none_confidence=0.1)
    state = run(tmp_path, null_case, LOOK, cited, ABSTAIN)
    assert "E9" in state.experiments[1].failure.message


def test_another_model_under_the_same_run_is_named(
    tmp_path: Path, case: Case, base_folder: str
) -> None:
    target = tmp_path / "target"
    shutil.copytree(case.target, target)
    mine = case.model_copy(update={"target": str(target)})
    killed_at(tmp_path / "run", mine, 3)
    shutil.copy(Path(base_folder) / "model.safetensors", target / "model.safetensors")
    with pytest.raises(TapeError, match="target is not the model of this run"):
        start(tmp_path / "run", mine, RunConfig(), playbook)


def test_the_random_driver_ends_with_a_status(tmp_path: Path, null_case: Case) -> None:
    state = start(tmp_path, null_case, RunConfig("random"), lambda c: RandomDriver(c.seed, 3))
    assert state.status in ("abstained", "invalid")
    assert state.spend.calls >= 4
