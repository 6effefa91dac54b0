"""Whether an exercise is one that the bank already has, in other words or names."""

import ast
import re

from .types import Coding, Exercise

TOO_ALIKE = 0.5


def likeness(a: Exercise, b: Exercise) -> float:
    """Share of common parts, from 0 to 1: of word triples, or of a solution's tree."""
    values = [_overlap(_words(a.statement), _words(b.statement))]
    if isinstance(a, Coding) and isinstance(b, Coding):
        values.append(_overlap(_shape(a.solution), _shape(b.solution)) ** 2)
    return max(values)


def nearest(exercise: Exercise, bank: dict[str, Exercise]) -> tuple[str, float]:
    """The most alike exercise and how alike it is; ("", 0) in an empty bank."""
    found = [(other.id, likeness(exercise, other)) for other in bank.values()]
    return max(found, key=lambda pair: pair[1], default=("", 0.0))


def _overlap(a: set[tuple[str, ...]], b: set[tuple[str, ...]]) -> float:
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def _words(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def _shape(source: str) -> set[tuple[str, ...]]:
    """Triples of neighbouring nodes, names of variables left out, called functions kept."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    nodes = []
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.Name | ast.Load | ast.Store | ast.arguments):
            continue
        name = node.attr if isinstance(node, ast.Attribute) else ""
        nodes.append(f"{type(node).__name__}{name}")
    return {tuple(nodes[i : i + 4]) for i in range(len(nodes) - 3)}
