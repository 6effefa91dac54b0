"""Coding exercises in the sandbox: the blank, one attempt against the tests, equal outputs."""

import ast
from dataclasses import replace
from pathlib import Path

from ..sandbox.box import Sandbox
from ..sandbox.jobs import Job, Limits, Outcome
from .bank import given_files
from .types import Coding

_SAE = Path(__file__).parents[2] / "sae" / "smollm2-135m-instruct-l12"
_COMPARE = """
def _flat(value):
    import torch
    if isinstance(value, torch.Tensor):
        return [value.detach().to(torch.float64).reshape(-1), tuple(value.shape)]
    if isinstance(value, dict):
        return [_flat(v) for _, v in sorted(value.items(), key=lambda p: str(p[0]))]
    if isinstance(value, (list, tuple)):
        return [_flat(v) for v in value]
    return value

def _same(a, b):
    import torch
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.shape == b.shape and torch.allclose(
            a, b, rtol=1e-6, atol=1e-9, equal_nan=True)
    if isinstance(a, float) and isinstance(b, (int, float)):
        return a == b or abs(a - b) <= 1e-9 + 1e-6 * abs(a) or (a != a and b != b)
    return type(a) is type(b) and a == b

def test_equal_on_generated_inputs():
    mine, theirs = {**globals()}, {**globals()}
    exec(_REFERENCE, mine)
    exec(_MUTANT, theirs)
    for seed in range(_COUNT):
        a = _flat(mine[_FUNCTION](*generate(seed)))
        b = _flat(theirs[_FUNCTION](*generate(seed)))
        assert _same(a, b), f"outputs differ on input {seed}"
"""


def blank(exercise: Coding) -> str:
    """The solution with the bodies to write taken out; what is not blanked stays."""
    tree = ast.parse(exercise.solution)
    names = {exercise.function, *exercise.blanks}
    lines = exercise.solution.splitlines()
    spans: list[tuple[int, int, int]] = []
    for node in tree.body:
        if not (isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names):
            continue
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for part in inner:
            if isinstance(part, ast.FunctionDef):
                body = part.body[1:] if ast.get_docstring(part) is not None else part.body
                first = body[0].lineno if body else (part.end_lineno or 0) + 1
                spans.append((first, part.end_lineno or 0, part.body[0].col_offset))
    for first, last, indent in sorted(spans, reverse=True):
        lines[first - 1 : last] = [" " * indent + 'raise NotImplementedError("yours to write")']
    return "\n".join(lines) + "\n"


def attempt(exercise: Coding, code: str, box: Sandbox, *, every_test: bool = True) -> Outcome:
    """Run code against the exercise's tests; without `every_test` the first failure ends it."""
    job = _job(exercise, (("yours", code), ("tests", exercise.tests)))
    return box.run(replace(job, every_test=every_test))


def equal_outputs(exercise: Coding, other: str, box: Sandbox, count: int = 1000) -> Outcome:
    """Whether another version gives the reference's output on `count` generated inputs."""
    heads = {
        "_REFERENCE": exercise.solution,
        "_MUTANT": other,
        "_FUNCTION": exercise.function,
        "_COUNT": count,
    }
    setting = "".join(f"{name} = {value!r}\n" for name, value in heads.items())
    parts = (("generate", exercise.generate), ("setting", setting), ("compare", _COMPARE))
    return box.run(_job(exercise, parts, seconds=60.0))


def _job(exercise: Coding, parts: tuple[tuple[str, str], ...], seconds: float | None = None) -> Job:
    return Job(
        parts=(("given", exercise.given), *parts),
        files=given_files(exercise.files),
        limits=Limits(seconds=seconds or exercise.seconds),
    )


def sandbox_for(exercise: Coding) -> Sandbox:
    """The warm sandbox that this exercise runs in, with the model's folder if it needs one."""
    from ..sandbox.box import shared

    return shared(model_folders() if exercise.model == "bundled" else None)


def model_folders() -> dict[str, Path]:
    """The bundled model's folder and its SAE's, by the names that exercises know."""
    from ...bundled import bundled_folder

    return {"MODEL_FOLDER": bundled_folder(), "SAE_FOLDER": _SAE}
