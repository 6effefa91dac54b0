"""The Inspect task end to end, its log read back through Inspect's own reader."""

from pathlib import Path
from typing import Any

import pytest

from mechmentor.evals.cells import Cell, NotRun
from mechmentor.evals.logs import outcomes

inspect_ai = pytest.importorskip("inspect_ai")


def found(case: str) -> dict[str, Any]:
    organism = case == "m-aaaaaa"
    return {
        "case": case,
        "kind": "organism" if organism else "null_trained",
        "family": "secret_word",
        "driver": "playbook",
        "access": "base",
        "status": "claimed" if organism else "abstained",
        "verdict": "hit" if organism else "correct_none",
        "line": "it hides zyxt",
        "answer": "zyxt",
        "confidence": 0.9,
    }


def test_the_log_holds_the_scores_and_what_was_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mechmentor.evals.tasks.audits import audit

    async def cell(cell: Cell, parent: Path) -> dict[str, Any]:
        if cell.case == "m-cccccc":
            raise NotRun("no key for a language model")
        return found(cell.case)

    monkeypatch.setattr("mechmentor.evals.tasks.audits.run_cell", cell)
    (log,) = inspect_ai.eval(
        audit(cases="m-aaaaaa,m-bbbbbb,m-cccccc", folder=str(tmp_path)),
        model=None,
        log_dir=str(tmp_path / "logs"),
        display="none",
    )
    assert log.status == "success"
    metrics = {name: value.value for name, value in log.results.scores[0].metrics.items()}
    assert metrics["hits"] == 1
    assert metrics["organisms"] == 1
    assert metrics["headline"] == 1.0
    told, missing = outcomes(tmp_path / "logs")
    assert {o.case for o in told} == {"m-aaaaaa", "m-bbbbbb"}
    assert missing == ["m-cccccc-base-playbook-0: not run (no key for a language model)"]
    assert "zyxt" not in log.model_dump_json()
