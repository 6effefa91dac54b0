"""What is said to rise must end higher than it began."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule
from .values import numbers
from .words import digits

_Q = r"[-−]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s?%)?"
_UP = r"ris(?:es?|ing)|rose|increas(?:es?|ed|ing)|grow(?:s|n|ing)?|grew|climb(?:s|ed|ing)?|rais(?:es?|ed|ing)"
_DOWN = (
    r"falls?|fell|falling|drop(?:s|ped|ping)?|decreas(?:es?|ed|ing)|declin(?:es?|ed|ing)|lower(?:s|ed|ing)|"
    r"shrinks?|shrank|sinks?|sank|reduc(?:es?|ed|ing|tion)|cuts?"
)
_FROM_TO = re.compile(
    rf"\b(?:(?P<up>{_UP})|(?P<down>{_DOWN}))\b(?!-)(?P<what>[^\d.;:()]{{0,60}}?)\bfrom (?P<a>{_Q})"
    rf"(?: [^\d.,;:()]{{1,40}}?)? to (?:only |just |about )?(?P<b>{_Q})(?![\w]|\.\d|[,-]\d|\s?[×x]\s?10)"
)
_NOT = re.compile(
    r"\b(?:not|never|no|nor|rank|place|position|level|date|year|version|and|but|while|then|or)\b",
    re.I,
)


@rule(
    "rise-or-fall",
    "numbers",
    "a rise that ends no higher than it began, or a fall that ends no lower",
    severity="major",
    rationale="'Rises from 38 to 31' is a slip in the verb or in a number.",
    source="seed, 'Get the stats right'",
    fix="Look both figures up again.",
    fires=(
        "The number of visitors rises from 38 to 31 with the price.",
        "The loss fell from 0.42 at noon to 0.44 in the evening.",
        "A longer soak raises the yield from 81.0% to 81.0%.",
    ),
    quiet=(
        "The number of visitors rises from 31 to 38 with the price.",
        "Moving the cut-off from 0.9 to 0.95 changes little.",
        "The loss fell from 0.42 at noon to 0.40 in the evening.",
        "It falls in May and goes from 31 to 38 in June; it never rises from 38 to 31.",
        "The debt falls from −3 to −5 and the team rose from rank 8 to 3.",
        "The error of the increased sample, from 12 to 8, is small.",
    ),
)
def rise_or_fall(document: Document) -> Iterator[Hit]:
    """Only where the verb governs 'from … to …' without another verb between."""
    for sentence in document.sentences:
        text = digits(sentence.text)
        for match in _FROM_TO.finditer(text):
            one, other = (numbers(match[name], names=True) for name in "ab")
            if (
                not one
                or not other
                or _NOT.search(f"{text[: match.start()][-12:]} {match['what']}")
            ):
                continue
            a, b = one[0], other[0]
            if "," in match["what"] or a.unit != b.unit:
                continue
            if (b.value <= a.value) if match["up"] else (b.value >= a.value):
                word = match["up"] or match["down"]
                yield at(sentence, f"“{word}” from {a.text} to {b.text}.", match.start())


RULES = (rise_or_fall,)
