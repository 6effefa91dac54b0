"""Reading Inspect logs back, by Inspect's own reader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .study.answers import Answer
from .table import Outcome

AUDIT = "audit"


def outcomes(folder: Path, task: str = AUDIT) -> tuple[list[Outcome], list[str]]:
    """Every scored run below a folder of logs, the newest log of a cell first.

    Args:
        folder: Holds `.eval` files, also in folders of its own.
        task: Whose logs are read.

    Returns:
        The outcomes, each cell once, and one line for each cell that was not run.
    """
    found, missing = _read(folder)
    return (
        [Outcome.model_validate(data) for name, data in found if name == task],
        [f"{cell}: not run ({why})" for name, cell, why in missing if name == task],
    )


def answers(folder: Path) -> tuple[list[Answer], list[str]]:
    """Every answer of the other tasks, and one line for each task and reason that was not run."""
    found, missing = _read(folder)
    counts: dict[tuple[str, str], int] = {}
    for name, _, why in missing:
        if name != AUDIT:
            counts[name, why] = counts.get((name, why), 0) + 1
    return (
        [Answer.model_validate(data) for name, data in found if name != AUDIT],
        [f"{name}-llm: not run, {n} items ({why})" for (name, why), n in counts.items()],
    )


def _read(folder: Path) -> tuple[list[tuple[str, dict[str, Any]]], list[tuple[str, str, str]]]:
    """What was scored, by task; what was not run by task, cell and reason."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    missing: dict[str, tuple[str, str, str]] = {}
    for name, sample in _samples(folder):
        cell = str(sample.id)
        data = _metadata(sample)
        if data is not None:
            found.setdefault(cell, (name, data))
        elif "not_run" in sample.metadata:
            missing.setdefault(cell, (name, cell, str(sample.metadata["not_run"])))
    rest = [row for cell, row in sorted(missing.items()) if cell not in found]
    return [found[cell] for cell in sorted(found)], rest


def _samples(folder: Path) -> Iterator[tuple[str, Any]]:
    from inspect_ai.log import list_eval_logs, read_eval_log

    for info in list_eval_logs(str(folder), descending=True):
        log = read_eval_log(info)
        name = log.eval.task.rpartition("/")[2]
        for sample in log.samples or []:
            yield name, sample


def _metadata(sample: Any) -> dict[str, Any] | None:
    for score in (sample.scores or {}).values():
        if score.metadata:
            return dict(score.metadata)
    return None
