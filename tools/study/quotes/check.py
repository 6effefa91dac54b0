"""Check the quotations and citations of a reply against the texts that it had."""

import re
from collections.abc import Mapping, Sequence

from pydantic import Field
from rapidfuzz import fuzz

from ...spec import Frozen
from .projections import Source

# Shorter ones are words in quotation marks, not quotations.
LEAST_WORDS = 4
MOST_NEAREST = 300
# Parts around an ellipsis stand close together, or they are quotations of their own.
MOST_ELIDED_LINES = 30
_QUOTED = re.compile(
    r"“([^”]{1,2000})”|\"([^\"\n]{1,2000})\"|„([^“”]{1,2000})[“”]|«([^»]{1,2000})»"
)
_BLOCK = re.compile(r"(?:^[ \t]*>[^\n]*(?:\n|$))+", re.M)
_CITED = re.compile(r"\[([\w.\-]+):L(\d+)(?:\s*[-–]\s*L?(\d+))?\]")
_ELISION = re.compile(r"\s*(?:\[\s*(?:\.\.\.|…)\s*\]|\.\.\.|…)\s*")


class Quotation(Frozen):
    """A quotation of a reply.

    Attributes:
        text: As the reply has it.
        start: Offset in the reply, with its marks.
        stop: Offset behind it.
        verified: Whether some text says it, character by character but for typography.
        context: Where it was found, or where the nearest passage stands.
        lines: First and last line of that.
        nearest: The nearest passage, where nothing says it; never a ground to accept it.
        elided: Whether parts were left out with an ellipsis; each part was found, in order.
    """

    text: str
    start: int = Field(ge=0)
    stop: int = Field(ge=0)
    verified: bool
    context: str | None = None
    lines: tuple[int, int] | None = None
    nearest: str | None = None
    elided: bool = False


class Citation(Frozen):
    """A `[name:L12-L14]` of a reply.

    Attributes:
        text: As the reply has it.
        context: The name in it.
        lines: First and last line.
        exists: Whether there are such a context and such lines.
    """

    text: str
    context: str
    lines: tuple[int, int]
    exists: bool


class Checked(Frozen):
    """A reply after the check.

    Attributes:
        reply: As it came.
        quotations: In the reply's order.
        citations: The same.
        text: The reply with every unverified quotation struck out.
    """

    reply: str
    quotations: list[Quotation]
    citations: list[Citation]
    text: str

    @property
    def unverified(self) -> list[Quotation]:
        """Those that no text says."""
        return [q for q in self.quotations if not q.verified]


def check_reply(reply: str, contexts: Mapping[str, str]) -> Checked:
    """Check a reply.

    Args:
        reply: Any chat's reply.
        contexts: Texts by name.
    """
    sources = {name: Source(text) for name, text in contexts.items()}
    found = [
        _look_up(text, start, stop, sources)
        for text, start, stop in quoted(reply)
        if len(text.split()) >= LEAST_WORDS
    ]
    return Checked(
        reply=reply,
        quotations=found,
        citations=[_cited(match, contexts) for match in _CITED.finditer(reply)],
        text=_struck(reply, found),
    )


def quoted(reply: str) -> list[tuple[str, int, int]]:
    """Everything in quotation marks and every block quotation: text, start, stop."""
    blocks = [(m.start(), m.end()) for m in _BLOCK.finditer(reply)]
    found = [
        (re.sub(r"^[ \t]*>[ \t]?", "", reply[a:b], flags=re.M).strip(), a, b) for a, b in blocks
    ]
    for match in _QUOTED.finditer(reply):
        if not any(a <= match.start() < b for a, b in blocks):
            text = next(group for group in match.groups() if group is not None)
            found.append((text, match.start(), match.end()))
    return sorted((item for item in found if item[0]), key=lambda item: item[1])


def verify(quotation: str, sources: Mapping[str, Source]) -> tuple[str, tuple[int, int]] | None:
    """Which text says a quotation, and on which lines; None if none does.

    Parts around an ellipsis are looked up each, in order, in one text.
    """
    parts = [part for part in _ELISION.split(quotation) if part.strip()]
    for name, source in sources.items():
        at = source.find(quotation)
        if at is not None:
            return name, at
        if len(parts) > 1 and all(len(part.split()) >= LEAST_WORDS for part in parts):
            places = [source.find(part) for part in parts]
            lines = [place for place in places if place is not None]
            in_order = len(lines) == len(parts) and lines == sorted(lines)
            if in_order and lines[-1][1] - lines[0][0] <= MOST_ELIDED_LINES:
                return name, (lines[0][0], lines[-1][1])
    return None


def nearest(
    quotation: str, sources: Mapping[str, Source]
) -> tuple[str, tuple[int, int], str] | None:
    """The passage that is most like a quotation, for the reader to compare; never an acceptance."""
    best: tuple[float, str, tuple[int, int], str] | None = None
    for name, source in sources.items():
        found = fuzz.partial_ratio_alignment(quotation, source.text)
        if found is not None and found.score > (best[0] if best else 30.0):
            first, last = source.line(found.dest_start), source.line(max(found.dest_end - 1, 0))
            text = " ".join(source.text[found.dest_start : found.dest_end].split())
            best = found.score, name, (first, last), text[:MOST_NEAREST]
    return best[1:] if best else None


def _look_up(text: str, start: int, stop: int, sources: Mapping[str, Source]) -> Quotation:
    at = verify(text, sources)
    if at is not None:
        return Quotation(
            text=text, start=start, stop=stop, verified=True, context=at[0], lines=at[1],
            elided=_ELISION.search(text) is not None,
        )  # fmt: skip
    near = nearest(text, sources)
    return Quotation(
        text=text, start=start, stop=stop, verified=False,
        context=near[0] if near else None,
        lines=near[1] if near else None,
        nearest=near[2] if near else None,
    )  # fmt: skip


def _cited(match: re.Match[str], contexts: Mapping[str, str]) -> Citation:
    name, first = match.group(1), int(match.group(2))
    last = int(match.group(3) or first)
    count = contexts[name].count("\n") + 1 if name in contexts else 0
    return Citation(
        text=match.group(0), context=name, lines=(first, last), exists=1 <= first <= last <= count
    )


def _struck(reply: str, quotations: Sequence[Quotation]) -> str:
    parts, last = [], 0
    for q in quotations:
        if q.verified:
            continue
        where = f"; nearest: {q.context}:L{q.lines[0]}" if q.context and q.lines else ""
        body = reply[q.start : q.stop]
        end = "\n" if body.endswith("\n") else ""
        parts += [reply[last : q.start], f"~~{body.strip()}~~ [not in the text{where}]{end}"]
        last = q.stop
    return "".join([*parts, reply[last:]])
