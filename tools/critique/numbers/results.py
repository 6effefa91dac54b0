"""Numbers that a sentence presents as the difference of two others, and the two that it means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from ..document.model import Document, Sentence
from .everywhere import Everywhere
from .roles import role
from .values import Number, numbers
from .words import digits

_NOUN = (
    r"(?:increases?|rises?|gains?|falls?|drops?|decreases?|declines?|reductions?|gaps?|differences?|"
    r"improvements?|advantages?|margins?|spreads?|changes?|shifts?|jumps?|climbs?|deficits?|leads?|shortfalls?|"
    r"excess|growth|lift|penalty|denominator|distance|cost)"
)
_MORE = (
    r"(?:more|less|fewer|higher|lower|better|worse|longer|shorter|larger|smaller|greater|above|below|faster|slower|"
    r"ahead|behind|earlier|later)\b"
)
_LEAD = re.compile(
    rf"\b{_NOUN}(?: (?:in|between|from)(?: [^\W\d][\w-]*){{1,3}})?(?: of|,| is| was|:)(?: only| just)?\s*$"
    r"|\bto [-−]?[\d.,]*\d%?, by(?: only| just)?\s*$"
    r"|\b(?:gap|difference) between [^\d.,;:()]{3,70},\s*$"
    r"|(?:[,;:(]|\sand)\s*(?:or )?(?:up|down|plus|minus)(?: by)?(?: only| just)?\s*$"
    r"|(?:i\.e\.|that is|or),? (?:by )?(?:only )?(?:up |down )?by\s*$"
    r"|\bleaving(?: only| just)?(?: a \w+ of)?\s*$"
    rf"|\b(?:rises?|rose|falls?|fell|drops?|dropped|grows?|grew|increase[sd]?|decrease[sd]?|improve[sd]?|goes up|went up|"
    rf"goes down|went down|gain(?:s|ed)?|lose[s]?|lost|climb(?:s|ed)?|raise[sd]?|lower(?:s|ed)?|decline[sd]?)(?: [^\d.,;:()]{{1,40}})? by"
    r"(?: only| just| another| a further)?\s*$"
)
_TAIL = re.compile(
    rf"\s?(?:[a-z]+ )?{_MORE}(?=[\s]*(?:[,.;:)]|than\b|and\b|here\b|after\b|in\b|at\b|$))"
    rf"|-(?:point|nat|bit|logit) {_NOUN}"
)
_HEDGED = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|at least|at most|more than|less than|up to|over|"
    r"under|some|≈|~|±|within|every|each)\s*$"
)


@dataclass(frozen=True, eq=False)
class Result:
    """A number that is said to lie between two others.

    Attributes:
        sentence: Where it stands.
        text: Its sentence, number words as digits.
        number: The number.
        ends: Numbers of its sentence that it can lie between, of the same form.
        before: The same of the sentence before.
        text_before: The sentence before, or nothing.
    """

    sentence: Sentence
    text: str
    number: Number
    ends: tuple[Number, ...]
    before: tuple[Number, ...]
    text_before: str

    @property
    def explained(self) -> bool:
        """Whether two of them, or a ratio of two, give it."""
        return any(gives(a, b, self.number) for a, b in combinations((*self.ends, *self.before), 2))


def results(document: Document) -> Iterator[Result]:
    """All stated differences of a draft."""
    last: Sentence | None = None
    for sentence in document.sentences:
        before = last if last and last.block is sentence.block else None
        last = sentence
        text = digits(sentence.text)
        found = numbers(text)
        if (len(numbers(text, names=True)) < 2 and before is None) or "[cite:" in text:
            continue
        for n in found:
            if not is_result(text, n):
                continue
            own = tuple(
                m for m in (*found, *_placed(text, n)) if m.start != n.start and _end(text, m, n)
            )
            was = digits(before.text) if before else ""
            earlier = tuple(m for m in numbers(was) if _end(was, m, n))
            yield Result(sentence, text, n, own, earlier, was)


def is_result(text: str, number: Number) -> bool:
    """Whether the words around a number make it the size of a change or a gap."""
    before, after = text[: number.start], text[number.end :]
    if _HEDGED.search(before[-16:]) or re.match(
        r"\s*(?:×|x\b|times|-?fold|%? of (?:the )?\d)", after
    ):
        return False
    return _LEAD.search(before[-90:]) is not None or _TAIL.match(after) is not None


def _placed(text: str, result: Number) -> list[Number]:
    """Places that a distance lies between: `at step 1225 … at step 1950; the gap is 725 steps`."""
    unit = re.match(r"\s(step|layer|position|day|page|year)s\b", text[result.end :])
    if unit is None:
        return []
    named = re.compile(rf"\b{unit[1]}\s$", re.I)
    return [n for n in numbers(text, names=True) if named.search(text[: n.start])]


def _end(text: str, number: Number, result: Number) -> bool:
    """Whether a number can be an end of a difference: a value printed in the same form."""
    if role(text, number) not in ("value", "coefficient") and not _lone_change(text, number):
        return False
    if max(number.decimals, 0) != max(result.decimals, 0):
        return False
    if number.unit == "points" or is_result(text, number):
        return False
    if result.unit == "points":
        return number.unit == "percent"
    return result.unit == number.unit or (result.unit == "plain" and result.decimals > 0)


def _lone_change(text: str, number: Number) -> bool:
    """`79.0% is below the 90.0%`: a value, though words of comparison follow."""
    return role(text, number) == "change" and not is_result(text, number)


def gives(a: Number, b: Number, said: Number) -> bool:
    """Whether a difference, or for per cent a relative change, is printed as it is said."""
    gap = abs(a.value - b.value)
    slack = 3 * said.half * (1 + 1e-6) if said.decimals > 0 else 1e-9
    if abs(gap - abs(said.value)) <= slack:
        return True
    if said.unit != "percent":
        return False
    return any(
        low.value and abs(100 * gap / abs(low.value) - abs(said.value)) <= 4 * said.half + 0.5
        for low in (a, b)
    )


def near(a: Number, b: Number, said: Number, room: float = 1.5) -> bool:
    """Whether a difference is not what is said but of its size."""
    gap = abs(a.value - b.value)
    return gap > 0 and 1 / room < abs(said.value) / gap < room and not gives(a, b, said)


def printed_nowhere(known: Everywhere, result: Result) -> bool:
    """Whether nothing else in the draft has the number."""
    return not known.elsewhere(result.number, result.sentence.block)


def between(text: str, a: Number, b: Number) -> str:
    """The words from one number to another."""
    first, second = sorted((a, b), key=lambda n: n.start)
    return text[first.end : second.start]
