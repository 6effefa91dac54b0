"""What a number of a sentence is: a value, a change, a ratio, or a piece of statistics about one."""

import re
from typing import Literal

from .said_change import changes
from .values import Number

Role = Literal[
    "value", "change", "ratio", "coefficient", "end", "level", "spread", "statistic", "df", "p",
    "setting",
]  # fmt: skip
_N = r"[-−+]?(?:\d[\d,]*)?\.?\d+\s?%?"
# Two ends of an interval: in brackets, or behind a word that announces them.
_ENDS = re.compile(
    rf"[(\[]\s*(?:(?:9\d|80|68)(?:\.\d)?\s?%\s*)?(?:[A-Za-z-]+\s){{0,3}}?(?:CI|interval)?[:,]?\s*"
    rf"{_N}\s*(?:,|;|–|—|-|to)\s*{_N}\s*[)\]]"
    rf"|(?:\bCIs?\b|\bintervals?\b|\brange[sd]?\b|\bbounds?\b)[^\d\[(.;]{{0,25}}[\[(]?\s*{_N}\s*(?:,|;|–|—|-|to|and)\s*{_N}"
    rf"|\bbetween {_N} and {_N}(?=[^\w.])|[;,(]\s*{_N}\s?(?:to|–)\s?{_N}\s?\)"
)
_LEVEL = re.compile(
    r"\s*-?(?:[A-Za-z-]+\s){0,2}(?:CIs?\b|confidence|credible|intervals?\b|Wilson|bootstrap|bands?\b)"
)
_LEVELS = frozenset((68.0, 80.0, 90.0, 95.0, 97.5, 98.0, 99.0, 99.9))
_BEFORE: tuple[tuple[Role, re.Pattern[str]], ...] = (
    (
        "p",
        re.compile(
            r"(?<!\w)[pP](?:_?\{?\\?[A-Za-z]{1,5}\}?)?(?<![A-Za-z]{5})\s*[=<>≤≈]\s*$"
            r"|(?<!\w)[pP](?:[- ]values?)?(?: of| is| was|:)?\s*$"
        ),
    ),
    ("df", re.compile(r"(?:\b[tFrzW]|χ²|χ2|chi2?)\s?\((?:[\d.]+,\s*)?(?:N\s*=\s*)?$")),
    (
        "statistic",
        re.compile(r"(?:(?<!\w)[tFzZUWHQ](?:_\w+)?|χ²|χ2|[Cc]hi-squared?)\s*(?:\([^()]*\))?\s*(?:=|of|is)\s*$"),
    ),
    (
        "spread",
        re.compile(
            r"(?:±|\b(?:SDs?|SEM?|s\.\s?d\.|s\.\s?e\.|IQR|std|standard (?:deviations?|errors?))\b[^\d.;:()]{0,40})\s*$"
        ),
    ),
    (
        "coefficient",
        re.compile(
            r"(?:(?<!\w)(?:r|ρ|rho|τ|κ|α|φ|R²|R2)|\b(?:kappa|correlations?|cosines?))\s*(?:\(\d+\))?"
            r"\s*(?:=|of|is|was|:)?\s*$"
        ),
    ),
    ("ratio", re.compile(r"\b(?:factor|ratio)(?: of)?(?: about| around)?\s*$")),
    ("setting", re.compile(r"(?<!\w)[A-Za-zλαβγε]\w?\s*=\s*$")),
)  # fmt: skip
_LOSS = re.compile(r"\bloss(?:es)?(?: [a-z]+){0,2} (?:is|was|of)\s*$")
_AFTER_RATIO = re.compile(r"\s?(?:×|x\b|times\b|-?fold\b)")
REPORTED: frozenset[Role] = frozenset({"value", "change", "ratio", "coefficient"})


def role(text: str, number: Number) -> Role:
    """Told from the words around a number."""
    before, after = text[: number.start], text[number.end :]
    if number.unit == "percent" and number.value in _LEVELS and _LEVEL.match(after):
        return "level"
    for name, pattern in _BEFORE:
        if pattern.search(before[-60:]):
            return name
    if any(m.start() < number.start < m.end() for m in _ENDS.finditer(text)):
        return "end"
    if _AFTER_RATIO.match(after):
        return "ratio"
    if _LOSS.search(before[-40:]) and number.unit == "plain":
        return "value"  # `a loss of 2.31` is where a model stands, mostly
    return "change" if changes(text, number) else "value"
