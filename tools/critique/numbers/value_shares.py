"""`3.34, which is 96% of 3.48`: a percentage between two values."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule
from .shares import PERCENT
from .values import numbers

_V = r"\d[\d,]*(?:\.\d+)?|\.\d+"
_UNIT = r"(?:\s[a-z]+){0,2}?"
_OF = rf"of (?:the|its|their|that|this|all)?(?:\s?[a-z-]+){{0,4}}?\s?\(?(?P<b>{_V})(?![\w%]|[.,]\d|\s?%)"
_IS = re.compile(
    rf"(?<![\w.,])(?P<a>{_V}){_UNIT}(?:,? (?:which|that|this) (?:is|was|makes)|,? (?:or|i\.e\.,?|that is,?|thus|so)|,|:| \() "
    rf"?(?:only |just )?{PERCENT} {_OF}"
)
_HEDGED = re.compile(
    r"\b(?:about|around|roughly|nearly|almost|over|under|some|at least|more than)\b|[≈~]"
)


@rule(
    "percent-of-value",
    "numbers",
    "a percentage that the two values beside it do not give",
    severity="major",
    rationale="3.34 of 3.48 is 96%; where all three are printed they must fit.",
    source="seed, 'Get the stats right'",
    fix="Divide the two again.",
    fires=(
        "The wet strap adds 3.34, which is 84% of the full 3.48.",
        "It takes 0.17 s, or 71% of the 0.21 s lost.",
    ),
    quiet=(
        "The wet strap adds 3.34, which is 96% of the full 3.48.",
        "It takes 0.17 s, or 81% of the 0.21 s lost; we ran 12, 40% of the time for 30 minutes.",
        "It takes 0.17 s, which is about 75% of the 0.21 s lost.",
    ),
)
def percent_of_value(document: Document) -> Iterator[Hit]:
    """Both values in one sentence, printed alike, the percentage between them."""
    for sentence in document.sentences:
        for match in _IS.finditer(sentence.text):
            a, b = (numbers(match[name], names=True)[0] for name in "ab")
            share = match[2]
            if (
                a.decimals != b.decimals
                or not 0 < a.value <= 1.5 * b.value
                or _HEDGED.search(match[0])
            ):
                continue
            if a.decimals <= 0 and re.search(r", ?\d", match[0]):
                continue  # a list of counts
            places = len(share.partition(".")[2])
            low, high = ((a.value + s * a.half) / (b.value - s * b.half) for s in (-1, 1))
            if not 100 * low - 10.0**-places < float(share) < 100 * high + 10.0**-places:
                found = 100 * a.value / b.value
                yield at(
                    sentence,
                    f"{a.text} is {found:.{places}f}% of {b.text}, not {share}%.",
                    match.start(),
                )


RULES = (percent_of_value,)
