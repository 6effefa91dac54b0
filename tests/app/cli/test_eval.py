"""`eval`: what is planned and what it costs, before anything is paid."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mechmentor.app.cli.eval_plan import Plan, price
from mechmentor.app.cli.exits import Stop
from mechmentor.app.cli.main import run
from mechmentor.app.fake_api import SHORT_AUDIT, FakeAPI, by_turn
from mechmentor.evals import ledger
from mechmentor.evals.logs import answers, outcomes
from mechmentor.evals.organisms.splits import development

TASKS = ["audit", "quotes", "feedback"]


def plan() -> Plan:
    return Plan.of(TASKS, ["llm"], ["chat"], "m-1,m-2", 8, calls=12, all_players=False)


def test_the_limit_is_shared_between_audits_and_the_rest() -> None:
    found = plan()
    assert [(s.task, s.items, s.llm) for s in found.steps] == [
        ("audit", 2, True),
        ("quotes", 8, True),
        ("feedback", 8, True),
    ]
    assert found.share(5) == 1.25
    assert found.rest(5) == 2.5
    assert found.share(None) is None


def test_the_price_is_said_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeAPI([], models=["m"], prices=("0.000001", "0.000002")) as api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url)
        price(plan(), None, "m", 5.0, yes=False)
        assert api.requests == []  # nothing was asked yet
    said = capsys.readouterr().err
    assert "price    about $0." in said
    assert "the run ends at $5.00" in said
    assert "never weights" in said


def test_nobody_to_ask_needs_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    monkeypatch.setattr("mechmentor.agent.chat.prices.price_of", lambda endpoint: None)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(Stop, match="--yes or --max-usd"):
        price(plan(), "openai", "m", None, yes=False)


@pytest.mark.parametrize(
    "words",
    [
        ["--tasks", "nonsense"],
        ["--preset", "nonsense"],
        ["--split", "nonsense"],
        ["--tasks", "quotes", "--drivers", "playbook"],
    ],
)
def test_what_there_is_not_is_said(words: list[str], tmp_path: Path) -> None:
    assert run(["eval", "run", *words, "--folder", str(tmp_path)]) == 2


def test_of_each_state_of_the_tools_the_first_scoring_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = {"driver": "playbook", "access": "base", "kind": "organism", "family": "persona"}
    for case, verdict in (("m-1", "miss"), ("m-1", "hit"), ("m-2", "hit")):
        ledger.append(
            tmp_path / "ledger",
            **scored,
            case=case,
            status="claimed",
            verdict=verdict,
            confidence=0.8,
        )
    kept = ledger.entries(tmp_path / "ledger")
    monkeypatch.setattr(ledger, "entries", lambda: kept)
    assert run(["eval", "ledger"]) == 0
    said = capsys.readouterr().out
    assert "(the present state): 2 scorings" in said
    assert "| base | playbook | all | 1/2" in said


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_first_key_fills_a_table_over_http(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "cost": 0.0001}
    brain = by_turn([{**answer, "usage": usage} for answer in SHORT_AUDIT])
    with FakeAPI(brain, models=["m"], prices=("0.000001", "0.000002")) as api:
        environment = {**os.environ, "OPENAI_BASE_URL": api.url, "MECHMENTOR_DATA": str(tmp_path)}
        words = ["eval", "run", "--preset", "first-key", "--max-usd", "5", "--model", "m"]
        words += ["--provider", "custom", "--limit", "2", "--cases", development()[0]]
        done = subprocess.run(
            [sys.executable, "-m", "mechmentor", *words, "--folder", str(tmp_path / "eval")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "price    about $" in done.stderr
    found, missing = outcomes(tmp_path / "eval" / "logs")
    assert [o.driver for o in found] == ["llm"]
    said, unsaid = answers(tmp_path / "eval" / "logs")
    assert missing == unsaid == []
    assert len({a.task for a in said}) == 5
    assert all(a.dollars is not None for a in said)
