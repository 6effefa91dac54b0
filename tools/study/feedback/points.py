"""The points of a criticism, read from a reply and checked against the context."""

import re
from typing import Literal

from pydantic import Field

from ...spec import Frozen
from ..quotes.check import Checked, check_reply

Kind = Literal["right", "wrong", "missing", "unsupported"]
_POINT = re.compile(r"[\s>*\-\d.)]*\**(right|wrong|missing|unsupported)\**\s*[:—–-]\s*\**\s*", re.I)


class Point(Frozen):
    """One point.

    Attributes:
        kind: What is said of the text.
        text: The point, unverified quotations struck out.
        quotes: Quotations of the context in it.
        verified: Of them, how many the context says.
    """

    kind: Kind
    text: str
    quotes: int = Field(ge=0)
    verified: int = Field(ge=0)


class Feedback(Frozen):
    """A criticism, point by point.

    Attributes:
        points: In the reply's order.
        checked: The whole reply after the check of its quotations.
    """

    points: list[Point]
    checked: Checked

    def rests_on(self, kind: Kind) -> list[Point]:
        """Points of a kind that rest on at least one verified quotation."""
        return [p for p in self.points if p.kind == kind and p.verified]


def read_feedback(reply: str, text: str, contexts: dict[str, str]) -> Feedback:
    """Read a reply's points.

    Args:
        reply: Lines that begin with right, wrong, missing or unsupported and a colon.
        text: What was criticised; quoting it is allowed and verifies nothing about the context.
        contexts: What it is about.
    """
    checked = check_reply(reply, {**contexts, "the text": text})
    starts = [(m.start(), m) for m in _points(reply)]
    found = []
    for number, (start, match) in enumerate(starts):
        stop = starts[number + 1][0] if number + 1 < len(starts) else len(reply)
        inside = [q for q in checked.quotations if start <= q.start < stop]
        of_context = [q for q in inside if not (q.verified and q.context == "the text")]
        found.append(
            Point(
                kind=match.group(1).lower(),
                text=check_reply(
                    reply[match.end() : stop].strip(), {**contexts, "the text": text}
                ).text,
                quotes=len(of_context),
                verified=sum(q.verified for q in of_context),
            )
        )
    return Feedback(points=found, checked=checked)


def _points(reply: str) -> list[re.Match[str]]:
    offset, found = 0, []
    for line in reply.splitlines(keepends=True):
        match = _POINT.match(line)
        if match:
            found.append(_POINT.match(reply, offset))
        offset += len(line)
    return [m for m in found if m is not None]
