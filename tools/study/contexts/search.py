"""BM25 over passages of a context: which lines speak of a question."""

import math
import re
from collections import Counter
from dataclasses import dataclass

from ..quotes.find import Source

_SIZE = 8  # lines a passage
_K1, _B = 1.2, 0.75


@dataclass(frozen=True)
class Hit:
    """A passage with its score."""

    source: str
    first: int
    last: int
    score: float
    text: str


def search(query: str, sources: list[Source], limit: int = 5) -> list[Hit]:
    """The passages that fit best; every word counts, rare ones more.

    Source:
        Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
    """
    wanted = set(_words(query))
    passages = [
        (source.name, at + 1, source.document.lines[at : at + _SIZE])
        for source in sources
        for at in range(0, len(source.document.lines), _SIZE)
    ]
    counts = [Counter(_words(" ".join(lines))) for _, _, lines in passages]
    sizes = [sum(c.values()) for c in counts]
    mean = sum(sizes) / len(sizes) if any(sizes) else 1.0
    frequency = Counter(word for c in counts for word in wanted.intersection(c))
    hits = []
    for (name, first, lines), count, size in zip(passages, counts, sizes, strict=True):
        score = 0.0
        for word in wanted.intersection(count):
            rarity = math.log(1 + (len(counts) - frequency[word] + 0.5) / (frequency[word] + 0.5))
            score += (
                rarity * count[word] * (_K1 + 1) / (count[word] + _K1 * (1 - _B + _B * size / mean))
            )
        if score:
            hits.append(Hit(name, first, first + len(lines) - 1, score, "\n".join(lines)))
    return sorted(hits, key=lambda h: -h.score)[:limit]


def _words(text: str) -> list[str]:
    return [w.removesuffix("s") for w in re.findall(r"\w{2,}", text.lower())]
