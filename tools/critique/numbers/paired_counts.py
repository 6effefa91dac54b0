"""Two counts of changed cases with their McNemar statistic: the two fix what changed on balance."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

from ..document.model import Block, Document
from ..document.sentences import spans
from ..rule import Hit, rule
from .distributions import p_chi2
from .everywhere import everywhere
from .results import is_result
from .said_change import changes
from .values import Number, numbers, printed
from .words import digits

_SPOKEN = re.compile(r"McNemar|χ\s?\^?2|χ²|chi[- ]squared?", re.I)
# What stands before a statistic; one with two degrees of freedom or more is another.
_STATED = re.compile(
    r"(?<!\([2-9]\)\s=\s)(?<!\([2-9]\)=)(?:=|\(|,|squared|McNemar|\bof|\bis|\bwas)\s*$"
)
_OF_WHOLE = re.compile(
    r"\b(?:of|on|from) (?:the |all |our )*(\d{1,3}(?:,\d{3})+|\d{2,})(?![\w%]|[.,]\d)", re.I
)
_NEXT = re.compile(r"\s*[,;]?\s*(?:\w+ ){0,2}p\s*=\s*(?P<p>0?\.\d+)")
_SPREAD = re.compile(r"[(\[][^()\[\]]*\b(?:CI|interval)\b[^()\[\]]*[)\]]|\[[^\[\]]*\]")
_SETTING = re.compile(r"(?:=\s?|[\w²]\()$")
_REACH = 90


@dataclass(frozen=True)
class _Pair:
    """Counts that changed one way and the other, and the statistic that they give.

    Attributes:
        one: The first count.
        other: The second.
        statistic: The number behind them that is their McNemar statistic.
        start: Where the sentence of the counts begins.
        end: Where the sentence of the statistic ends.
        before: Where the sentence before begins.
    """

    one: Number
    other: Number
    statistic: Number
    start: int
    end: int
    before: int

    @property
    def net(self) -> int:
        """What changed on balance."""
        return int(abs(self.one.value - self.other.value))

    @property
    def all(self) -> int:
        """How many cases changed at all."""
        return int(self.one.value + self.other.value)


@rule(
    "paired-counts",
    "numbers",
    "a change that its own two counts do not give",
    severity="major",
    rationale="71 cases gained and 27 lost are 44 more; their McNemar statistic shows that they are the pair.",
    source="McNemar 1947: doi 10.1007/BF02295996; seed, 'Get the stats right'",
    fix="Subtract the two counts again, and compute p from the statistic again.",
    fires=(
        "The drop is large: 421 boards no longer break and 25 newly do (χ²(1) = 351.6, p < 0.001). Of the 432 boards "
        "saved on balance, 36 are oak.",
        "Oak costs 10 boards (24 lost, 14 gained; χ²=2.63, df=1, corrected P=0.10) and ash 37 (51 lost, 19 gained; "
        "χ²=14.6, df=1, corrected P<0.001).",
        "Oak beats ash by 35 boards (71 held only in oak, 27 only in ash; χ²(1) = 19.8, p < 0.001).",
        "Of the wet boards 12 fewer held. Of these, 17 held only dry and 3 only wet (McNemar χ² = 9.80).",
        "Sanding loosens 92 boards, or 59% of them (114 lost and 9 gained; χ² = 89.6, df = 1).",
        "Of 138 boards ash held 97 and oak 125. The gain is 25.2 points: 30 held in oak alone and 2 in ash alone "
        "(χ²(1) = 24.5).",
        "By McNemar's test oak is ahead (115 against 7, chi-squared 95.6). For ash it is 14 and 6 (3.2, p = 0.021).",
        "Oak costs 10 boards (24 lost, 14 gained; χ² = 2.63) and ash 37 (51 lost, 19 gained; χ² = 14.6).",
        "The saw is worth 306 boards, a drop of .268: 281 boards go from good to bad and 13 the other way (χ²(1) = 244.3).",
        "It held 146 before and 97 after, a loss of 57. Of the boards, 52 held only before and 3 only after "
        "(McNemar, χ²(1) = 43.65).",
    ),
    quiet=(
        "The drop is large: 421 boards no longer break and 25 newly do (χ²(1) = 351.6, p < 0.001). Of the 396 boards "
        "saved on balance, 36 are oak.",
        "Oak beats ash by 44 boards (71 held only in oak, 27 only in ash; χ²(1) = 19.8, p < 0.001).",
        "Of the wet boards 14 fewer held. Of these, 17 held only dry and 3 only wet (McNemar χ² = 9.80).",
        "Sanding loosens 105 boards, or 59% of them (114 lost and 9 gained; χ² = 89.6, df = 1).",
        "By McNemar's test oak is ahead (115 against 7, chi-squared 95.6). For ash it is 14 and 6 (3.2, p = 0.074).",
        "Of 138 boards ash held 97 and oak 125. The gain is 20.3 points: 30 held in oak alone and 2 in ash alone "
        "(χ²(1) = 24.5).",
        "It held 146 before and 97 after, a loss of 49. Of the boards, 52 held only before and 3 only after "
        "(McNemar, χ²(1) = 43.65).",
        "Oak costs 10 boards (24 lost, 14 gained; χ² = 2.63) and ash 32 (51 lost, 19 gained; χ² = 14.6).",
        "Of 102 boards 93 held after sanding (13 lost, 4 gained; χ² = 4.76, p = 0.029), and 12 more were warped.",
        "After sanding 131 of 160 boards held and 123 after painting, from 17 that held only sanded and 9 only "
        "painted: χ²(1) = 2.46, p = 0.12.",
        "We use McNemar's χ². Oak beats ash by 44 boards. It took 12 days with 8 men, at 0.8 of the cost, and the "
        "gain was 5 boards.",
        "The groups differ (17 oak and 3 ash; χ²(2) = 9.80, p = 0.007), a difference of 12 boards.",
        "Oak is 20 boards ahead of elm. Against ash, 71 held only in oak and 27 only in ash (χ² = 19.8).",
    ),
)
def paired_counts(document: Document) -> Iterator[Hit]:
    """The statistic must be that of the two counts, so that no other pair can be meant."""
    if not document.has(_SPOKEN.pattern):
        return
    for block in document.blocks:
        if block.kind not in ("text", "item", "quote", "caption") or not re.search(
            r"\d", block.flat
        ):
            continue
        text = digits(block.flat)
        found = list(_pairs(text)) if _SPOKEN.search(text) else []
        for index, pair in enumerate(found):
            since = found[index - 1].statistic.end if index else 0
            if number := _astray(document, block, text, pair, since):
                yield _hit(
                    block,
                    number,
                    f"{number.text} is said, but {pair.one.text} one way and {pair.other.text} the other "
                    f"(their statistic is {pair.statistic.text}) are {pair.net} on balance.",
                )
            if len(found) == 1 and (number := _balance(text, pair)):
                yield _hit(
                    block,
                    number,
                    f"{number.text} on balance is said; {pair.one.text} one way and {pair.other.text} the "
                    f"other are {pair.net}.",
                )
            if share := _no_share(document, block, text, pair):
                yield _hit(
                    block,
                    share,
                    f"{pair.one.text} one way and {pair.other.text} the other are {pair.net} on balance, "
                    f"which is {share.text} of no number that the draft names.",
                )
            if p := _impossible_p(text, pair):
                yield _hit(
                    block,
                    pair.statistic,
                    f"{pair.one.text} and {pair.other.text} give {pair.statistic.text}, "
                    f"which is p = {p_chi2(pair.statistic.value, 1):.2g}, not {p}.",
                )


def _pairs(text: str) -> Iterator[_Pair]:
    """Neighbouring counts with the statistic that follows from them."""
    bounds = list(spans(text))
    found = numbers(text)
    for at, (start, end) in enumerate(bounds):
        until = bounds[at + 1][1] if at + 1 < len(bounds) else end
        before = bounds[at - 1][0] if at else start
        counts = [
            n for n in found if start <= n.start < end and _is_count(n)
            and not _SETTING.search(text[max(n.start - 4, 0) : n.start])
        ]  # fmt: skip
        for one, other in pairwise(counts):
            if one.value == other.value or other.start - one.end > _REACH:
                continue
            for n in found:
                far = not other.end <= n.start <= min(other.end + _REACH + 60, until)
                if (
                    n.decimals < 1
                    or n.unit != "plain"
                    or far
                    or not _STATED.search(text[: n.start])
                ):
                    continue
                if n.rounds(_mcnemar(one, other, 0)) or n.rounds(_mcnemar(one, other, 1)):
                    yield _Pair(one, other, n, start, end if n.start < end else until, before)
                    break


def _is_count(number: Number) -> bool:
    return number.decimals <= 0 and number.unit == "plain" and number.value >= 1


def _mcnemar(one: Number, other: Number, correction: int) -> float:
    gap = abs(one.value - other.value) - correction
    return gap * gap / (one.value + other.value)


def _astray(document: Document, block: Block, text: str, pair: _Pair, since: int) -> Number | None:
    """The change that the words put beside a pair, where it is none that the pair gives."""
    first, last = sorted((pair.one, pair.other), key=lambda n: n.start)
    opened = text.rfind("(", 0, first.start)
    bracketed = opened >= pair.start and ")" not in text[opened : first.start]
    own = _counted(text, max(pair.start, since), first.start)
    behind = [n for n in _counted(text, last.end, pair.end) if n.start != pair.statistic.start]
    earlier = _counted(text, max(pair.before, since), pair.start)
    reach = [*earlier, *own, *behind]
    stated = any(_changed(text, n) for n in reach)
    gaps = {abs(a.value - b.value) for a, b in combinations(reach, 2)} if not stated else set()
    if pair.net in gaps | {n.value for n in reach}:
        return None
    if bracketed:
        own = [n for n in own if n.end <= opened]
        close = [n for n in own if _changed(text, n) or (_said(text, n) and n.value != pair.all)]
        if not close and own and own[-1].value < pair.all and _beside(text, own[-1], opened, first):
            close = own[-1:]
    else:
        close = [n for n in (*earlier, *own) if _changed(text, n) or (n in own and _said(text, n))]
        close = close[-1:]
    if len(close) != 1 and not (bracketed and close):
        return None
    number = close[0] if bracketed else close[-1]
    if not 0.5 <= number.value / pair.net <= 2:
        return None
    adjacent = bracketed and not re.search(r"\d", text[number.end : opened])
    if not adjacent and everywhere(document).elsewhere(number, block):
        return None
    return number


_NET = re.compile(
    r"^[^.]*\.\s+[Oo]f the (?P<n>\d{1,3}(?:,\d{3})+|\d+)(?: [a-z]+){1,3} on balance\b"
)


def _balance(text: str, pair: _Pair) -> Number | None:
    """`Of the 396 boards saved on balance, …` right behind the sentence of the only pair."""
    after = re.sub(r"\d\.\d", lambda m: m[0].replace(".", "_"), text[pair.statistic.end :])
    match = _NET.match(after)
    if match is None:
        return None
    at_ = pair.statistic.end + match.start("n")
    said = next((n for n in numbers(text) if n.start == at_), None)
    if said is None or said.value in (pair.net, pair.all) or not 0.5 <= said.value / pair.net <= 2:
        return None
    return said


def _no_share(document: Document, block: Block, text: str, pair: _Pair) -> Number | None:
    """The one change in points beside a pair, where the balance is that share of nothing named."""
    masked = _SPREAD.sub(lambda match: " " * len(match[0]), text)
    found = [n for n in numbers(masked) if pair.start <= n.start < pair.end and n.unit == "points"]
    if len(found) != 1 or found[0].decimals < 1 or everywhere(document).elsewhere(found[0], block):
        return None
    wholes = {int(n) for n in _whole_numbers(document) if n >= pair.all}
    named = [n for match in _OF_WHOLE.finditer(text) if (n := printed(match[1])) >= pair.all]
    if not named or any(found[0].agrees(100 * pair.net / whole) for whole in wholes):
        return None
    return found[0]


def _whole_numbers(document: Document) -> Iterator[float]:
    everything = digits(document.everything)
    return (n.value for n in numbers(everything, names=True) if _is_count(n))


_VERB = re.compile(
    r"\b(?:worth|remov|loosen|los|gain|add|cost|repair|break|clos|sav|fix|lower|rais|delet|flip|win|stop)\w*"
    r"(?: [a-z][\w-]*| \d-[a-z]+){0,3}\s+$|\bby(?: only| just)? +$"
)


def _said(text: str, number: Number) -> bool:
    """Whether a verb of change has the number as its object, or it is what something differs by."""
    return _VERB.search(text[: number.start][-60:]) is not None


def _beside(text: str, number: Number, opened: int, first: Number) -> bool:
    """`and local glue 32 (51 lost, 19 gained …`: nothing between a number and its two counts."""
    return not text[number.end : opened].strip() and first.start == opened + 1


def _changed(text: str, number: Number) -> bool:
    return is_result(text, number) or changes(text, number)


def _counted(text: str, start: int, end: int) -> list[Number]:
    """Counts in a stretch of text, without those inside intervals."""
    masked = _SPREAD.sub(lambda match: " " * len(match[0]), text)
    return [
        n
        for n in numbers(masked)
        if start <= n.start and n.end <= end and _is_count(n)
        if not masked[: n.start].rstrip().endswith("=")
    ]


def _impossible_p(text: str, pair: _Pair) -> str:
    """A p right behind the statistic that is less than its own, or much more."""
    match = _NEXT.match(text[pair.statistic.end :])
    name = re.search(r"(?:=|of|is|squared)\s*$", text[: pair.statistic.start])
    if match is None or name:
        return ""  # one with its name is read elsewhere
    said, real = float(match["p"]), p_chi2(pair.statistic.value + pair.statistic.half, 1)
    ulp = 10.0 ** -(len(match["p"].partition(".")[2]))
    return match["p"] if said + ulp < real else ""


def _hit(block: Block, number: Number, message: str) -> Hit:
    return Hit(block.line_at(number.start), message, quote=block.flat, end=block.last_line)


RULES = (paired_counts,)
