"""Run tasks of the suite in one process: `python -m mechmentor.evals.run`, steps as JSON on stdin.

Inspect takes seconds to load, so that a process for each task would cost more than most tasks.
"""

import json
import sys
from typing import Any


def run(steps: list[dict[str, Any]], logs: str, workers: int) -> int:
    """Run steps one after the other.

    Args:
        steps: Each with `task`, `options`, `said`.
        logs: Folder of the logs.
        workers: Cells at a time.

    Returns:
        How many steps broke.
    """
    import inspect_ai

    from . import tasks

    broken = 0
    for step in steps:
        print(step["said"], file=sys.stderr, flush=True)
        (log,) = inspect_ai.eval(
            getattr(tasks, step["task"])(**step["options"]),
            model=None,
            log_dir=logs,
            display="none",
            fail_on_error=False,
            max_samples=workers,
            log_level="warning",
        )
        errors = [s.error.message for s in log.samples or [] if s.error]
        if log.status != "success" or errors:
            why = log.error.message if log.error else errors[0] if errors else log.status
            print(f"broke: {step['said']}: {why.splitlines()[-1]}", file=sys.stderr, flush=True)
            broken += 1
    return broken


if __name__ == "__main__":
    given = json.load(sys.stdin)
    sys.exit(1 if run(given["steps"], given["logs"], given["workers"]) else 0)
