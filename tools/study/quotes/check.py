"""Check every quotation of a reply, and strike out those that stand in no source."""

import itertools
import re
from dataclasses import dataclass
from typing import Literal

from .extract import Quotation, citations, quotations, unclosed
from .find import Found, Source
from .nearest import Near, nearest

Status = Literal["verified", "elided", "unverified"]
_GAP = re.compile(r"\s*(?:\[\s*(?:…|\.\s?\.\s?\.)\s*\]|…|\.\s?\.\s?\.)\s*")


@dataclass(frozen=True)
class Checked:
    """A quotation with its verdict.

    Attributes:
        quotation: As found in the reply.
        status: `verified` (exact), `elided` (its parts are exact, `omitted` stands between them),
            `unverified`.
        found: Where it stands.
        omitted: What the dots left out, for the reader to judge.
        near: The nearest passage of an unverified one.
        note: Such as a citation that names other lines.
    """

    quotation: Quotation
    status: Status
    found: Found | None = None
    omitted: str = ""
    near: Near | None = None
    note: str = ""


@dataclass(frozen=True)
class Report:
    """All verdicts on a reply.

    Attributes:
        text: The reply with unverified quotations struck out and the nearest passages beside them.
        checked: In the order of the reply.
        notes: Citations of lines that do not exist, quotation marks never closed.
    """

    text: str
    checked: tuple[Checked, ...]
    notes: tuple[str, ...]

    @property
    def unverified(self) -> int:
        """How many quotations stand in no source."""
        return sum(c.status == "unverified" for c in self.checked)

    @property
    def summary(self) -> str:
        """One line of counts."""
        verified = sum(c.status == "verified" for c in self.checked)
        elided = sum(c.status == "elided" for c in self.checked)
        left = f", {elided} with words left out" if elided else ""
        counts = f"{verified} verified{left}, {self.unverified} not found"
        return f"{len(self.checked)} quotations: {counts}"


def check_quote(quotation: Quotation, sources: list[Source]) -> Checked:
    """The verdict on one quotation. The source that its citation names is tried first."""
    cited = quotation.cited
    ordered = sorted(sources, key=lambda s: cited is None or s.name != cited.name)
    for source in ordered:
        found = source.find(quotation.text)
        if found:
            note = ""
            if cited and (
                cited.name != found.source or cited.last < found.first or cited.first > found.last
            ):
                # The same words may stand in the cited lines as well as earlier.
                found = _within(source, quotation, found)
                if not (cited.name == found.source and cited.first <= found.first <= cited.last):
                    note = f"stands at {found.citation}, not where the reply says"
            return Checked(quotation, "verified", found, note=note)
    parts = [p for p in _GAP.split(quotation.text) if p.strip()]
    if len(parts) > 1:
        for source in ordered:
            elided = _elided(quotation, parts, source)
            if elided:
                return elided
    return Checked(quotation, "unverified", near=nearest(quotation.text, sources))


def check_reply(reply: str, sources: list[Source]) -> Report:
    """Check a reply of any chat against the sources that it was given."""
    checked = tuple(check_quote(q, sources) for q in quotations(reply))
    text, at = [], 0
    for item in checked:
        if item.quotation.start < at:
            continue
        text.append(reply[at : item.quotation.start])
        text.append(_shown(item, reply[item.quotation.start : item.quotation.end]))
        at = item.quotation.end
    text.append(reply[at:])
    return Report("".join(text), checked, _notes(reply, sources))


def _within(source: Source, quotation: Quotation, found: Found) -> Found:
    cited = quotation.cited
    if cited is None or cited.name != source.name or cited.last > len(source.document.lines):
        return found
    from dataclasses import replace

    kept = source.document.lines[cited.first - 1 : cited.last]
    part = Source(source.name, replace(source.document, lines=kept, furniture=frozenset()))
    inside = part.find(quotation.text)
    if inside is None:
        return found
    shift = cited.first - 1
    return Found(source.name, inside.first + shift, inside.last + shift, inside.mode)


def _elided(quotation: Quotation, parts: list[str], source: Source) -> Checked | None:
    places = [source.find(p) for p in parts]
    good = [p for p in places if p is not None]
    if len(good) < len(parts) or any(
        b.first < a.first or b.first - a.last > 12 for a, b in itertools.pairwise(good)
    ):
        return None
    found = Found(source.name, good[0].first, good[-1].last, good[0].mode)
    between = " ".join(source.document.lines[found.first - 1 : found.last])
    return Checked(quotation, "elided", found, omitted=" ".join(between.split())[:400])


def _shown(item: Checked, raw: str) -> str:
    if item.status == "unverified":
        body = raw.rstrip("\n")
        struck = "\n".join(f"~~{line}~~" if line.strip() else line for line in body.split("\n"))
        near = item.near
        hint = f'nearest, {near.source}:L{near.line}: "{near.text}"' if near else "nothing like it"
        return f"{struck} [not in the source; {hint}]" + raw[len(body) :]
    if item.status == "elided":
        return f'{raw} [words left out; in full: "{item.omitted}"]'
    return f"{raw} [{item.note}]" if item.note else raw


def _notes(reply: str, sources: list[Source]) -> tuple[str, ...]:
    lengths = {s.name: len(s.document.lines) for s in sources}
    notes = []
    for cited in citations(reply):
        if cited.name not in lengths:
            notes.append(f"cites {cited.name!r}, which is none of: {', '.join(lengths)}")
        elif not 1 <= cited.first <= cited.last <= lengths[cited.name]:
            notes.append(
                f"cites {cited.name}:L{cited.first}-L{cited.last}; "
                f"it has {lengths[cited.name]} lines"
            )
    broken = unclosed(reply)
    if broken:
        notes.append(f"{broken} quotation mark(s) never closed: what follows them is not checked")
    return tuple(dict.fromkeys(notes))
