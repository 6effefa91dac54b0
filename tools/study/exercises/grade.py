"""Grades a work file. Coding and measure-it load what they need; the other kinds are light."""

import re
from pathlib import Path
from typing import Any

from ...spec import Frozen
from . import points, workfile
from .answers import NotANumber, equal, numbers
from .types import Choice, Coding, Exercise, Maths, Measure, Written

PASS = 0.8


class Guess(Frozen):
    """A prediction with its stated certainty and what happened: the matter of calibration."""

    certainty: float
    came_true: bool


class Grade(Frozen):
    """What grading found.

    Attributes:
        id: The exercise.
        score: From 0 to 1.
        passed: Whether it counts as done.
        finished: False when the learner must still do something (a sheet to check).
        lines: What to tell the learner.
        guesses: Predictions with certainty, for calibration.
    """

    id: str
    score: float
    passed: bool
    finished: bool = True
    lines: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()


class Unfilled(Exception):
    """A work file has no answer yet; the message says where it goes."""


def grade(exercise: Exercise, path: Path, progress: Any = None) -> Grade:
    """Grade a work file.

    Raises:
        Unfilled: If there is nothing to grade yet.
    """
    text = path.read_text(encoding="utf-8")
    if isinstance(exercise, Coding):
        return _coding(exercise, text)
    if isinstance(exercise, Maths):
        return _maths(exercise, text)
    if isinstance(exercise, Choice):
        return _choice(exercise, text)
    if isinstance(exercise, Measure):
        return _measure(exercise, text, progress)
    return _written(exercise, text, path)


def _coding(exercise: Coding, text: str) -> Grade:
    from .code import attempt, sandbox_for
    from .percent import code_of

    outcome = attempt(exercise, code_of(text), sandbox_for(exercise))
    lines = [f"{'✓' if t.passed else '✗'} {_words(t.name)}" for t in outcome.tests]
    for index, test in enumerate(outcome.tests):
        if not test.passed:
            lines[index] += f"\n    {test.message}"
    if outcome.error:
        lines.append(f"✗ {outcome.error}")
    if outcome.output.strip():
        lines += ["printed:", *(f"    {line}" for line in outcome.output.splitlines()[:20])]
    right = sum(t.passed for t in outcome.tests)
    share = right / len(outcome.tests) if outcome.tests else 0.0
    return Grade(id=exercise.id, score=round(share, 3), passed=outcome.passed, lines=tuple(lines))


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def _maths(exercise: Maths, text: str) -> Grade:
    answer = workfile.line_of(text, "answer")
    if not answer:
        raise Unfilled("no answer yet; write it behind `answer:`")
    try:
        value = numbers(answer)
    except NotANumber as error:
        raise Unfilled(str(error)) from None
    if equal(value, numbers(exercise.answer), exercise.tolerance):
        return Grade(id=exercise.id, score=1, passed=True, lines=("✓ right",))
    for wrong, why in exercise.wrong.items():
        if equal(value, numbers(wrong), exercise.tolerance):
            return Grade(id=exercise.id, score=0, passed=False, lines=(f"✗ {why}",))
    return Grade(id=exercise.id, score=0, passed=False, lines=("✗ not right yet",))


def _choice(exercise: Choice, text: str) -> Grade:
    answer = workfile.line_of(text, "answer").strip(" .()").upper()
    letters = workfile.LETTERS[: len(exercise.options)]
    if len(answer) != 1 or answer not in letters:
        raise Unfilled(f"no answer yet; write one letter of {letters} behind `answer:`")
    chosen = letters.index(answer)
    right = chosen == exercise.right
    lines = [f"{'✓' if right else '✗'} {answer}: {exercise.options[chosen].why}"]
    certainty = _share(workfile.line_of(text, "confidence"))
    guesses = (Guess(certainty=certainty, came_true=right),) if certainty is not None else ()
    return Grade(
        id=exercise.id, score=float(right), passed=right, lines=tuple(lines), guesses=guesses
    )


def _share(text: str) -> float | None:
    try:
        value = numbers(text)
    except NotANumber:
        return None
    if isinstance(value, list):
        return None
    share = value / 100 if value > 1 else value
    return share if 0 <= share <= 1 else None


def _measure(exercise: Measure, text: str, progress: Any) -> Grade:
    from . import measure

    predicted: list[tuple[float, tuple[float, float]]] = []
    for number in range(1, len(exercise.asks) + 1):
        value = workfile.line_of(text, f"prediction {number}")
        ends = re.split(r"\s*\.\.\s*|\s+to\s+", workfile.line_of(text, f"range {number}"))
        try:
            parsed = numbers(value)
            low, high = (numbers(end) for end in ends)
        except (NotANumber, ValueError):
            raise Unfilled(
                f"predict first: `prediction {number}: 0.5` and `range {number}: 0.2 .. 0.8`"
            ) from None
        if isinstance(parsed, list) or isinstance(low, list) or isinstance(high, list):
            raise Unfilled(f"prediction {number} and the ends of its range are single numbers")
        predicted.append((parsed, (min(low, high), max(low, high))))
    result = measure.run_tool(exercise, progress)
    lines, scores, guesses = [], [], []
    for ask, (value_, (low_, high_)) in zip(exercise.asks, predicted, strict=True):
        measured = measure.field(result, ask.field)
        inside = low_ <= measured <= high_
        scores.append(measure.score(ask, value_, measured))
        guesses.append(Guess(certainty=0.8, came_true=inside))
        lines.append(
            f"{'✓' if inside else '✗'} {ask.question}\n    predicted {value_:.4g} "
            f"({low_:.4g} .. {high_:.4g}), measured {measured:.4g}: score {scores[-1]:.2f}"
        )
    lines.append(f"the tool says: {result['summary']}")
    total = round(sum(scores) / len(scores), 3)
    return Grade(
        id=exercise.id, score=total, passed=True, lines=tuple(lines), guesses=tuple(guesses)
    )


def _written(exercise: Written, text: str, path: Path) -> Grade:
    answer, sheet = workfile.answer_of(text)
    if len(answer.split()) < 5:
        raise Unfilled("no answer yet; write it below the line that says where it goes")
    if sheet:
        marks = points.read_sheet(exercise, sheet)
        lines = [f"✓ {exercise.points[k].text}" for k in marks.made]
        lines += [f"✗ missing: {p.text}" for k, p in exercise.points.items() if k not in marks.made]
        lines += [f"✗ mistake: {exercise.mistakes[k].text}" for k in marks.mistakes]
        done = marks.score >= PASS
        return Grade(id=exercise.id, score=marks.score, passed=done, lines=tuple(lines))
    marks = points.by_words(exercise, answer)
    fresh = f"{text.rstrip()}\n\n{workfile.SHEET_MARK}\n\n{points.sheet(exercise, marks)}\n"
    path.write_text(fresh, encoding="utf-8")
    line = (
        f"words alone find {len(marks.made)} of {len(exercise.points)} points; "
        f"check every box in {path}, then grade again"
    )
    return Grade(id=exercise.id, score=marks.score, passed=False, finished=False, lines=(line,))
