"""An exercise from a tape: compute one number of an experiment again, by hand.

Its only reference is the number on the tape, so it carries no certificate and says so.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import bank, workfile
from .parse import render
from .types import Coding

_SKIPPED = ("cost", "seed", "tokens", "position", "layer")
RELATIVE = 0.02


def numbers_in(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a result's data with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers_in(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from numbers_in(item, f"{path}.{index}")
    elif isinstance(value, float) and math.isfinite(value):
        yield path, value


def write(experiment: str, tool: str, arguments: Any, result: dict[str, Any]) -> Path:
    """Write the exercise and its work file.

    Raises:
        ValueError: If the result holds no number.
    """
    found = [
        (path, value)
        for path, value in numbers_in(result.get("data", {}))
        if path.rsplit(".", 1)[-1] not in _SKIPPED and value not in (0.0, 1.0)
    ]
    if not found:
        raise ValueError(f"{experiment} holds no number to compute again")
    path, value = found[0]
    exercise = Coding(
        kind="coding",
        id=f"by-hand-{experiment.lower()}",
        title=f"{experiment} by hand: {tool}",
        topic="by hand",
        minutes=30,
        function="answer",
        model="bundled",
        statement=(
            f"`{tool}` measured **{path}**. Compute that number yourself, without the tool, from "
            "the weights in `MODEL_FOLDER` (if the run used the bundled model), and return it "
            f"from `answer()`. The tape's value must be met within {RELATIVE:.0%}.\n\n"
            "This exercise carries no certificate: its only reference is the tape.\n\n"
            f"The tool's summary: {result.get('summary', '')}\n\n"
            f"Arguments:\n\n```json\n{json.dumps(arguments, indent=1, ensure_ascii=False)}\n```"
        ),
        given="import torch",
        solution=f'def answer():\n    """{path} of {experiment}."""\n    return {value!r}\n',
        tests=(
            "def test_it_meets_the_tape():\n"
            "    from math import isclose\n"
            "    got = float(answer())\n"
            f"    assert isclose(got, {value!r}, rel_tol={RELATIVE}), f'you computed {{got:.6g}}'\n"
        ),
        seconds=60,
    )
    file = bank.own_folder() / f"{exercise.id}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(render(exercise), encoding="utf-8")
    return workfile.write(exercise, again=False)
