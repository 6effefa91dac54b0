"""The same quantity with two values in one draft."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .everywhere import same
from .values import Number, numbers

SUMMARY = frozenset({"abstract", "opening", "introduction", "conclusion", "discussion"})
_STOP = frozenset(
    "that this with from have were been them they their there these those which when where while "
    "than then also into only over under about across between both each more most other some such "
    "very does will would could should being because after before using used uses found find show "
    "shows reach reaches".split()
)
_HEDGE = re.compile(
    r"(?:about|around|roughly|nearly|almost|over|under|approximately|at least|at most|more than|"
    r"less than|below|above|up to|≈|~|some|chance|by|±|\bp\s*[=<>]|CI[:,]?|\[)\s*$",
    re.I,
)
_VARIED = re.compile(
    r"\b(?:sweep|swept|grid|vary|varied|varying|range|ranging|either|respectively|from \S+ to|"
    r"between|instead|previous|prior|pilot|original|initial|first|another|other|would|if|unlike|"
    r"increase[ds]? to|reduce[ds]? to|drop(?:s|ped)? to|remaining|left|exclud\w+|discard\w*|remov\w+|"
    r"of them|of these|subset|half|without|only|additional|further|extra|second|each|per)\b|\[cite:",
    re.I,
)
_NOUN = re.compile(r"\s*(?:-\s*)?((?:[a-z][\w-]*\s+){0,3}?)([a-z][a-z-]+s)\b")
_HYPER = re.compile(
    r"\b(learning rate|batch size|weight decay|dictionary size|context length|temperature|"
    r"LoRA rank|sparsity penalty|expansion factor|number of (?:layers|latents|seeds|epochs|steps))"
    r"\s*(?:(?:is|was|of|=|:|to|set to|at)\s*)*(?=[\d.])",
    re.I,
)


@dataclass(frozen=True, eq=False)
class _Mention:
    number: Number
    sentence: Sentence
    words: frozenset[str]
    noun: str
    modifiers: frozenset[str]


def _mentions(document: Document) -> list[_Mention]:
    found = []
    for sentence in document.sentences:
        text = sentence.text
        for number in numbers(text):
            if _HEDGE.search(text[: number.start]):
                continue
            noun, modifiers = "", frozenset[str]()
            if match := _NOUN.match(text[number.end :]):
                noun, modifiers = match[2], frozenset(match[1].split())
            found.append(_Mention(number, sentence, _words(text, number), noun, modifiers))
    return found


def _words(text: str, number: Number) -> frozenset[str]:
    """Stems of the words around a number, within its clause."""
    left = re.split(r"[;:()]|, (?:and|but|while|whereas) ", text[: number.start])[-1][-90:]
    right = re.split(r"[;:()]|, (?:and|but|while|whereas) ", text[number.end :])[0][:90]
    words = re.findall(r"[a-z][a-z-]{2,}", f"{left} {right}".lower())
    return frozenset(w[:6] for w in words if w not in _STOP)


@rule(
    "two-values",
    "numbers",
    "the same quantity is given with two values",
    severity="major",
    rationale="The abstract is what most readers keep; it must say what the body shows.",
    source="seed, 'How to write stuff up'",
    fix="Take both from the same run; where two quantities are meant, name the difference.",
    fires=(
        "# Abstract\n\nA linear probe on 240 prompts reads truth from the residual stream.\n\n"
        "# Methods\n\nWe fit the linear probe on 250 prompts from the residual stream.\n",
        "# Abstract\n\nThe steering vector raises the refusal rate on held-out prompts to 61.5%.\n\n"
        "# Results\n\nThe steering vector raises the refusal rate on held-out prompts to 65.1%.\n",
        "# Methods\n\nWe wrote 120 minimal pairs.\n\n# Results\n\nOver all 110 minimal pairs the "
        "effect is positive.\n",
        "# Methods\n\nThe probe is trained with a learning rate of 0.001.\n\n# Appendix\n\nThe probe "
        "is trained with a learning rate of 0.003.\n",
    ),
    quiet=(
        "# Abstract\n\nA linear probe on 240 prompts reads truth from the residual stream.\n\n"
        "# Methods\n\nWe fit the linear probe on 240 prompts from the residual stream, and keep "
        "60 prompts for testing.\n",
        "# Methods\n\nWe wrote 120 minimal pairs; 10 were dropped.\n\n# Results\n\nOver all 110 "
        "minimal pairs the effect is positive.\n",
        "# Abstract\n\nThe vector raises the refusal rate to 61.5%.\n\n# Results\n\nThe vector "
        "raises the refusal rate to 61.5%; a random vector raises the refusal rate to 12.0%.\n",
        "# Abstract\n\nReaders preferred the short form in 63% of pairs.\n\n# Results\n\nReaders "
        "preferred the short form in 63% of pairs, editors preferred the short form in 36% of pairs.\n",
        "# Methods\n\nThe probe uses a learning rate of 0.001.\n\n# Appendix\n\nThe sparse "
        "autoencoder uses a learning rate of 0.0003.\n",
    ),
)
def two_values(document: Document) -> Iterator[Hit]:
    """A value that stands once, beside the same words with another value elsewhere."""
    found = _mentions(document)
    cells = [
        n for t in document.tables for r in t.rows for c in r.cells for n in numbers(c, names=True)
    ]
    code = [
        n
        for b in document.blocks
        if b.kind in ("code", "equation")
        for n in numbers(b.flat, names=True)
    ]
    done: set[tuple[float, float]] = set()
    index = _Index(found, [*cells, *code])
    for mention in found:
        if _explained(mention, index):
            continue
        other = _counterpart(mention, found)
        if other is None:
            continue
        ends = sorted((mention.number.value, other.number.value))
        if (ends[0], ends[1]) in done:
            continue
        done.add((ends[0], ends[1]))
        yield at(
            mention.sentence,
            f"{mention.number.text}{_tail(mention)} here, {other.number.text}{_tail(other)} at "
            f"{document.where(other.sentence.line_at(other.number.start))}.",
            mention.number.start,
            evidence=((other.sentence.line, other.sentence.text),),
        )
    yield from _hyperparameters(document)


def _tail(mention: _Mention) -> str:
    return f" {mention.noun}" if mention.noun and mention.number.unit == "plain" else ""


class _Index:
    """All numbers of a draft by value, so that equal ones are found without meeting every pair."""

    def __init__(self, found: list[_Mention], cells: list[Number]) -> None:
        pairs: list[tuple[Number, Sentence | None]] = [(m.number, m.sentence) for m in found]
        pairs += [(cell, None) for cell in cells]
        self.pairs = sorted(pairs, key=lambda pair: pair[0].value)
        self.values = [number.value for number, _ in self.pairs]
        self.counts = dict.fromkeys(n.value for n, _ in self.pairs if n.decimals <= 0)

    def near(self, value: float, slack: float) -> list[tuple[Number, Sentence | None]]:
        """Numbers that could equal a value at the printed precision of either."""
        slack = max(slack, 1.0)
        left = bisect_left(self.values, value - slack)
        return self.pairs[left : bisect_right(self.values, value + slack)]


def _explained(mention: _Mention, index: _Index) -> bool:
    """Whether the value stands elsewhere too, or is a sum or difference of counts nearby."""
    number = mention.number
    plain = number.unit == "plain" and number.decimals <= 0
    if number.unit == "points" or (plain and number.value < 10):
        return True
    if any(
        elsewhere
        for scale in (1.0, 100.0, 0.01)
        for other, sentence in index.near(number.value / scale, 2 * number.half / scale)
        if (elsewhere := sentence is not mention.sentence) and same(number, other)
    ):
        return True
    if plain:
        counts = index.counts
        return any(
            number.value - a in counts or number.value + a in counts
            or (a > 1 and number.value / a in counts)
            for a in list(counts)[:120]
        )  # fmt: skip
    return False


def _counterpart(mention: _Mention, found: list[_Mention]) -> _Mention | None:
    """The mention elsewhere with the same words and another value; None if there is doubt."""
    if _VARIED.search(mention.sentence.text):
        return None
    scored: list[tuple[float, _Mention]] = []
    for other in found:
        # The cheapest question first: this loop meets every pair of numbers.
        if not 0.5 * other.number.value < mention.number.value < 2 * other.number.value:
            continue
        if (
            other.sentence.block is mention.sentence.block
            or other.number.unit != mention.number.unit
        ):
            continue
        if other.sentence.section == mention.sentence.section:
            continue
        own = numbers(mention.sentence.text)
        if any(n.value == other.number.value for n in own) or any(
            n.value == mention.number.value for n in numbers(other.sentence.text)
        ):
            continue  # one sentence has both, and means two things
        likeness = _likeness(mention, other)
        if likeness and not _VARIED.search(other.sentence.text):
            scored.append((likeness, other))
    if not scored:
        return None
    best = max(score for score, _ in scored)
    top = [other for score, other in scored if score > best - 0.1]
    return top[0] if len({o.number.value for o in top}) == 1 else None


def _likeness(mention: _Mention, other: _Mention) -> float:
    """Shared words over all words; 0 where too little is shared to be the same quantity."""
    shared = mention.words & other.words
    share = len(shared) / max(len(mention.words | other.words), 1)
    if mention.number.unit == "plain" and mention.number.decimals <= 0:
        if not mention.noun or mention.noun != other.noun or mention.modifiers != other.modifiers:
            return 0.0
        text = mention.sentence.text
        definite = re.search(
            r"\b(?:the|all|our|these|all the|all our)\s+$", text[: mention.number.start], re.I
        )
        after = text[mention.number.end :]
        noun_end = after.find(mention.noun) + len(mention.noun)
        whole = not re.match(r"\s+(?:that|which|where|whose|for which|on which|in which|with|not|"
                             r"in|from|about|of)\b", after[noun_end:])  # fmt: skip
        if definite and whole and mention.modifiers:
            return 0.6 + share
        enough = len(shared) >= 3 if mention.sentence.section in SUMMARY else len(shared) >= 4
        if (definite and whole and len(shared) >= 2) or (enough and share >= 0.4):
            return share
        return 0.0
    summary = mention.sentence.section in SUMMARY or other.sentence.section in SUMMARY
    if mention.number.decimals != other.number.decimals:
        return 0.0
    return share if len(shared) >= (4 if summary else 5) and share >= 0.6 else 0.0


def _hyperparameters(document: Document) -> Iterator[Hit]:
    seen: dict[str, list[tuple[Sentence, Number, frozenset[str]]]] = {}
    for sentence in document.sentences:
        matches = list(_HYPER.finditer(sentence.text))
        if len(matches) != 1 or _VARIED.search(sentence.text):
            continue
        rest = sentence.text[matches[0].end() :]
        found = numbers(rest, names=True)
        if found and found[0].start <= 1:
            number = found[0]
            words = frozenset(
                w[:6] for w in re.findall(r"[a-z]{4,}", sentence.text.lower()) if w not in _STOP
            ) - {w[:6] for w in matches[0][1].lower().split()}
            seen.setdefault(matches[0][1].lower(), []).append((sentence, number, words))
    for name, places in seen.items():
        first = places[0]
        for other in places[1:]:
            if same(first[1], other[1]) or first[0].block is other[0].block:
                continue
            shared = len(first[2] & other[2])
            if shared >= 2 and shared / len(first[2] | other[2]) >= 0.4:
                yield at(
                    other[0],
                    f"{name} {other[1].text} here, {first[1].text} at "
                    f"{document.where(first[0].line)}.",
                    evidence=((first[0].line, first[0].text),),
                )
                break


RULES = (two_values,)
