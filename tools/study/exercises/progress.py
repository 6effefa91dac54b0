"""What a learner has done: a line a grading or hint, and what it says about their calibration."""

import json
import time
from typing import Any

from .grade import Grade
from .workfile import work_folder

_FILE = "progress.jsonl"


def keep(grade: Grade) -> None:
    """Book a finished grading."""
    _append(
        {
            "id": grade.id,
            "score": grade.score,
            "passed": grade.passed,
            "guesses": [g.model_dump() for g in grade.guesses],
        }
    )


def keep_hint(name: str) -> int:
    """Book a hint; returns how many of this exercise were taken before."""
    taken = sum(1 for line in lines() if line.get("hint") == name)
    _append({"hint": name})
    return taken


def _append(values: dict[str, Any]) -> None:
    path = work_folder() / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **values}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def lines() -> list[dict[str, Any]]:
    """Every record; torn lines are skipped."""
    path = work_folder() / _FILE
    found = []
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                found.append(value)
    return found


def best() -> dict[str, dict[str, Any]]:
    """The best grading of each exercise."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines():
        if "score" in line:
            old = found.get(line["id"])
            if old is None or (line["passed"], line["score"]) > (old["passed"], old["score"]):
                found[line["id"]] = line
    return found


def calibration() -> str:
    """One line: how often what was said with some certainty came true; empty without guesses.

    Only the first finished attempt at an exercise counts: a second one knows the answer.
    """
    seen: set[str] = set()
    guesses: list[dict[str, Any]] = []
    for line in lines():
        if "score" in line and line["id"] not in seen:
            seen.add(line["id"])
            guesses += line.get("guesses") or []
    if not guesses:
        return ""
    said = sum(g["certainty"] for g in guesses) / len(guesses)
    true = sum(bool(g["came_true"]) for g in guesses)
    brier = sum((g["certainty"] - g["came_true"]) ** 2 for g in guesses) / len(guesses)
    return (
        f"calibration: said {said:.0%} sure on average, {true} of {len(guesses)} came true "
        f"({true / len(guesses):.0%}); Brier score {brier:.2f} (0 is perfect, always 50% gives .25)"
    )
