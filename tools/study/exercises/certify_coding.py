"""The certificate of a coding exercise: what must pass passes, what must die dies."""

import ast
import difflib

from ..sandbox.box import Sandbox
from ..sandbox.jobs import Outcome
from .certificate import Check
from .code import attempt, blank, equal_outputs
from .mutate import Mutant, mutants
from .types import Coding

LEAST_OTHERS, LEAST_WRONG, LEAST_MUTANTS = 2, 3, 10
MOST_EQUIVALENT = 0.10
EQUAL_INPUTS = 1000
_TOO_ALIKE = 0.95


def certify_coding(exercise: Coding, box: Sandbox) -> list[Check]:
    """Run everything that a certificate asks for.

    Returns:
        The checks, in order; a reference that fails ends them early.
    """
    checks = [_passes("reference", attempt(exercise, exercise.solution, box))]
    if not checks[0].passed:
        return checks
    empty = attempt(exercise, blank(exercise), box)
    checks.append(_dies("blank", empty, "the blank"))
    checks.append(_others(exercise, box))
    checks.append(_misconceptions(exercise, box))
    checks += _mutants(exercise, box)
    return checks


def _why(outcome: Outcome) -> str:
    if outcome.error:
        return outcome.error
    bad = next((t for t in outcome.tests if not t.passed), None)
    return f"{bad.name}: {bad.message}" if bad else "no test ran"


def _passes(name: str, outcome: Outcome) -> Check:
    said = f"{len(outcome.tests)} tests pass" if outcome.passed else _why(outcome)
    return Check(name=name, passed=outcome.passed, found=said)


def _dies(name: str, outcome: Outcome, what: str) -> Check:
    dead = not outcome.passed
    return Check(name=name, passed=dead, found="fails" if dead else f"{what} passes every test")


def _shape(source: str) -> list[str]:
    return [type(node).__name__ for node in ast.walk(ast.parse(source))]


def _others(exercise: Coding, box: Sandbox) -> Check:
    name = "other right solutions"
    if len(exercise.others) < LEAST_OTHERS:
        return Check(name=name, passed=False, found=f"{len(exercise.others)} of {LEAST_OTHERS}")
    seen = {"the reference": exercise.solution}
    for label, code in exercise.others.items():
        for other, text in seen.items():
            try:
                alike = difflib.SequenceMatcher(None, _shape(code), _shape(text)).ratio()
            except SyntaxError as error:
                return Check(name=name, passed=False, found=f"{label}: {error.msg}")
            if alike > _TOO_ALIKE:
                return Check(name=name, passed=False, found=f"{label} is {other} again")
        seen[label] = code
        outcome = attempt(exercise, code, box)
        if not outcome.passed:
            said = f"the tests refuse the right solution `{label}`: {_why(outcome)}"
            return Check(name=name, passed=False, found=said)
    return Check(name=name, passed=True, found=f"{len(exercise.others)} pass")


def _misconceptions(exercise: Coding, box: Sandbox) -> Check:
    name = "misconceptions"
    if len(exercise.wrong) < LEAST_WRONG:
        return Check(name=name, passed=False, found=f"{len(exercise.wrong)} of {LEAST_WRONG}")
    for label, code in exercise.wrong.items():
        try:
            ast.parse(code)
        except SyntaxError as error:
            return Check(name=name, passed=False, found=f"`{label}` is not Python: {error.msg}")
        if attempt(exercise, code, box, every_test=False).passed:
            return Check(name=name, passed=False, found=f"`{label}` passes every test")
    return Check(name=name, passed=True, found=f"{len(exercise.wrong)} die")


def _mutants(exercise: Coding, box: Sandbox) -> list[Check]:
    made = [m for name in (exercise.function, *exercise.blanks) for m in _of(exercise, name)]
    survivors = [m for m in made if _lives(exercise, m, box)]
    equal, alive, wrong = _sorted_out(exercise, survivors, box)
    killed = len(made) - len(survivors)
    few = f"; at least {LEAST_MUTANTS} must die" if killed < LEAST_MUTANTS else ""
    if alive:
        found = f"{killed} of {len(made)} die; alive: {' | '.join(m.label for m in alive[:6])}"
    else:
        found = f"{killed} of {len(made)} die{few}"
    checks = [Check(name="mutants", passed=killed >= LEAST_MUTANTS and not alive, found=found)]
    share = len(equal) / max(1, len(made))
    unused = sorted(set(exercise.equivalents) - {m.label for m in survivors})
    if wrong:
        said = f"named equivalent, yet {wrong[0]}"
    elif unused:
        said = f"named equivalent, yet no mutant survives as: {unused[0]}"
    else:
        said = f"{len(equal)} of {len(made)} ({share:.0%})"
        said += f", each equal on {EQUAL_INPUTS} inputs" if equal else ""
    fine = not wrong and not unused and share <= MOST_EQUIVALENT
    checks.append(Check(name="equivalent mutants", passed=fine, found=said))
    return checks


def _lives(exercise: Coding, mutant: Mutant, box: Sandbox) -> bool:
    return attempt(exercise, mutant.source, box, every_test=False).passed


def _of(exercise: Coding, name: str) -> list[Mutant]:
    return mutants(exercise.solution, name)


def _sorted_out(
    exercise: Coding, survivors: list[Mutant], box: Sandbox
) -> tuple[list[Mutant], list[Mutant], list[str]]:
    """Survivors as (proved equal, alive, wrongly named equal with what was seen)."""
    equal, alive, wrong = [], [], []
    for mutant in survivors:
        reason = exercise.equivalents.get(mutant.label, "").strip()
        if len(reason) < 10:
            alive.append(mutant)
            continue
        outcome = equal_outputs(exercise, mutant.source, box, EQUAL_INPUTS)
        if outcome.passed:
            equal.append(mutant)
        else:
            wrong.append(f"{mutant.label}: {_why(outcome)}")
    return equal, alive, wrong
