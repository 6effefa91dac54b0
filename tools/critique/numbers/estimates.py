"""Which number an interval is about, told by how it is printed and where it stands."""

import re
from collections.abc import Iterator

from .roles import REPORTED, role
from .values import Number, numbers, printed

_N = r"[-−]?(?:\d+(?:\.\d+)?|\.\d+)"
_SEP = r"\s?%?\s*(?:,|;|–|—|-|to|and)\s*"
_INTERVAL = re.compile(
    rf"(?:\b(?:CI|intervals?|range)\b[:,]?\s*(?:of |from |is |was |=\s?|runs from |reaches from )?(?P<open>[(\[]?)|(?P<square>[\[(]))"
    rf"\s*(?P<a>{_N}){_SEP}(?P<b>{_N})(?P<pc>\s?%)?(?(square)\s*[\])])"
)
_LEVEL = re.compile(r"\b(?:9\d|80|68)(?:\.\d)?\s?%")
_OTHER_CLAUSE = re.compile(
    r"\b(?:and|but|while|whereas|where)\b|\bof the (?:change|difference|gap)\b"
)
_SPEAKS = re.compile(r"\bCIs?\b|interval|\d\d\s?%\s?\[", re.I)


def estranged(text: str) -> Iterator[tuple[Number, str, str]]:
    """Estimates, with the ends of the interval behind them, that lie outside of it.

    The estimate is the last result before an interval that is printed as finely as both ends; where
    any other such number of the sentence lies inside, nothing is certain.
    """
    spans = list(_INTERVAL.finditer(text))
    found = numbers(text)
    for index, span in enumerate(spans):
        if span["square"] == "(" and not _SPEAKS.search(text):
            continue
        low, high = printed(span["a"]), printed(span["b"])
        places = {len(end.partition(".")[2]) for end in (span["a"], span["b"])}
        if not low < high or len(places) != 1 or places == {0}:
            continue
        start = spans[index - 1].end() if index else 0
        alike = [
            n
            for n in found
            if {max(n.decimals, 0)} == places
            and not any(s.start("a") <= n.start < s.end("b") for s in spans)
            and role(text, n) in REPORTED
        ]
        last = [n for n in alike if start <= n.start and n.end <= span.start()][-1:]
        ulp = 2 * last[0].half if last else 0.0
        if not last or any(low - ulp <= n.value <= high + ulp for n in alike):
            continue
        between = text[last[0].end : span.start()]
        if len(between) > 110 or _OTHER_CLAUSE.search(between):
            continue
        if _near(last[0], low, high):
            yield last[0], span["a"], span["b"]


def _near(estimate: Number, low: float, high: float) -> bool:
    width = high - low
    return low - 2 * width <= estimate.value <= high + 2 * width
