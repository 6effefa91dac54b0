"""What is said around a number, weighted, so that two places that speak of one thing can be found."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..document.model import Document, Row, Sentence, Table
from .roles import Role, role
from .sheet import figures
from .values import Number, numbers
from .words import digits

_STOP = frozenset(
    "the a an and or of in on at to for with by is are was were be been it its this that these those as "
    "from than we i our my not no but so which who what when where there their they has have had do does "
    "did can could may might will would about into over only also all any each both per one two more most "
    "some such other same very after before then thus hence here".split()
)
_CUT = re.compile(
    r"[;:()\[\]]|,\s(?:and|but|while|whereas|where|with|against|compared|so|or)\b|\s[—–]\s|"
    r"\s(?:while|whereas|but)\s"
)
_WORD = re.compile(r"[^\W\d_]{2,}|[ρκχταβφ]")
_NEXT = re.compile(r"\s*-?\s*([^\W\d_]+)")
# Figures about other figures: two places that share one of these may speak of different things.
_ASIDE: frozenset[Role] = frozenset({"spread", "level", "p", "df"})
Context = dict[str, float]


def stem(word: str) -> str:
    """`latents` and `latent`, `accuracy` and `accuracies` as one."""
    word = word.lower()
    return word[:6] if len(word) > 6 else word.removesuffix("s")


def stems(text: str) -> set[str]:
    """Stems of the words of a text that say something."""
    return {stem(w) for w in _WORD.findall(text) if w.lower() not in _STOP}


def key(number: Number) -> str:
    """A number as a word of a context."""
    return f"#{abs(number.value):.6g}"


@dataclass(frozen=True, eq=False)
class Said:
    """A number with what stands around it.

    Attributes:
        number: The number.
        role: What it is.
        context: Words and numbers around it with their weight: those of its clause count most.
        own: All numbers of its sentence or cell.
        sentence: Where it stands, if in prose.
        cell: Table, row and column index, if in a table.
    """

    number: Number
    role: Role
    context: Context
    own: frozenset[str]
    sentence: Sentence | None = None
    cell: tuple[Table, int, int] | None = None


class Contexts:
    """All numbers of a draft in their contexts, and how alike two of these are."""

    def __init__(self, document: Document) -> None:
        texts = [digits(s.text) for s in document.sentences]
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(stems(text) | {key(n) for n in numbers(text)})
        self._seen = seen
        self._size = max(len(texts), 10)
        self.said = [
            said
            for s, text in zip(document.sentences, texts, strict=True)
            for said in _said(s, text)
        ]
        self._tables = document.tables
        self._weights: dict[Said, float] = {}

    @cached_property
    def cells(self) -> list[Said]:
        """The figures of all tables."""
        return [said for table in self._tables for said in _cells(table)]

    def rarity(self, word: str) -> float:
        """How much a word tells: what every sentence says tells nothing."""
        plain = word[2:] if word[1:2] == ":" else word
        found = math.log(self._size / max(self._seen[plain], 1) + 1)
        return 0.7 * found if word[1:2] == ":" else found

    def weight(self, said: Said) -> float:
        """The sum of what the words of a context tell."""
        if said not in self._weights:
            self._weights[said] = sum(v * self.rarity(w) for w, v in said.context.items())
        return self._weights[said]

    def shared(self, one: Said, other: Said) -> Context:
        """Words and numbers that two contexts share, and how much each tells."""
        return {
            w: min(v, other.context[w]) * self.rarity(w)
            for w, v in one.context.items()
            if w in other.context
        }

    def alike(self, one: Said, other: Said) -> float:
        """0 to 1: what two contexts share of what they tell."""
        whole = math.sqrt(self.weight(one) * self.weight(other))
        return sum(self.shared(one, other).values()) / whole if whole else 0.0


@lru_cache(maxsize=1)
def contexts(document: Document) -> Contexts:
    """Several rules ask the same draft."""
    return Contexts(document)


def _said(sentence: Sentence, text: str) -> Iterator[Said]:
    found = numbers(text)
    roles = {n.start: role(text, n) for n in found}
    cuts = [0, *(m.end() for m in _CUT.finditer(text)), len(text)]
    whole = dict.fromkeys(stems(text), 0.5)
    own = frozenset(key(n) for n in found)
    for n in found:
        start = max(c for c in cuts if c <= n.start)
        end = min((c for c in cuts if c >= n.end), default=len(text))
        context: Context = whole | dict.fromkeys(stems(text[start:end]), 1.0)
        for other in found:
            if other is not n and roles[other.start] not in _ASIDE:
                near = start <= other.start < end or abs(other.start - n.start) < 40
                context[key(other)] = 1.0 if near else 0.5
        before = [
            w for w in re.findall(r"[^\W\d_]+|=", text[start : n.start]) if w.lower() not in _STOP
        ]
        if before:
            context[f"L:{stem(before[-1])}"] = 1.0
        if (after := _NEXT.match(text[n.end :])) and after[1].lower() not in _STOP:
            context[f"R:{stem(after[1])}"] = 1.0
        yield Said(n, roles[n.start], context, own, sentence)


def _cells(table: Table) -> Iterator[Said]:
    caption = dict.fromkeys(stems(table.caption.flat), 0.4) if table.caption else {}
    heads = [dict.fromkeys(stems(name), 1.0) for name in table.header]
    for i, row in enumerate(table.rows):
        held = _held(row)
        label = dict.fromkeys(stems(row.cells[0]) if row.cells else (), 1.0)
        label |= {key(n): 1.0 for n in numbers(row.cells[0], names=True)} if row.cells else {}
        for j, found in held.items():
            others = {key(n): 0.6 for k, some in held.items() for n in some if k != j}
            head = heads[j] if j < len(heads) else {}
            for n in found[:1]:
                own = frozenset(key(x) for x in found)
                yield Said(n, "value", caption | others | label | head, own, cell=(table, i, j))


def _held(row: Row) -> dict[int, list[Number]]:
    return {j: found for j, cell in enumerate(row.cells) if j and (found := figures(cell))}
