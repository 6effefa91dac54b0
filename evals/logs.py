"""Reading Inspect logs back, by Inspect's own reader."""

from pathlib import Path
from typing import Any

from .table import Outcome


def outcomes(folder: Path, task: str = "audit") -> tuple[list[Outcome], list[str]]:
    """Every scored run below a folder of logs, the newest log of a cell first.

    Args:
        folder: Holds `.eval` files, also in folders of its own.
        task: Whose logs are read.

    Returns:
        The outcomes, each cell once, and one line for each cell that was not run.
    """
    from inspect_ai.log import list_eval_logs, read_eval_log

    found: dict[str, Outcome] = {}
    missing: dict[str, str] = {}
    for info in list_eval_logs(str(folder), descending=True):
        log = read_eval_log(info)
        if log.eval.task.rpartition("/")[2] != task:
            continue
        for sample in log.samples or []:
            name = str(sample.id)
            if name in found or name in missing:
                continue
            data = _metadata(sample)
            if data is not None:
                found[name] = Outcome.model_validate(data)
            elif "not_run" in sample.metadata:
                missing[name] = f"{name}: not run ({sample.metadata['not_run']})"
    return list(found.values()), sorted(missing.values())


def _metadata(sample: Any) -> dict[str, Any] | None:
    for score in (sample.scores or {}).values():
        if score.metadata:
            return dict(score.metadata)
    return None
