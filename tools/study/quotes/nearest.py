"""The passage most like a quotation that is not there: shown to help, never taken as proof."""

import re
from collections import Counter
from dataclasses import dataclass

from rapidfuzz import fuzz

from .find import Source

_WINDOW = 4
_SHORTLIST = 8


@dataclass(frozen=True)
class Near:
    """A passage and how like the quotation it is (0 to 100)."""

    source: str
    line: int
    text: str
    likeness: float


def nearest(quote: str, sources: list[Source], least: float = 55.0) -> Near | None:
    """The most similar passage, or None when nothing is like it."""
    words = set(_words(quote))
    best: Near | None = None
    for source in sources:
        lines = source.document.lines
        counted: Counter[int] = Counter()
        for number, line in enumerate(lines):
            hits = len(words.intersection(_words(line)))
            for start in range(max(0, number - _WINDOW + 1), number + 1) if hits else ():
                counted[start] += hits
        for start, _ in counted.most_common(_SHORTLIST):
            window = " ".join(line.strip() for line in lines[start : start + _WINDOW])
            match = fuzz.partial_ratio_alignment(quote, window)
            if match and match.score >= least and (best is None or match.score > best.likeness):
                left = window.rfind(" ", 0, match.dest_start) + 1
                right = window.find(" ", match.dest_end)
                passage = window[left : right if right >= 0 else None].strip()
                if not passage:
                    continue
                skipped, line_number = 0, start + 1
                for offset, line in enumerate(lines[start : start + _WINDOW]):
                    skipped += len(line.strip()) + 1
                    if left < skipped:
                        line_number = start + 1 + offset
                        break
                best = Near(source.name, line_number, passage[:400], match.score)
    return best


def _words(text: str) -> list[str]:
    return re.findall(r"\w{3,}", text.lower())
