"""What an honest run of each coding exercise takes in the warm sandbox: clock and processor."""

import time
from collections.abc import Iterator

from ..tools.study.exercises import bank
from ..tools.study.exercises.code import attempt, sandbox_for
from ..tools.study.exercises.types import Coding


def measure(names: list[str] | None, runs: int) -> Iterator[tuple[str, float]]:
    """A line and the clock's seconds of the fastest run of each exercise, the first start left out.

    The clock runs from handing the work in to the verdict. Where other programs hold the machine,
    the processor time beside it is what the run itself needed.
    """
    found = [bank.find(name) for name in names] if names else list(bank.load(bank.BANK).values())
    warm: set[str] = set()
    for exercise in found:
        if not isinstance(exercise, Coding):
            continue
        box = sandbox_for(exercise)
        if exercise.model not in warm:
            started = time.perf_counter()
            box.start()
            seconds = time.perf_counter() - started
            yield f"warm-up {seconds:.2f} s (level {box.level}, model: {exercise.model})", 0.0
            warm.add(exercise.model)
        taken, used = [], []
        for _ in range(runs):
            started = time.perf_counter()
            outcome = attempt(exercise, exercise.solution, box)
            taken.append(time.perf_counter() - started)
            used.append(outcome.processor)
            if not outcome.passed:
                raise RuntimeError(f"{exercise.id}: the reference fails: {outcome.error}")
        line = f"{min(taken):6.2f} s (processor {min(used):.2f} s)  {exercise.id}"
        yield line, min(taken)
