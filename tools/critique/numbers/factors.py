"""Factors against the two figures that they are between."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule
from .values import Number, numbers
from .words import digits

_WORDS = {
    "doubl": 2.0, "twofold": 2.0, "twice": 2.0, "tripl": 3.0, "threefold": 3.0, "quadrupl": 4.0,
    "fourfold": 4.0, "fivefold": 5.0, "tenfold": 10.0, "halv": 2.0,
}  # fmt: skip
_FACTOR = re.compile(
    r"(?<![\w.,])(?P<n>\d+(?:\.\d+)?)(?:\s?[×x]|[- ]?fold|\s+times)(?![\w.])"
    r"|\b(?:by )?a factor of (?P<m>\d+(?:\.\d+)?)(?![\w%]|\.\d|\s?%)"
    r"|\b(?P<word>doubl(?:es|ed|ing)|halv(?:es|ed|ing)|tripl(?:es|ed|ing)|quadrupl(?:es|ed|ing)|"
    r"(?:two|three|four|five|ten)fold)\b",
    re.I,
)
_HEDGED = re.compile(
    r"(?:about|around|roughly|nearly|almost|some|over|under|≈|~|more than|less than|at least|at most|up to|"
    r"close to|approximately|not quite|well over|only|than|by)\s*$",
    re.I,
)
_Q = r"[-−]?\d[\d,]*(?:\.\d+)?(?:\s?%)?"
_R = r"\d*\.\d+"
_ENDS = re.compile(
    rf"\bfrom (?P<a>{_Q})(?: [^\d.,;:()]{{1,30}}?)? to (?P<b>{_Q})"
    rf"|\((?P<c>{_Q})(?: [^\d.,;:()]{{1,30}}?)?,? (?:against|versus|vs\.?|compared (?:with|to)) (?P<d>{_Q})"
    rf"|\((?P<e>{_R})\s?/\s?(?P<f>{_R})\)"
)


@rule(
    "factor",
    "numbers",
    "a factor that its two ends do not give",
    severity="major",
    rationale="'It doubles, from 12 to 31' says two different things.",
    source="seed, 'Get the stats right'",
    fix="Divide the two figures again.",
    fires=(
        "Rents doubled, from 410 to 1,150 a month.",
        "The pump is 3.2 times as fast (48 against 12 litres).",
        "Visits grew by a factor of 4, from 150 to 450.",
        "They cost 29 times as much as plain ones there (0.561/.028).",
        "A threefold rise in the queue, from 20 to 95 people, was seen in March.",
    ),
    quiet=(
        "Rents doubled, from 410 to 830 a month.",
        "The pump is 4 times as fast (48 against 12 litres) and 3 times as dear.",
        "Visits grew by a factor of 3, from 150 to 450.",
        "They cost 23 times as much as plain ones there (0.638/.028).",
        "Rents nearly doubled, from 410 to 700 a month, and more than tripled from 1990 to 2020.",
        "We ran it 5 times, with the rate going from 10 to 12.",
        "Doubling the width moves the rate from 71.0% to 74.5%.",
        "Halving the step from 8 to 4 doubles the cost.",
        "A group three times as large moved the score from 40 to 44.",
    ),
)
def factor(document: Document) -> Iterator[Hit]:
    """One factor and one pair of ends in a clause, the verb or the bracket tying them together."""
    for sentence in document.sentences:
        text = digits(sentence.text)
        found = list(_FACTOR.finditer(text))
        ends = list(_ENDS.finditer(text))
        if len(found) != 1 or len(ends) != 1:
            continue
        match, pair = found[0], ends[0]
        said = _said(match)
        gap = text[min(match.end(), pair.end()) : max(match.start(), pair.start())]
        if said is None or re.search(r"[;:.\d]", gap) or len(gap) > 45:
            continue
        if _HEDGED.search(text[: match.start()]) and not match["m"]:
            continue
        if not _tied(match, pair, text[match.end() : pair.start()]):
            continue
        names = next(names for names in ("ab", "cd", "ef") if pair[names[0]])
        one, other = (numbers(pair[name], names=True)[0] for name in names)
        more = re.match(r"\s+(?:more|[a-z]+er)\b", text[match.end() :]) is not None
        if not _gives(one, other, said, more=more):
            high, low = max(one.value, other.value), min(one.value, other.value)
            yield at(
                sentence,
                f"{pair[names[0]].strip()} and {pair[names[1]].strip()} are a factor of "
                f"{high / low:.2g} apart, not {said.text}.",
                match.start(),
            )


def _said(match: re.Match[str]) -> Number | None:
    text = match["n"] or match["m"]
    if text:
        return numbers(text, names=True)[0]
    word = match["word"].lower()
    value = next((v for stem, v in _WORDS.items() if word.startswith(stem)), None)
    return None if value is None else Number(value, 0, "plain", 0, 0, f"{value:g}")


def _tied(match: re.Match[str], pair: re.Match[str], gap: str) -> bool:
    """`doubled, from a to b`; `a factor of 3, from a to b`; `3 times as fast (a against b)`."""
    if pair.start() < match.end():
        return False
    if match["n"] and not re.search(r"fold", match[0]):
        return bool(
            (pair["c"] or pair["e"])
            and re.match(r"\s(?:as|more|higher|lower|larger|smaller|the|faster|slower)\b", gap)
        )
    if match["word"] and match["word"].lower().endswith("ing"):
        return False
    if match["word"] and not match["word"].lower().endswith("fold"):
        return re.fullmatch(r",? ?\(?(?:[a-z]+ ){0,3}?\(?", gap) is not None
    return True


def _gives(one: Number, other: Number, said: Number, *, more: bool) -> bool:
    """Whether the ratio can be meant (`3 times more` may be 4 times as much); whole numbers are loose."""
    high, low = max(one.value, other.value), min(one.value, other.value)
    if low <= 0 or said.value <= 1:
        return True
    ratio = high / low
    spread = (one.half + ratio * other.half) / low
    slack = max(0.5, 0.2 * said.value) if said.decimals <= 0 else 2 * said.half
    return any(
        abs(way - said.value) <= spread + slack
        for way in ((ratio, ratio - 1) if more else (ratio,))
    )


RULES = (factor,)
