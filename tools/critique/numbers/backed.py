"""Whether the other numbers around one give it: it is then right by its own sentence."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, permutations

from .values import Number


def backed(number: Number, others: Sequence[Number]) -> bool:
    """Whether a number is the difference, sum, mean or percentage of others in reach.

    Args:
        number: The number.
        others: Results near it, without itself: no ends of intervals, no statistics.
    """
    others = [n for n in others if n.start != number.start and n.value][:14]
    return (
        any(_added(number, a, b) for a, b in combinations(others, 2))
        or any(_divided(number, a, b) for a, b in permutations(others, 2))
        or _listed(number, others)
    )


def began(number: Number, changes: Sequence[Number]) -> list[Number]:
    """Where a number must have begun: `Loss rose to 4.76, an increase of 3.34` began at 1.42."""
    return [
        replace(number, value=abs(abs(number.value) - abs(other.value)))
        for other in changes
        if max(other.decimals, 0) == number.decimals >= 1
    ]


def wholes(number: Number, others: Sequence[Number]) -> list[Number]:
    """What a number and one beside it may be a share of: `463 cases (92.6%)` are of 500."""
    found = []
    for other in others:
        for share, part in ((number, other), (other, number)):
            counted = share.unit == "percent" and part.unit == "plain" and part.decimals <= 0
            if counted and part.value >= 10 and share.value > 0:
                whole = round(100 * part.value / share.value)
                if whole > part.value and _percent(share, part, replace(part, value=float(whole))):
                    found.append(replace(part, value=float(whole)))
    return found


def _added(number: Number, a: Number, b: Number) -> bool:
    """A difference, sum or mean of two numbers printed as finely."""
    if not max(a.decimals, 0) == max(b.decimals, 0) == max(number.decimals, 0):
        return False
    if len({n.unit == "percent" for n in (a, b, number) if n.unit != "points"}) > 1:
        return False
    slack = 3 * number.half * (1 + 1e-6) if number.decimals > 0 else 1e-9
    value = abs(number.value)
    return any(
        abs(value - way) <= slack
        for way in (abs(a.value - b.value), abs(a.value + b.value), abs(a.value + b.value) / 2)
    )


def _divided(number: Number, a: Number, b: Number) -> bool:
    """`45 of 60, or 75%`, whichever of the three the number is."""
    if number.unit == "percent":
        return _percent(number, a, b)
    if a.unit == "percent" and b.unit != "percent":
        return _percent(a, number, b) or _percent(a, b, number)
    return _times(number, a, b) or _times(a, number, b) or _times(a, b, number)


def _times(whole: Number, part: Number, factor: Number) -> bool:
    """`12 288 latents, 16 times the width of 768`; only exactly, and not by chance."""
    return (
        whole.decimals <= 0
        and min(whole.value, part.value) > 10
        and factor.value > 1
        and whole.value == part.value * factor.value
    )


def _percent(share: Number, part: Number, whole: Number) -> bool:
    if "percent" in (part.unit, whole.unit) or max(part.decimals, 0) != max(whole.decimals, 0):
        return False
    if part.decimals <= 0 and part.value > whole.value:
        return False
    return bool(whole.value) and abs(100 * part.value / whole.value - share.value) < 2 * share.half


def _listed(number: Number, others: Sequence[Number]) -> bool:
    """A count in a list that adds up: the sum itself, or a part of it."""
    counts = [n.value for n in (*others, number) if n.decimals <= 0 and n.unit == "plain"]
    whole = max(counts, default=0.0)
    if number.decimals > 0 or len(counts) < 4:
        return False
    rest = sorted(counts)[:-1]
    return any(sum(rest[i:]) == whole for i in range(len(rest) - 1))
