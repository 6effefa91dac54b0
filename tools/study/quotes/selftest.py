"""Measure the check on one's own text: how many genuine and how many corrupted spans it takes."""

import random
import re
from dataclasses import dataclass

from .corrupt import KINDS, corruptions
from .find import Source

STYLES = (
    lambda s: s,
    lambda s: " ".join(s.split()),
    lambda s: s.replace("'", "’").replace('"', "”"),
    lambda s: s.replace("–", "-").replace("—", " - "),
    lambda s: s.replace("fi", "ﬁ").replace("fl", "ﬂ"),
    lambda s: re.sub(r"(?<=[a-z])-\s*\n\s*(?=[a-z])", "", s),
)


@dataclass(frozen=True)
class SelfTest:
    """Counts.

    Attributes:
        genuine: Spans drawn, each retypeset in one of several ways.
        accepted: Of these, those that the check accepts.
        corrupted: By kind: accepted (each an error) and tried.
    """

    genuine: int
    accepted: int
    corrupted: dict[str, tuple[int, int]]

    @property
    def wrongly_accepted(self) -> int:
        """Corrupted spans that the check accepts."""
        return sum(taken for taken, _ in self.corrupted.values())


def draw_spans(source: Source, draws: int, rng: random.Random) -> list[str]:
    """Spans of 8 to 30 words inside paragraphs, as they stand in the source."""
    text = source.document.text
    words = list(re.finditer(r"\S+", text))
    spans: list[str] = []
    while len(spans) < draws and len(words) > 40:
        size = rng.randint(8, 30)
        at = rng.randrange(len(words) - size)
        span = text[words[at].start() : words[at + size].end()]
        if re.search(r"\n\s*\n|===", span) or len(re.findall(r"[a-z]{3,}", span)) < 5:
            words = words[:at] + words[at + 1 :]
            continue
        spans.append(span)
    return spans


def self_test(source: Source, *, draws: int = 60, seed: int = 0) -> SelfTest:
    """Draw spans of 8 to 30 words, retypeset and corrupt them, count what is accepted."""
    rng = random.Random(seed)
    text = source.document.text
    spans = draw_spans(source, draws, rng)
    accepted, counts = 0, {kind: [0, 0] for kind in KINDS}
    for span in spans:
        accepted += source.find(rng.choice(STYLES)(span)) is not None
        for kind, changed in corruptions(" ".join(span.split()), text, rng):
            counts[kind][1] += 1
            counts[kind][0] += source.find(changed) is not None
    return SelfTest(len(spans), accepted, {k: (a, b) for k, (a, b) in counts.items()})
