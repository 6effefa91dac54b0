"""Readings of a text that differ in typography alone, each with the way back to the lines.

A quotation counts as verified if it stands in one of these readings of the source, character by
character. No reading drops a word, a digit, a sign or a decimal point: whatever is equal in a
reading says the same.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

# What readers and typesetters exchange without changing what is said.
_SAME = {
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
    "…": "...",
    "\u00d7": "x",
    "\u2044": "/",
}
_LATEX_WORDS = r"emph|textbf|textit|textsc|texttt|textrm|textsf|underline|mathrm|mathbf|mathit|text"
_LATEX = re.compile(
    rf"\\(?:{_LATEX_WORDS})\s*(?=\{{)"  # \emph{x}: the command goes, the braces by the rule below
    r"|\\(?:cite|citep|citet|citealp|footnotemark|label|ref|autoref|cref|Cref|eqref)\*?"
    r"(?:\[[^\]]*\])*\{[^}]*\}"
    r"|\\[,;:!]|\\(?:quad|qquad|left|right|noindent|xspace)(?![A-Za-z])"
    r"|[{}$]"
)
_LATEX_SAME = (
    (re.compile(r"\\([%&#_])"), r"\1"),
    (re.compile(r"``|''"), '"'),
    (re.compile(r"---?"), "-"),
    (re.compile(r"~|\\ "), " "),
)
_MARKS = re.compile(r"\[\d+(?:\s*[,–-]\s*\d+)*\]|(?<=[a-z.,])\^\d+")
_MARKDOWN = re.compile(r"(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)|(?<!`)`(?!`)|^>\s?", re.M)


@dataclass(frozen=True)
class Reading:
    """A reading of a source.

    Attributes:
        text: What is compared.
        origin: For each character of `text` its offset in the source.
    """

    text: str
    origin: tuple[int, ...]

    def find(self, wanted: str) -> tuple[int, int] | None:
        """Where the source says `wanted`, as offsets (first, last), whole words only."""
        for start in _occurrences(self.text, wanted):
            stop = start + len(wanted)
            if not (_inside_word(self.text, start) or _inside_word(self.text, stop)):
                return self.origin[start], self.origin[stop - 1]
        return None


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    start = text.find(wanted)
    while start >= 0:
        yield start
        start = text.find(wanted, start + 1)


def _inside_word(text: str, place: int) -> bool:
    """Whether a cut here would split a word or a number: '3' is no quotation of '13' or '3.5'."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if (before.isalnum() and after.isalnum()) or (before.isdigit() and after in "%‰"):
        return True
    if before in "-+" and after.isdigit() and not text[max(0, place - 2) : place - 1].isalnum():
        return True  # the sign belongs to the number
    number = text[max(0, place - 2) : place + 2]
    return bool(re.fullmatch(r"\d[.,]\d.?|.?\d[.,]\d", number))


Step = Callable[[str, list[int]], tuple[str, list[int]]]


def _replace(pattern: re.Pattern[str], by: str) -> Step:
    """A step that replaces matches; what is put in comes from where the match began."""

    def step(text: str, origin: list[int]) -> tuple[str, list[int]]:
        parts: list[str] = []
        places: list[int] = []
        last = 0
        for match in pattern.finditer(text):
            new = match.expand(by)
            parts += [text[last : match.start()], new]
            places += [*origin[last : match.start()], *([origin[match.start()]] * len(new))]
            last = match.end()
        return "".join([*parts, text[last:]]), places + origin[last:]

    return step


def _characters(text: str, origin: list[int]) -> tuple[str, list[int]]:
    """Quotes, dashes, ligatures and invisible characters; one character at a time."""
    parts: list[str] = []
    places: list[int] = []
    for character, place in zip(text, origin, strict=True):
        new = _SAME.get(character)
        if new is None:
            # Compatibility forms are taken apart for ligatures only: NFKC would make 2 of ².
            new = _ligature(character)
        parts.append(new)
        places += [place] * len(new)
    return "".join(parts), places


@cache
def _ligature(character: str) -> str:
    if "LIGATURE" in unicodedata.name(character, ""):
        return unicodedata.normalize("NFKC", character)
    return " " if character.isspace() else character


def _compose(text: str, origin: list[int]) -> tuple[str, list[int]]:
    """An accent after its letter becomes one character."""
    parts: list[str] = []
    places: list[int] = []
    for character, place in zip(text, origin, strict=True):
        if parts and unicodedata.combining(character):
            joined = unicodedata.normalize("NFC", parts[-1] + character)
            if len(joined) == 1:
                parts[-1] = joined
                continue
        parts.append(character)
        places.append(place)
    return "".join(parts), places


_SPACE = _replace(re.compile(r"\s+"), " ")
# A hyphen at a line's end is the typesetter's or the writer's: without hyphens between letters, on
# both sides, it does not matter whose.
_JOIN = _replace(re.compile(r"(?<=[^\W\d_])[-‐]\s*(?=[^\W\d_])"), "")
_TEX = [_replace(pattern, by) for pattern, by in _LATEX_SAME]

_READINGS: tuple[tuple[Step, ...], ...] = (
    (_compose, _characters, _SPACE),
    (_compose, _JOIN, _characters, _SPACE),
    (_compose, _JOIN, _replace(_MARKS, ""), _characters, _SPACE),
    (_compose, _replace(_MARKDOWN, ""), _characters, _SPACE),
    (_compose, _JOIN, _replace(_LATEX, ""), *_TEX, _characters, _SPACE),
)


def readings(source: str) -> Iterator[Reading]:
    """All readings of a text, the plainest first."""
    for steps in _READINGS:
        text, origin = source, list(range(len(source)))
        for step in steps:
            text, origin = step(text, origin)
        yield Reading(text, tuple(origin))


def forms(quotation: str) -> list[str]:
    """A quotation in every reading, with its first letter in both cases, without end marks.

    A sentence that is quoted in the middle of another changes its first letter and its last mark.
    """
    found: dict[str, None] = {}
    for reading in readings(quotation):
        text = reading.text.strip().strip('"').strip()
        for form in (text, text.rstrip(".,;:")):
            if form:
                found[form] = None
                found[form[0].swapcase() + form[1:]] = None
    return list(found)


class Source:
    """A text that quotations are looked up in.

    Attributes:
        text: As it stands.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._readings = list(dict.fromkeys(readings(text)))
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def find(self, quotation: str) -> tuple[int, int] | None:
        """First and last line (from 1) on which a quotation stands; None if it stands nowhere."""
        for wanted in forms(quotation):
            for reading in self._readings:
                at = reading.find(wanted)
                if at is not None:
                    return self.line(at[0]), self.line(at[1])
        return None

    def line(self, offset: int) -> int:
        """The line (from 1) of an offset."""
        return bisect_right(self._starts, offset)
