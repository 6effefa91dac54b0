"""Counts with the percentage printed beside them: `45 of 60 prompts (75%)`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from .values import Number, numbers
from .words import digits

COUNT = r"(\d{1,3}(?:,\d{3})+|\d+)"
_WHOSE = r"(?:\s(?:the|all|our|these|those|its|their|my|a total of))*"
_SPLIT = rf"(?:\s?/\s?|\s(?:out\s)?of{_WHOSE}\s+|\samong{_WHOSE}\s+)"
_OF = rf"(?<![\w.,/]){COUNT}{_SPLIT}{COUNT}(?![\w/]|[.,]\d|\s?%)"
PERCENT = r"(?<![\w.,+–-])(\d{1,3}(?:\.\d+)?|\.\d+)\s?(?:%|percent\b|per cent\b)"
# What may stand between a count and its percentage: words, never another number.
_GAP = r"[^\d;:()\[\]]{0,90}?"
_SHORT = r"(?:(?!,\s(?:and|but|while|whereas|with)\b)[^\d;:()\[\]]){0,60}?"
_SAYS = (
    r"(?:i\.e\.,?\s|or\s|that is,?\s|which is\s|=\s?|"
    r"an? (?:[a-z-]+ )?(?:rate|share|precision|recall|proportion|fraction|yield) of\s)*"
)
_CLAUSE = r"(?:\(\s*|,\s|;\s(?=[\d.]+\s?%\s*[);])|\s?=\s?|:\s|\s?[—–]\s?|\sor\s)"
_COUNT_FIRST = re.compile(rf"{_OF}(?:{_GAP}\(\s*|{_SHORT}{_CLAUSE}){_SAYS}{PERCENT}")
_SHARE_FIRST = re.compile(
    rf"{_OF}(?:{_GAP}\(\s*|{_SHORT}{_CLAUSE}){_SAYS}(0?\.\d+|1\.0+)(?![\d%]|\s?[%,–-])"
)
_TOTAL_FIRST = re.compile(
    rf"\b(?:[Oo]f|[Aa]mong|[Oo]ut of|[Ff]rom){_WHOSE} {COUNT}{_GAP},? (?:we \w+ )?"
    rf"{COUNT}{_GAP}\((?:or |i\.e\.,? )?{PERCENT}"
)
_ON_FIRST = re.compile(
    rf"\b(?:[Oo]n|[Ii]n|[Oo]ver|[Aa]cross)(?: the| all| our| other| remaining| these)* {COUNT} [a-z-]+s\b"
    rf"(?:(?!,\s(?:and|but|while)\b)[^\d;:()\[\]]){{0,80}}? (?:in|on) {COUNT} (?:cases?|of them)?\s?\((?:or |i\.e\.,? )?{PERCENT}"
)
_WHICH = re.compile(
    rf"(?<![\w.,/]){COUNT}{_GAP},? (?:of|among) (?:which|whom|these|them),? {COUNT}{_GAP}"
    rf"(?:\(|, )(?:or |i\.e\.,? )?{PERCENT}"
)
# `5/15 to perfect (1.0)`; `agreement 92.0%, no confusions (23/24`: the two are not of one thing.
_ASTRAY = re.compile(r"\sto\s|\s?%, (?!or\b|i\.e|that is)[a-z][^\d]*\(")
_TWO_WHOLES = re.compile(r"(?<![\w.,])\d[\d,]*,? and\s+$")
# 357 hedges in 900 answers overall, 39.7%; all 21 heads sit in layers 1 and 2, 15 of them (71.4%)
_IN = re.compile(
    rf"(?<![\w.,/]){COUNT} [a-z-]+s in {COUNT} [a-z-]+s(?: overall| altogether| in all)?(?:,\s|\s\()"
    rf"{PERCENT}(?=[.;,)])"
)
_OF_ALL = re.compile(
    rf"\b[Aa]ll (?:the |our )?{COUNT} [a-z][^.;:()%]{{0,90}}?,? {COUNT} of (?:them|these) \({PERCENT}"
)
# A draw of 30 from the 150 had 23 repaired (77%): of the 30.
_DRAWN = re.compile(rf"(?<![\w.,/]){COUNT}(?: [a-z-]+){{0,3}}\s$")
_PERCENT_FIRST = re.compile(rf"{PERCENT}{_SHORT}(?:\(\s*|, |[—–]\s?|: ){_OF}")
OTHERS = re.compile(
    r"\bCI\b|interval|chance|baseline|versus|\bvs\b|against|compared|\bthan\b|whereas|while\b|"
    r"(?:respectively|majority|threshold|confidence|accuracy)\b",
    re.I,
)


@dataclass(frozen=True)
class Share:
    """A count, its whole and what is printed as their ratio.

    Attributes:
        count: The part.
        total: The whole.
        printed: The ratio as printed, without its unit.
        scale: 100 for per cent, 1 for a fraction.
        start: Where the phrase begins.
        at: Where the printed ratio stands.
        lead: The characters before the printed ratio.
    """

    count: int
    total: int
    printed: str
    scale: float
    start: int
    at: int
    lead: str

    @property
    def value(self) -> float:
        """What the counts give."""
        return self.scale * self.count / self.total

    @property
    def fits(self) -> bool:
        """Whether that is what is printed, rounded or cut."""
        return fits(self.count, self.total, self.printed, self.scale)


def integer(text: str) -> int:
    """`1,344` as a number."""
    return int(text.replace(",", ""))


def fits(count: int, total: int, printed: str, scale: float = 100.0) -> bool:
    """Whether a ratio is printed as it is, rounded or cut."""
    places = len(printed.split(".")[1]) if "." in printed else 0
    return abs(scale * count / total - float(printed)) < 10.0**-places * (1 - 1e-9)


def shares(sentence: str) -> Iterator[Share]:
    """Every count beside its ratio; the same ratio may come with several counts."""
    tests = (
        (_COUNT_FIRST, (1, 2, 3), 100.0),
        (_SHARE_FIRST, (1, 2, 3), 1.0),
        (_PERCENT_FIRST, (2, 3, 1), 100.0),
        (_TOTAL_FIRST, (2, 1, 3), 100.0),
        (_WHICH, (2, 1, 3), 100.0),
        (_ON_FIRST, (2, 1, 3), 100.0),
        (_IN, (1, 2, 3), 100.0),
        (_OF_ALL, (2, 1, 3), 100.0),
    )
    # Number words as they stand, too: 'either of the two' is no count.
    texts = dict.fromkeys((sentence, digits(sentence)))
    for (pattern, (a, b, c), scale), text in product(tests, texts):
        for match in pattern.finditer(text):
            count, total = integer(match[a]), integer(match[b])
            if not total > 0 or count > total or _is_interval(text, match):
                continue
            if re.search(r"=\s*$", text[: match.start(a)]):
                continue  # 361 of 396 at n = 2 (91%)
            lead = text[max(match.start(c) - 12, 0) : match.start(c)]
            if re.search(r"\b[A-Za-zρχ²]{1,4}[|)]?\s*=\s*$", lead):
                continue  # p = 0.11
            ends = sorted((match.span(b), match.span(c)))
            if _ASTRAY.match(text[ends[0][1] : ends[1][0]]):
                continue
            if pattern is _WHICH and _TWO_WHOLES.search(text[: match.start()]):
                continue  # 241 and 229 letters, of which 188 (78.0%) and 172 (75.1%)
            drawn = _DRAWN.search(text[: match.start()]) if pattern is _TOTAL_FIRST else None
            if drawn and count <= integer(drawn[1]) <= total:
                whole = integer(drawn[1])
                yield Share(count, whole, match[c], scale, match.start(), match.start(c), lead)
            yield Share(count, total, match[c], scale, match.start(), match.start(c), lead)


def exact(sentence: str) -> list[Number]:
    """The numbers of a sentence; a ratio beside its counts has the value that the counts give.

    45 of 60 (75%) is 75 and not 74.5 to 75.5, which decides whether a difference fits.
    """
    known = {s.at: s.value for s in shares(sentence) if s.fits}
    return [
        Number(known[n.start], 9, n.unit, n.start, n.end, n.text) if n.start in known else n
        for n in numbers(sentence)
    ]


def _is_interval(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() :]
    return (
        re.match(
            r"\s*(?:CI\b|confidence|credible|interval|Wilson|bootstrap|upper|lower|more|less|fewer|"
            r"better|worse|higher|of (?:the )?(?:other|rest|remain))",
            after,
        )
        is not None
        or OTHERS.search(match[0]) is not None
        or re.match(r"\s*(?:[-–→]|to)\s*\d", after) is not None
    )
