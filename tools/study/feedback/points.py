"""The points of a critic's reply, each with the verdict on its quotation."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from ..contexts.document import Document
from ..quotes.check import Report, check_reply
from ..quotes.find import Source

Verdict = Literal["right", "wrong", "missing", "unsupported"]
LEARNER = "text"
_POINT = re.compile(
    rf"^[ \t]*(?:[-*\d.)]+[ \t]*)?\**\[?({'|'.join(get_args(Verdict))})\]?\**[ \t]*[:\-–—]?[ \t]*",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Point:
    """One point of criticism.

    Attributes:
        verdict: What it says of the learner's text.
        text: The point, unverified quotations struck out.
        backed: Whether a verified quotation from a document stands in it.
    """

    verdict: Verdict
    text: str
    backed: bool


@dataclass(frozen=True)
class Feedback:
    """A critic's reply after the check of its quotations."""

    report: Report
    points: tuple[Point, ...]

    @property
    def summary(self) -> str:
        """Counts by verdict, and how many points rest on a verified quotation."""
        counts = [f"{n} {v}" for v in get_args(Verdict) if (n := self._count(v))]
        backed = sum(p.backed for p in self.points)
        points = f"{', '.join(counts) or 'no points'}; {backed} of {len(self.points)} backed"
        return f"{points}; {self.report.summary}"

    def _count(self, verdict: str) -> int:
        return sum(p.verdict == verdict for p in self.points)


def read_feedback(reply: str, sources: list[Source], own: str = "") -> Feedback:
    """Check a critic's reply.

    Args:
        reply: The reply of any chat.
        sources: The documents that it had.
        own: The learner's text: it may be quoted too, but proves nothing.
    """
    mine = Source(LEARNER, Document("the text", "text", tuple(own.split("\n"))))
    everything = [*sources, mine] if own.strip() else sources
    report = check_reply(reply, everything)
    starts = list(_POINT.finditer(reply))
    points = []
    for match, following in zip(starts, [*starts[1:], None], strict=False):
        body = reply[match.start() : following.start() if following else len(reply)]
        part = check_reply(body, everything)
        backed = any(
            c.status == "verified" and c.found and c.found.source != LEARNER for c in part.checked
        )
        verdict: Verdict = match[1].lower()  # type: ignore[assignment]
        points.append(Point(verdict, part.text.strip(), backed))
    return Feedback(report, tuple(points))
