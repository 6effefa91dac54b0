"""Each task of the learner's and the writer's functions, end to end through Inspect."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mechmentor.app.fake_api import FakeAPI
from mechmentor.evals.logs import answers
from mechmentor.evals.study.answers import discriminate
from mechmentor.evals.study.feedback import BLAME, PRAISE, items

inspect_ai = pytest.importorskip("inspect_ai")
TASKS = ("quotes", "exercise_quality", "critique_recall", "critique_clean", "feedback")


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MECHMENTOR_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A loopback API that answers as a brain says."""
    opened: list[FakeAPI] = []

    def serve(brain: Any, **options: Any) -> FakeAPI:
        api = FakeAPI(brain, **options)
        api.__enter__()
        opened.append(api)
        monkeypatch.setenv("OPENAI_BASE_URL", api.url)
        return api

    yield serve
    for api in opened:
        api.__exit__(None, None, None)


def run(task: str, folder: Path, **options: Any) -> Any:
    from mechmentor.evals.tasks import study

    made = getattr(study, task)(folder=str(folder / "cells"), **options)
    (log,) = inspect_ai.eval(made, model=None, log_dir=str(folder / "logs"), display="none")
    return log


def honest(messages: list[dict[str, Any]], tools: Any) -> dict[str, Any]:
    """Knows every answer of the small items that it is asked."""
    asked = messages[-1]["content"]
    flawed = {i.data["text"] for i in items() if i.flawed}
    if "<quotation>" in asked:
        document, quote = (
            re.sub(r"\s+", "", asked.split(f"<{tag}>")[1].split(f"</{tag}>")[0])
            for tag in ("document", "quotation")
        )
        return {"text": "yes" if quote in document else "no"}
    if "<file" in asked:
        return {"text": '[{"kind": "total", "file": "draft.md", "line": 1}]'}
    if "<text>" in asked:
        own = asked.split("<text>")[1].split("</text>")[0].strip()
        return {"text": "[wrong] Not so." if own in flawed else "[right] Yes."}
    return {"text": "no exercise"}


@pytest.mark.parametrize("task", TASKS)
def test_a_scripted_model_fills_the_cells_over_http(task: str, tmp_path: Path, served: Any) -> None:
    api = served(honest)
    log = run(task, tmp_path, player="llm", llm="scripted", limit=4)
    assert log.status == "success", log.error
    found, missing = answers(tmp_path / "logs")
    assert missing == []
    assert found
    assert {(a.task, a.player) for a in found} == {(task, "llm (scripted)")}
    asked = len(api.requests)
    assert asked > 0
    run(task, tmp_path, player="llm", llm="scripted", limit=4)
    assert len(api.requests) == asked  # nothing is paid twice


@pytest.mark.parametrize("task", TASKS)
def test_without_a_key_the_same_cells_are_not_run(task: str, tmp_path: Path) -> None:
    log = run(task, tmp_path, player="llm", limit=4)
    assert log.status == "success", log.error
    found, missing = answers(tmp_path / "logs")
    assert found == []
    assert len(missing) == 1
    assert missing[0].startswith(f"{task}-llm: not run")


@pytest.mark.parametrize(
    ("tutor", "score"),
    [
        (lambda messages, tools: {"text": PRAISE}, 0.0),
        (lambda messages, tools: {"text": BLAME}, 0.0),
        (honest, 1.0),
    ],
    ids=["flatterer", "always-critic", "honest"],
)
def test_feedback_ranks_known_tutors(tutor: Any, score: float, tmp_path: Path, served: Any) -> None:
    served(tutor)
    log = run("feedback", tmp_path, player="llm", llm="scripted", limit=32)
    assert log.status == "success", log.error
    sums = discriminate(answers(tmp_path / "logs")[0])
    assert (sums.caught.n, sums.accused.n) == (16, 16)
    assert sums.score == score


def test_the_limit_of_dollars_ends_the_spending(tmp_path: Path, served: Any) -> None:
    api = served(honest, models=["scripted"], prices=("0.001", "0.001"))
    log = run("feedback", tmp_path, player="llm", llm="scripted", limit=6, max_usd=0.01)
    assert log.status == "success", log.error
    found, missing = answers(tmp_path / "logs")
    assert len(found) == 1  # the first reply alone costs more than a cent
    assert "limit of $0.01" in missing[0] or "unknown price" in missing[0]
    assert len(api.requests) == len(found)


@pytest.mark.parametrize(
    ("task", "player", "score"),
    [
        ("quotes", "check", 1.0),
        ("quotes", "accept_all", 0.0),
        ("quotes", "refuse_all", 0.0),
        ("feedback", "flatterer", 0.0),
        ("feedback", "always_critic", 0.0),
    ],
)
def test_players_without_a_key(task: str, player: str, score: float, tmp_path: Path) -> None:
    log = run(task, tmp_path, player=player)
    assert log.status == "success", log.error
    assert discriminate(answers(tmp_path / "logs")[0]).score == score


def test_shipped_exercises_are_certified_and_an_echo_is_dropped(tmp_path: Path) -> None:
    run("exercise_quality", tmp_path, player="bank")
    run("exercise_quality", tmp_path, player="echo")
    found, _ = answers(tmp_path / "logs")
    said = {p: [a.said for a in found if a.player == p] for p in ("bank", "echo")}
    assert said["bank"]
    assert not any(said["bank"])
    assert said["echo"]
    assert all(said["echo"])


def test_the_linter_against_silence_and_noise(tmp_path: Path) -> None:
    for player in ("linter", "silent", "everything"):
        run("critique_recall", tmp_path, player=player, limit=8)
        run("critique_clean", tmp_path, player=player, limit=2)
    found, _ = answers(tmp_path / "logs")
    sums = {
        (task, player): discriminate([a for a in found if (a.task, a.player) == (task, player)])
        for task in ("critique_recall", "critique_clean")
        for player in ("linter", "silent", "everything")
    }
    assert sums["critique_recall", "silent"].caught.k == 0
    assert sums["critique_recall", "everything"].caught.k == 0  # all of it stands on the twin too
    assert sums["critique_clean", "everything"].accused.rate == 1
    assert json.dumps(sums["critique_clean", "silent"].accused.k) == "0"
