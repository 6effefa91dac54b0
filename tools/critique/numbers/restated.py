"""A clause that is said again elsewhere, word for word but for one number."""

import re
from collections.abc import Iterator
from itertools import product

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .everywhere import same
from .same import SUMMARY
from .values import Number, numbers

_FEWEST = 5
_CLAUSE = re.compile(r"[;:()]|,\s(?=(?:and|but|while|whereas|which|so|with)\b)|\s[—–]\s")


@rule(
    "restated-value",
    "numbers",
    "the same clause in two sections with another number",
    severity="major",
    rationale="The abstract is what most readers keep; it must say what the body shows.",
    source="seed, 'How to write stuff up'",
    fix="Take both from the same run; where two quantities are meant, name the difference.",
    fires=(
        "# Abstract\n\nThe new valve lowers the pressure from 3.41 to 3.02 bar.\n\n# Results\n\nIn our "
        "hands the new valve lowers the pressure from 3.41 to 3.20 bar, which is little.\n",
        "# Summary\n\nWe asked 312 nurses in three towns about their hours.\n\n# Method\n\nWe asked 321 "
        "nurses in three towns about their hours; each was paid.\n",
    ),
    quiet=(
        "# Abstract\n\nThe new valve lowers the pressure from 3.41 to 3.02 bar.\n\n# Results\n\nIn our "
        "hands the new valve lowers the pressure from 3.41 to 3.02 bar, the old valve lowers the "
        "pressure from 3.41 to 3.20 bar.\n",
        "# Results\n\nIn May the old valve lowers the pressure to 3.02 bar.\n\nIn June the old valve "
        "lowers the pressure to 3.20 bar.\n",
        "# Summary\n\nThe valve lowers the pressure by about 3.0 bar in all of the towns.\n\n# Results\n\n"
        "The valve lowers the pressure by about 3.2 bar in all of the towns but one.\n",
    ),
)
def restated_value(document: Document) -> Iterator[Hit]:
    """Clauses of the summary against clauses of the body; the shorter must be inside the longer."""
    found = [
        (sentence, start, tokens, values)
        for sentence in document.sentences
        if sentence.section != "related"
        for start, tokens, values in _clauses(sentence.text)
    ]
    everywhere = [n for sentence in document.sentences for n in numbers(sentence.text)]
    heads = [clause for clause in found if clause[0].section in SUMMARY]
    bodies = [clause for clause in found if clause[0].section not in SUMMARY]
    for one, other in product(heads, bodies):
        short, long = (one, other) if len(one[2]) <= len(other[2]) else (other, one)
        pairs = _aligned(short[2], short[3], long[2], long[3])
        wrong = [(a, b) for a, b in pairs if not same(a, b)]
        if len(wrong) != 1:
            continue
        a, b = wrong[0]
        # A value that stands elsewhere again is another quantity's.
        if any(sum(n.value == x.value for n in everywhere) > 1 for x in (a, b)):
            continue
        mine, theirs = (b, a) if one is short else (a, b)
        if a.decimals == b.decimals and 0.5 < (a.value or 1) / (b.value or 1) < 2:
            yield _hit(document, other[0], mine, one[0], theirs)


_Clause = tuple[int, list[str], list[Number]]


def _clauses(text: str) -> Iterator[_Clause]:
    """Words of each clause with a mark for each of its numbers."""
    start = 0
    for end in [*(m.start() for m in _CLAUSE.finditer(text)), len(text)]:
        part = text[start:end]
        values = [n for n in numbers(part) if n.unit != "points"]
        marked = part
        for n in reversed(values):
            marked = f"{marked[: n.start]} # {marked[n.end :]}"
        tokens = re.findall(r"#|[^\W\d_]+", marked.lower())
        if values and sum(token != "#" for token in tokens) >= _FEWEST and not _LOOSE.search(part):
            yield start, tokens, values
        start = end + 1


_LOOSE = re.compile(
    r"\b(?:about|around|roughly|nearly|almost|over|under|at least|at most|up to|more than|less than)\s[\d#]|"
    r"\b(?:each|every|per|respectively)\b|[≈~±]|\[cite:",
    re.I,
)


def _aligned(
    short: list[str], ours: list[Number], long: list[str], theirs: list[Number]
) -> list[tuple[Number, Number]]:
    """Numbers at the same places where the shorter clause stands inside of the longer one."""
    for start in range(len(long) - len(short) + 1):
        if long[start : start + len(short)] == short:
            first = sum(token == "#" for token in long[:start])
            return list(zip(ours, theirs[first : first + len(ours)], strict=True))
    return []


def _hit(document: Document, body: Sentence, mine: Number, head: Sentence, theirs: Number) -> Hit:
    return at(
        body,
        f"{mine.text} here, {theirs.text} in the same words at {document.where(head.line)}.",
        evidence=((head.line, head.text),),
    )


RULES = (restated_value,)
