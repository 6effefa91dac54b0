"""Sums, differences and products whose terms are written beside them: `112 words (640 − 528)`."""

import re
from collections.abc import Iterator
from math import prod

from ..document.model import Document
from ..rule import Hit, at, rule
from .values import printed

_N = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_OP = r"\s?[+×·*]\s?|\s?−\s?|\s-\s"
_TERMS = rf"(?:{_N})(?:(?:{_OP})(?:{_N}))+"
# The result before its terms, and behind them.
_BRACKET = re.compile(
    rf"(?<![\w.,])(?P<n>{_N})(?P<unit>\s?%)?(?P<words>(?: [a-z][\w-]*){{0,4}}) "
    rf"\((?:(?:namely|i\.e\.,?|that is,?|or|=)\s)?(?P<terms>{_TERMS})(?P<more> [a-z][\w-]*)?\)"
)
_EQUAL = re.compile(
    rf"(?<![\w.,^+×·*/−-])(?<![+×·*/−-] )(?P<terms>{_TERMS})(?: [a-z][\w-]*)?\s?=\s?(?P<n>{_N})(?![\w%]|[.,]\d|\s?[%+×·*/−^-])"
)
_HEDGE = re.compile(r"(?:about|around|roughly|nearly|almost|some|over|under|≈|~)\s*$")
_SIGN = re.compile(r"[+×·*−]|\s-\s")


@rule(
    "spelled-out",
    "numbers",
    "a result that the terms written beside it do not give",
    severity="major",
    rationale="'112 words (640 − 528)' can be checked by everyone, and will be.",
    source="seed, 'Get the stats right'",
    fix="Compute it again from the terms.",
    fires=(
        "The gap to be closed is 87 boards (640 − 528).",
        "We use 240 × 10 × 2 = 4,200 boards.",
        "It takes 71 days (48 + 16).",
        "There were 12 × 12 = 124 boards.",
        "In the end 387 + 84 − 23 = 578 held.",
    ),
    quiet=(
        "The gap to be closed is 112 boards (640 − 528).",
        "We use 240 × 10 × 2 = 4,800 boards, that is 20 × 240, and 12 × 12 = 144 of ash.",
        "In the end 387 + 84 − 23 = 448 held.",
        "It takes 64 days (48 + 16), and about 70 days (48 + 16) in winter.",
        "It is 24 inches (2 × 10 cm) long.",
        "The age was 13.5 years (12 - 15); the ratio is 0.5 (3 × 10 cm).",
        "It has 16 × 16 tiles = 4 rows, 2 × 3 + 4 = 10 boards and a gap of 0.02 (0.915 − 0.891).",
        "The scale is 3.2 × 10 = 32; 5 × 10^3 = 5000 and 2 × 10 = 20.",
    ),
)
def spelled_out(document: Document) -> Iterator[Hit]:
    """Sums and differences, or products; only near misses."""
    for sentence in document.sentences:
        for pattern in (_BRACKET, _EQUAL):
            for match in pattern.finditer(sentence.text):
                if _HEDGE.search(sentence.text[: match.start()]) or match.groupdict().get("unit"):
                    continue
                more = match.groupdict().get("more")
                if more and more not in match["words"]:
                    continue  # 24 inches (2 × 10 cm)
                if found := _wrong(match["terms"], match["n"]):
                    message = f"{match['terms']} is {found}, not {match['n']}."
                    yield at(sentence, message, match.start("n"))


def _wrong(terms: str, said: str) -> str:
    """What the terms give, where that is not what is said but near it."""
    signs = {sign.strip() for sign in _SIGN.findall(terms)}
    values: list[str] = re.findall(_N, terms)
    figures = [printed(text) for text in values]
    if signs <= {"+", "−", "-"} and len(signs) > 1:
        steps = [-1 if sign.strip() in "−-" else 1 for sign in _SIGN.findall(terms)]
        result = figures[0] + sum(s * f for s, f in zip(steps, figures[1:], strict=True))
        return _near(result, "+", values, said)
    if len(signs) != 1:
        return ""
    sign = signs.pop()
    if sign == "+":
        result = sum(figures)
    elif sign in "−-":
        result = figures[0] - sum(figures[1:])
    else:
        result = prod(figures)
    return _near(result, sign, values, said)


def _near(result: float, sign: str, values: list[str], said: str) -> str:
    """The result as a draft would print it, where what is said is near it and not it."""
    places = [len(text.partition(".")[2]) for text in (*values, said)]
    slack = 0.5 * sum(10.0**-p for p in places if p)
    if sign in "×·*" and any(places[:-1]):
        slack += 0.05 * abs(result)
    value = printed(said)
    if abs(result - value) <= slack + 1e-9 or not 0.4 <= value / result <= 2.5 if result else True:
        return ""
    return f"{result:,.{max(places)}f}"


RULES = (spelled_out,)
