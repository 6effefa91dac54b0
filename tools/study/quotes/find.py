"""Find a quotation in a source: exactly, in one of the projections, at the borders of words."""

import re
from dataclasses import dataclass
from functools import cached_property

from ..contexts.document import Document
from .projections import MODES, Mode, Projected, project

# A shorter quotation proves nothing: its words stand somewhere in any paper.
MIN_WORDS = 3
_TAIL = re.compile(r"[\s.,;:!?…]+$")
_BRACKET_CAPITAL = re.compile(r"\[([A-Za-z])\](?=[a-z])")


@dataclass(frozen=True)
class Found:
    """Where a quotation stands.

    Attributes:
        source: Name of the source.
        first: Its first line, from 1.
        last: Its last line.
        mode: The projection in which the match is exact.
    """

    source: str
    first: int
    last: int
    mode: Mode

    @property
    def citation(self) -> str:
        """`[paper:L120-L131]`."""
        span = f"L{self.first}" if self.first == self.last else f"L{self.first}-L{self.last}"
        return f"[{self.source}:{span}]"


class Source:
    """A named document that quotations are looked up in; projections are made once.

    Attributes:
        name: What citations call it.
        document: The text.
    """

    def __init__(self, name: str, document: Document) -> None:
        self.name, self.document = name, document
        self._projected: dict[tuple[Mode, bool], Projected] = {}

    @cached_property
    def _unpaged(self) -> tuple[str, list[int], list[int]]:
        """The text without page furniture, with the way back to offsets."""
        document, pieces, starts, origins, at, offset = self.document, [], [], [], 0, 0
        for number, line in enumerate(document.lines, 1):
            if number not in document.furniture:
                pieces.append(line)
                starts.append(at)
                origins.append(offset)
                at += len(line) + 1
            offset += len(line) + 1
        return "\n".join(pieces), starts, origins

    def find(self, quote: str) -> Found | None:
        """Where the quotation stands exactly, or None."""
        cleaned = _TAIL.sub("", _BRACKET_CAPITAL.sub(r"\1", quote.strip()))
        if len(re.findall(r"\w+", cleaned)) < MIN_WORDS:
            return None
        for unpaged in (False, True) if self.document.furniture else (False,):
            for mode in MODES:
                # A quotation keeps its citations: a changed number in one must not vanish.
                needle = project(cleaned, "markup" if mode == "uncited" else mode).text.strip()
                found = self._search(needle, mode, unpaged)
                if found:
                    return Found(self.name, *found, mode)
        return None

    def _search(self, needle: str, mode: Mode, unpaged: bool) -> tuple[int, int] | None:
        key = (mode, unpaged)
        if key not in self._projected:
            text = self._unpaged[0] if unpaged else self.document.text
            self._projected[key] = project(text, mode)
        hay = self._projected[key]
        for candidate in _first_letter_variants(needle):
            at = hay.text.find(candidate)
            while at >= 0:
                end = at + len(candidate)
                if _whole(hay.text, at, end):
                    return self._line(hay.source(at), unpaged), self._line(
                        hay.source(end - 1), unpaged
                    )
                at = hay.text.find(candidate, at + 1)
        return None

    def _line(self, offset: int, unpaged: bool) -> int:
        if unpaged:
            from bisect import bisect_right

            _, starts, origins = self._unpaged
            at = max(0, bisect_right(starts, offset) - 1)
            offset = origins[at] + offset - starts[at]
        return self.document.line_at(offset)


def _first_letter_variants(needle: str) -> tuple[str, ...]:
    """As it stands, and with the other case of its first letter (`[T]he`)."""
    if not needle or not needle[0].isalpha():
        return (needle,) if needle else ()
    return (needle, needle[0].swapcase() + needle[1:])


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a match ends at the borders of words and numbers: no `able` out of `unable`."""
    first, last = text[start], text[end - 1]
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before and _word(first):
        if _word(before[-1]):
            return False
        if before[-1] in "-'" and (len(before) == 1 or _word(before[0]) or first.isdigit()):
            return False
        if first.isdigit() and before[-1] in ".,-−±∼<>≤≥$\\":
            return False
    if after and _word(last):
        if _word(after[0]):
            return False
        if after[0] in "-'" and len(after) == 2 and _word(after[1]):
            return False
        if last.isdigit() and (
            after[0] == "%" or after[0] == "\\" or (after[0] in ".,^" and after[1:].isdigit())
        ):
            return False
    return True


def _word(character: str) -> bool:
    return character.isalnum() or character == "_"
