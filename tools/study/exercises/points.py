"""Grades a text by points: which it makes, which mistakes it makes, and the sheet to check by eye.

Matching words is not understanding: the sheet asks the learner about every point, and a point
counts as the learner says. What the words alone would give is only the first mark on the sheet.
"""

import re
from dataclasses import dataclass

from .types import Written

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_BOX = re.compile(r"^- \[([ xX])\] (?:\(mistake\) )?`([\w-]+)`", re.MULTILINE)


@dataclass(frozen=True)
class Marks:
    """What a text was found to say.

    Attributes:
        made: Keys of the points that it makes.
        mistakes: Keys of the mistakes that it makes.
        score: Share of the points made, less a mistake each; never below 0.
    """

    made: tuple[str, ...]
    mistakes: tuple[str, ...]
    score: float


def score(exercise: Written, made: set[str], mistakes: set[str]) -> Marks:
    """The marks for known points and mistakes."""
    share = (len(made) - len(mistakes)) / len(exercise.points)
    return Marks(
        tuple(k for k in exercise.points if k in made),
        tuple(k for k in exercise.mistakes if k in mistakes),
        round(max(0.0, share), 3),
    )


def by_words(exercise: Written, text: str) -> Marks:
    """Marks from the patterns alone; each must match within one sentence."""
    sentences = [" ".join(s.split()) for s in _SENTENCE.split(_unwrapped(text)) if s.strip()]

    def says(patterns: tuple[str, ...]) -> bool:
        return any(re.search(p, s, re.IGNORECASE) for p in patterns for s in sentences)

    made = {key for key, point in exercise.points.items() if says(point.any)}
    mistakes = {key for key, point in exercise.mistakes.items() if says(point.any)}
    return score(exercise, made, mistakes)


def _unwrapped(text: str) -> str:
    """Join the lines of a paragraph, so that a sentence is not cut where a line ends."""
    return re.sub(r"(?<=\S)\n(?=\S)(?![-*\d])", " ", text)


def sheet(exercise: Written, marks: Marks) -> str:
    """The self-grading sheet: every point and mistake with a box, ticked where words were found."""
    lines = []
    for key, point in exercise.points.items():
        lines.append(f"- [{'x' if key in marks.made else ' '}] `{key}` {point.text}")
    for key, point in exercise.mistakes.items():
        box = "x" if key in marks.mistakes else " "
        lines.append(f"- [{box}] (mistake) `{key}` {point.text}")
    return "\n".join(lines)


def read_sheet(exercise: Written, text: str) -> Marks:
    """Marks from a sheet that the learner has corrected."""
    ticked = {key for box, key in _BOX.findall(text) if box != " "}
    return score(exercise, ticked & set(exercise.points), ticked & set(exercise.mistakes))
