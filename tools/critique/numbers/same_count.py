"""Counts that speak of something already counted: `the 120 prompts` needs 120 prompts somewhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .everywhere import everywhere
from .same import SUMMARY
from .values import Number, numbers
from .words import digits

_NOUN = re.compile(
    r"\s+(?P<more>(?:[A-Za-z][\w’'-]*\s+){0,2}?)(?P<noun>[a-z][a-z-]{2,}s)\b(?!\s*=|\s+per\b)"
)
_NOT_COUNTED = frozenset(
    "times points minutes hours days weeks months years seconds percents tokens steps nats bits seeds epochs "
    "was has is does this less across words characters pages dimensions others ms draws resamples samples".split()
)
_OTHERS = frozenset("or and to of in per other further more new different random".split())
_DEFINITE = re.compile(
    r"(?:\b(?:the|all|our|these|those|same|of|N =|n =)\s+(?:same |all |the )?)$", re.I
)
_PART = re.compile(
    r"\b(?:other|another|further|additional|extra|remaining|new|first|second|each|per|every|only|subset|half|"
    r"up to|at least|at most|about|around|roughly|nearly|more than|fewer than|less than|pilot|"
    r"separate|different|random|top|best|last|next|every)\s*$|[≈~<>≤≥–-]\s*$",
    re.I,
)
_SPLIT = re.compile(
    r"\b(?:held[- ]out|train(?:ing|ed)?|test(?:ing|ed)?|validation|development|pilot|discovery|dropped|"
    r"removed|excluded|left|kept|keep|remain\w*|exclud\w+|dropp\w+|discard\w+|sampled|subset|drawn|"
    r"of them|of these|of which|split)\b",
    re.I,
)


@dataclass(frozen=True, eq=False)
class _Count:
    number: Number
    sentence: Sentence
    noun: str
    more: frozenset[str]
    needs: bool
    alone: bool

    @property
    def words(self) -> str:
        """What stands around the number."""
        after = re.split(r"[,;:().]|\s(?:of|from|in|by)\s", self.sentence.text[self.number.end :])[
            0
        ]
        return f"{self.sentence.text[max(self.number.start - 25, 0) : self.number.start]} {after}"


@rule(
    "same-count",
    "numbers",
    "a count that refers to one given elsewhere, where the draft counts another number of the same",
    severity="major",
    rationale="'All 96 heads' in the abstract and 'the 69 heads' below cannot both be the heads of one model.",
    source="seed, 'How to write stuff up'",
    fix="Count again, and write one number in all places; name a subset as one.",
    fires=(
        "# Abstract\n\nOver 148 letters the new stamp held no better.\n\n# Method\n\nThe 120 letters come "
        "from six towns, 20 each.\n\n# Results\n\nFigure 1 shows 120 letters.\n",
        "# Method\n\nWe weighed 360 loaves from nine ovens.\n\n# Results\n\nWe grouped the 480 loaves by oven.\n",
        "# Method\n\nWe asked 90 nurses.\n\n# Results\n\nOf all 110 nurses, 37 work at night.\n",
    ),
    quiet=(
        "# Abstract\n\nOver 120 letters the new stamp held no better.\n\n# Method\n\nThe 120 letters come "
        "from six towns, 20 each.\n",
        "# Method\n\nWe weighed 360 loaves from nine ovens and 120 from a shop.\n\n# Results\n\nWe grouped "
        "the 480 loaves by oven.\n",
        "# Method\n\nWe asked 90 nurses, and 110 other nurses in spring.\n\n# Results\n\nOf the 110 nurses, 45 "
        "work at night.\n",
        "# Method\n\nWe asked 90 nurses and 75 doctors.\n\n# Results\n\nAll 75 doctors and 90 nurses answered.\n",
        "# Method\n\nWe train on 240 prompts and test on 200 prompts.\n\n# Results\n\nThe 200 prompts are hard.\n",
    ),
)
def same_count(document: Document) -> Iterator[Hit]:
    """An orphan that needs an antecedent, and the one other number of the same things near it."""
    found = list(_counts(document))
    done: set[tuple[float, float]] = set()
    for count in found:
        if not count.alone:
            continue
        others = [o for o in found if _rival(count, o)]
        others = [o for o in others if o.more == count.more] or others
        blocks = {id(o.sentence.block) for o in others}
        # `all 480 last rows` may be some of the 575 rows, said once.
        if len(blocks) < 2 and any(o.more != count.more for o in others):
            continue
        if not count.needs and not (len(blocks) > 1 and any(o.needs for o in others)):
            continue
        if not others or len({o.number.value for o in others}) != 1:
            continue
        if 2 * sum(_explained(count, o, found) for o in others) > len(others):
            continue
        other = next((o for o in others if o.needs), others[0])
        ends = sorted((count.number.value, other.number.value))
        if (ends[0], ends[1]) in done:
            continue
        done.add((ends[0], ends[1]))
        yield _hit(document, count, other)
        if other.alone:
            yield _hit(document, other, count)


def _counts(document: Document) -> Iterator[_Count]:
    known = everywhere(document)
    for sentence in document.sentences:
        text = digits(sentence.text)
        if sentence.section == "related" or "[cite:" in text:
            continue
        for number in numbers(text):
            match = _NOUN.match(text[number.end :])
            if number.unit != "plain" or number.decimals or number.value < 20 or match is None:
                continue
            before = text[: number.start]
            if match["noun"] in _NOT_COUNTED or _PART.search(before):
                continue
            more = frozenset(w.lower() for w in match["more"].split())
            if more & _OTHERS:
                continue
            yield _Count(
                number,
                sentence,
                match["noun"],
                more,
                sentence.section in SUMMARY or _DEFINITE.search(before) is not None,
                not known.elsewhere(number, sentence.block),
            )


def _rival(count: _Count, other: _Count) -> bool:
    """Whether another place counts the same things and has another number."""
    return (
        other.noun == count.noun
        and other.sentence.block is not count.sentence.block
        and other.number.value != count.number.value
        and 0.6 < other.number.value / count.number.value < 1.7
        and (count.more <= other.more or other.more <= count.more)
    )


def _explained(count: _Count, other: _Count, found: list[_Count]) -> bool:
    """Whether the two are parts of one another, or the words say that one is a part."""
    if any(_SPLIT.search(c.words) for c in (count, other)):
        return True
    a, b = count.number.value, other.number.value
    if b in [n.value for n in numbers(digits(count.sentence.text))]:
        return True
    for one in (count, other):
        near = {n.value for n in numbers(digits(one.sentence.text)) if n.value >= 10} - {a, b}
        if abs(a - b) in near or any(x / n in near or x - n in near for n in near for x in (a, b)):
            return True
    parts = {c.number.value for c in found if c.noun == count.noun} - {a, b}
    return any(a - n in parts or a + n == b or a - n == b for n in parts)


def _hit(document: Document, count: _Count, other: _Count) -> Hit:
    where = document.anchor(other.sentence.line_at(0)).anchor
    return at(
        count.sentence,
        f"{count.number.text} {count.noun} here and nowhere else, {other.number.text} at {where}.",
        count.number.start,
        evidence=((other.sentence.line, other.sentence.text),),
    )


RULES = (same_count,)
