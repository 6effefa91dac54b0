"""Stated differences that the numbers beside them do not give."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from ..document.model import Document
from ..rule import Hit, at, rule
from .everywhere import Everywhere, everywhere
from .grid import Grid
from .results import Result, between, near, printed_nowhere, results
from .values import Number

_TO = re.compile(
    r"(?:[^\d.;:]{0,40}\b(?:to|into)\b[^\d.;:]{0,20}|[^\d.;]{0,70}\b(?:against|vs\.?|versus|compared (?:with|to)|and|than|but|"
    r"whereas|while)\b[^\d.;]{0,60}|\s?(?:→|->|⟶)\s?|\s?[/]\s?)"
)
_SO = re.compile(
    r"\b(?:so|thus|hence|therefore|leaving|making|that is|which is|i\.e\.)\b|[:,(—–]\s*\w*\s*\w*\s*$|;\s(?:the|a) \w+ (?:is|of)\s*$"
)
_ELSE = re.compile(
    r"\b(?:pilot|another|previous|prior|would|relative|instead|per|each|every|respectively|target|limit|below chance)\b"
    r"|et al|\[\d+\]"
)


@rule(
    "stated-gap",
    "numbers",
    "a stated difference that no two numbers beside it give",
    severity="major",
    rationale="'From 1.42 to 4.90, an increase of 3.86' contradicts itself.",
    source="seed, 'Get the stats right'",
    fix="Subtract again; if the difference is between other figures, name them.",
    fires=(
        "The pull goes from 1.42 to 4.90 newtons, an increase of 3.86, when the strap is wet.",
        "The old strap holds 2.914 kg and the new one 11.214, so the difference is 9.296.",
        "Wet boards break at 67.0% and dry ones at 45.5% of the load. The gap of 26.4 points is plain.",
        "Forty-seven of the sixty letters had a stamp. In spring it was 33 of 60: 16 fewer.",
        "The red team gets 590 of 1,120 right and the blue one 930, so blue has 241 more.",
        "In all, 158 of the 200 came, 79.0 %. That is a gain of 38.8 points over 48.0 %.",
        "Dry straps took 1.42 N and wet straps 4.90. In the third run, from the same 1.42, it rose to 4.76 N.\n\nLoad rose to 4.76, an increase of 3.87.",
        "Of the 12,288 beans 737 are dead (6.0%), leaving 14,785.",
        "Rent moved from 2.31 to 0.84, i.e. by 1.74.",
        "Mean loss is 3.12 with the strap and 3.45 without, which amounts to a gap of 0.41.",
        "Rent went up by 0.175, from 2.914 to 3.892.",
        "Table 1: Rent.\n\n| Town | May | June |\n|---|---|---|\n| a | 44.3 | 16.4 |\n| b | 50.1 | 19.4 |\n\n"
        "In May it is 44.3% of income and in June 19.4%. The gap is 27.9 points.",
        "Oak warps at step 1225 on average and ash at step 1950; the gap is 631 steps.",
        "Wet oak holds 79.0% and dry oak 47.0%. The gap between wet and dry boards of the old oak, 24.3 points, "
        "is large.",
    ),
    quiet=(
        "The pull goes from 1.42 to 4.90 newtons, an increase of 3.48, when the strap is wet.",
        "The old strap holds 2.914 kg and the new one 11.214, so the difference is 8.300.",
        "Wet boards break at 67.0% and dry ones at 45.5% of the load. The gap of 21.5 points is plain.",
        "Forty-seven of the sixty letters had a stamp. In spring it was 33 of 60: 14 fewer.",
        "In all, 158 of the 200 came, 79.0 %. That is a gain of 31.0 points over 48.0 %.",
        "Load rose to 4.76, an increase of 3.34. It had been 1.42 before.",
        "It costs 1.42 in May and 4.90 in June. Per mile, the difference is 0.31.",
        "The oak holds 71.0% and pine 64.2%. Against last year oak has a gain of 3.1 points.",
        "Table 1: Rent.\n\n| Town | May | June |\n|---|---|---|\n| a | 44.3 | 16.4 |\n| b | 50.1 | 19.4 |\n\n"
        "In May it is 44.3% of income and in June 19.4%. The gain in savings is 27.9 points.",
        "Sales rose from 120 to 180; 25 more shops opened.",
        "Oak warps at step 1225 on average and ash at step 1950; the gap is 725 steps.",
        "Wet oak holds 79.0% and dry oak 47.0%. The gap between wet and dry boards of the old oak, 32.0 points, "
        "is large.",
    ),
)
def stated_gap(document: Document) -> Iterator[Hit]:
    """Only where the words leave one pair, and nothing in reach explains the difference."""
    known = everywhere(document)
    grids: list[Grid] | None = None
    for result in results(document):
        if result.explained or _ELSE.search(result.text):
            continue
        pair = _counted(result) or _pair(result, known) or _from_elsewhere(result, known)
        if pair is None:
            continue
        if grids is None:
            grids = [Grid(table) for table in document.tables]
        if not _tight(result, pair) and _of_table(result, grids):
            continue
        a, b = pair
        gap = abs(a.value - b.value)
        yield at(
            result.sentence,
            f"{a.text} and {b.text} are {gap:,.{max(result.number.decimals, 0)}f} apart, not "
            f"{result.number.text}.",
            result.number.start,
        )


def _pair(result: Result, known: Everywhere) -> tuple[Number, Number] | None:
    """The two numbers that a difference is said to be between."""
    own, n = result.ends, result.number
    ahead = [m for m in own if m.end <= n.start]
    behind = [m for m in own if m.start >= n.end]
    for some in (ahead[-2:], behind[:2]):
        if len(some) == 2 and _joined(result, some[0], some[1]):
            if near(some[0], some[1], n, 9 if _tight(result, (some[0], some[1])) else 1.5):
                return some[0], some[1]
            return None
    if not printed_nowhere(known, result):
        return None
    if n.decimals <= 0 and n.unit == "plain" and not _SO.search(result.text[: n.start][-40:]):
        return None
    found = [pair for pair in combinations((*result.before, *own), 2) if near(*pair, n, 1.45)]
    if n.decimals <= 0 and n.unit == "plain":
        return found[0] if found and len(result.before) + len(own) <= 5 else None
    wide = len({m.value for m in (*result.before, *own)})
    return found[0] if found and wide <= 4 else None


_OF = re.compile(
    r"(?<![\w.,])(\d[\d,]*) (?:out )?of +(?:(?:the|all|these) +)*(\d[\d,]*)(?![\w%]|[.,]\d)"
)


def _counted(result: Result) -> tuple[Number, Number] | None:
    """Two counts of equal wholes: `47 of 60 … 33 of the 60: 14 fewer`."""
    if result.number.decimals > 0 or result.number.unit != "plain":
        return None
    parts: dict[tuple[str, float], Number] = {}
    for some, text in ((result.before, result.text_before), (result.ends, result.text)):
        wholes = {m.start(): m[2] for m in _OF.finditer(text)}
        parts |= {(wholes[n.start], n.value): n for n in some if n.start in wholes}
    if len(parts) != 2 or len({whole for whole, _ in parts}) != 1:
        return None
    one, other = parts.values()
    return (one, other) if near(one, other, result.number, 1.6) else None


_ENDED = re.compile(r"\b(?:to|at) [^\s]+(?: [a-z]+)?,? (?:an?|which is an?) [a-z]+ of $")


def _from_elsewhere(result: Result, known: Everywhere) -> tuple[Number, Number] | None:
    """`Loss rose to 4.76, an increase of 3.34`: the draft must have where it began."""
    n = result.number
    if len(result.ends) != 1 or n.decimals < 1 or not _ENDED.search(result.text[: n.start]):
        return None
    end = result.ends[0]
    if any(known.has(replace(n, value=abs(end.value + s * n.value))) for s in (1, -1)):
        return None
    starts = [m for m in known.twice(n.decimals) if near(end, m, n, 1.45)]
    return (end, starts[0]) if starts else None


def _joined(result: Result, a: Number, b: Number) -> bool:
    """Whether two numbers and the difference stand in one clause: `from a to b, a rise of c`."""
    if not _TO.fullmatch(between(result.text, a, b)):
        return False
    close = min(
        (a, b),
        key=lambda m: min(abs(m.start - result.number.end), abs(result.number.start - m.end)),
    )
    gap = between(result.text, close, result.number)
    return len(gap) <= 60 and not re.search(r"\d|;|\bthan\b", gap)


_THE_GAP = re.compile(
    r"(?:The|That|This)(?: is an?)?(?: \w+)? (?:gap|difference|drop|gain|fall|rise|increase|decrease|loss)"
    r"(?: is| was| of| amounts to)\b"
)


def _tight(result: Result, pair: tuple[Number, Number]) -> bool:
    if not result.ends and len(result.before) == 2 and _THE_GAP.match(result.text):
        return True
    words = between(result.text, *pair) if all(p in result.ends for p in pair) else ""
    return re.search(r"\bto\b|→|->", words) is not None and _joined(result, *pair)


def _of_table(result: Result, grids: list[Grid]) -> bool:
    """Whether two cells of a row or column differ by as much."""
    value = abs(result.number.value)
    return any(
        value in grid.values or any(step.gives(result.number) for step in grid.steps)
        for grid in grids
    )


RULES = (stated_gap,)
