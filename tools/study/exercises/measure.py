"""Measure-it: the learner predicts, then the real tool runs on the bundled model."""

import math
from typing import Any

from ...spec import Failure
from .bank import BANK
from .certificate import Check
from .types import Ask, Compared, Measure

_CLOSE = 0.02  # of the scale: what another machine's floating point may change


def run_tool(exercise: Measure | Compared, progress: Any = None) -> dict[str, Any]:
    """The tool's result on the bundled model.

    Raises:
        RuntimeError: If the tool refuses its arguments.
    """
    import tempfile

    from ...workbench import Workbench

    with tempfile.TemporaryDirectory(prefix="mechmentor-") as folder:
        bench = Workbench.open("bundled", folder=folder, progress=progress)
        value = bench.run(exercise.tool, **resolved(exercise.arguments))
    if isinstance(value, Failure):
        raise RuntimeError(f"{exercise.tool}: {value}")
    data: dict[str, Any] = value.model_dump(mode="json")
    return data


def resolved(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments in which a file of the bank's `given` folder has its full path."""
    return {
        name: str(BANK / value) if isinstance(value, str) and value.startswith("given/") else value
        for name, value in arguments.items()
    }


def field(result: dict[str, Any], path: str) -> float:
    """The number at a path such as `by_position.0.best_effect`.

    A path begins in the result's data, or with `control` or `view`. `len` counts a list, and
    `component=L29H1` takes the item of a list that says so.

    Raises:
        KeyError: If there is none.
    """
    value: Any = result.get("data", result)
    parts = path.removeprefix("data.").split(".")
    if parts[0] in ("control", "view"):
        value, parts = result.get(parts[0]), parts[1:]
    for part in parts:
        try:
            if part == "len":
                value = len(value)
            elif "=" in part:
                key, _, wanted = part.partition("=")
                value = next(item for item in value if str(item[key]) == wanted)
            elif isinstance(value, list):
                value = value[int(part)]
            else:
                value = value[part]
        except (KeyError, IndexError, ValueError, TypeError, StopIteration):
            raise KeyError(f"the result has nothing at {path!r}") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise KeyError(f"{path!r} is not a number")
    return float(value)


def score(ask: Ask, predicted: float, measured: float) -> float:
    """1 for an exact prediction, 0 at `scale` away and beyond."""
    return round(max(0.0, 1 - abs(predicted - measured) / ask.scale), 3)


def certify_measure(exercise: Measure) -> list[Check]:
    """The tool runs, every asked number is there and is what the file says it is."""
    try:
        result = run_tool(exercise)
    except RuntimeError as error:
        return [Check(name="tool runs", passed=False, found=str(error)[:200])]
    checks = [Check(name="tool runs", passed=True, found=exercise.tool)]
    for ask in exercise.asks:
        try:
            value = field(result, ask.field)
        except KeyError as error:
            checks.append(Check(name=ask.field, passed=False, found=str(error.args[0])))
            continue
        near = math.isclose(value, ask.measured, rel_tol=_CLOSE, abs_tol=_CLOSE * ask.scale)
        said = f"measured {value:.4g}, the file says {ask.measured:.4g}"
        checks.append(Check(name=ask.field, passed=near, found=said))
    telling = [a for a in exercise.asks if a.scale > 10 * max(abs(a.measured), 1e-9)]
    checks.append(
        Check(
            name="scale tells",
            passed=not telling,
            found="every guess of 0 would score" if telling else "a guess far off scores 0",
        )
    )
    return checks
