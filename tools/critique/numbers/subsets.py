"""Parts that are larger than the whole they are said to be part of."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule
from .shares import integer
from .words import digits

_N = r"\d{1,3}(?:,\d{3})+|\d+"
_VERB = (
    r"(?:were|was|are|have|had|did|do|fell|said|gave|got|went|came|made|took|saw|chose|kept|left|lost|won|met|"
    r"pass|fail|agree|contain|show|match|need|[a-z]+ed)\b"
)
_OF = re.compile(
    rf"(?<![\w.,/–-])(?P<k>{_N}) (?:out )?of (?:the |our |all |all the |these |those )?(?P<n>{_N})"
    r"(?= (?!(?:nm|mm|cm|km|ms|kg|mg|hours?|days?|years?|minutes?)\b)(?:[a-z-]+ )?[a-z-]+s\b|[.,;:)]\s|[.,;:)]?$|\s\()"
)
_AMONG = re.compile(
    rf"\b(?:Of|Among|Out of|From|of|among)(?: the| our| all| these| those| a total of)* (?P<n>{_N}) "
    rf"(?:[a-z-]+ ){{0,2}}[a-z-]+s\b[^.,;:()\d]{{0,40}}, (?:only |just )?(?P<k>{_N}) (?={_VERB})"
)
_SLASH = re.compile(
    rf"(?:\b(?:got|gets|solved?|solves|answer(?:s|ed)|pass(?:es|ed)|right (?:on|in)|correct (?:on|in)|succeeds? (?:on|in))"
    rf" (?P<k>{_N})/(?P<n>{_N})(?![\w/]|[.,-]\d))|(?<![\w./-])(?P<j>{_N})/(?P<m>{_N}) (?:right|correct|solved|passed)\b"
)


@rule(
    "part-above-whole",
    "numbers",
    "a part that is larger than its whole",
    severity="major",
    rationale="64 of 50 cannot be; one of the two numbers is another one.",
    source="seed, 'Get the stats right'",
    fix="Count both again.",
    fires=(
        "The new lock resists 64 of 50 attempts.",
        "Of the 60 letters, 75 were answered in full.",
        "We kept 130 out of the 120 recordings.",
        "Among 24 tasters, 31 agreed with the label.",
        "The small model got 41/40 right.",
        "Seventeen of 12 valves leak.",
    ),
    quiet=(
        "The new lock resists 46 of 50 attempts, and 24/7.",
        "Of the 60 letters, 55 were answered in full; of 60 letters, 120 copies were made.",
        "We kept 110 out of the 120 recordings, a page of 12 lines, and a width of 768 of 12 mm steel.",
        "The small model got 40/41 right after a 160/40 split; 3/2 is a ratio.",
        "In 2021 of 12 ships none was lost.",
    ),
)
def part_above_whole(document: Document) -> Iterator[Hit]:
    """Compare part and whole where the words leave no doubt which is which."""
    for sentence in document.sentences:
        text = digits(sentence.text)
        for pattern in (_OF, _AMONG, _SLASH):
            for match in pattern.finditer(text):
                names = ("j", "m") if "j" in match.groupdict() and match["j"] else ("k", "n")
                part, whole = (integer(match[name]) for name in names)
                if part <= whole or whole < 2 or _no_part(text, match, part):
                    continue
                yield at(sentence, f"{part} is more than the {whole} it is part of.", match.start())


def _no_part(text: str, match: re.Match[str], part: int) -> bool:
    """A year, a size, a name: `in 2021 of 12 ships`, `a width of 768 of 12 mm steel`."""
    before = text[: match.start()]
    year = 1950 <= part <= 2099 and re.search(r"\b(?:in|since|by|of|until|from)\s*$", before, re.I)
    return (
        bool(year)
        or re.search(
            r"(?:\b(?:size|width|rank|length|batch|dimension|layers?|heads?|steps?|seeds?|tables?|figures?|page|a)"
            r"(?: of)?|[=×/-])\s*$",
            before,
            re.I,
        )
        is not None
    )


RULES = (part_above_whole,)
