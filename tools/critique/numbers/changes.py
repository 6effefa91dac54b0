"""Changes against their ends: a difference, a relative change, a factor."""

import re
from collections.abc import Iterator
from itertools import combinations

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .shares import exact
from .values import Number, numbers

_Q = r"[-−]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s?%)?"
_POINTS = r"\s?(?:-?\s?(?:percentage|accuracy|per cent) points|points?|pp|p\.p\.)\b"
# Two ends of a change, as a draft names them.
_ENDS = re.compile(
    rf"(?:\bfrom (?P<a>{_Q})(?: [^\d.,;:()]{{1,30}}?)? (?:down |up )?to (?P<b>{_Q})"
    rf"|(?<![\w.])(?P<c>{_Q})\s?(?:→|->|⟶) ?(?P<d>{_Q})"
    rf"|[(:] ?(?P<e>{_Q})(?: [^\d.;:()]{{1,30}}?)? (?:to|against|versus|vs\.?|compared (?:with|to)) "
    rf"(?:only )?(?P<f>{_Q})"
    rf"|(?<![\w.])(?P<g>{_Q})(?: [^\d.,;:()]{{1,40}}?)?,? (?:against|versus|vs\.?|compared (?:with|to)) "
    rf"(?:only )?(?P<h>{_Q})"
    rf"|\bbetween (?P<i>{_Q})(?: [^\d.;:()]{{1,30}}?)? and (?P<j>{_Q}))(?!\d|\.\d)"
)
_GAP_OF = re.compile(
    r"\b(?P<a>\d+\.\d+)(?: [^\d.,;:()]{2,40})? and (?P<b>\d+\.\d+)(?: [^\d.,;:()]{2,40})?"
    r"(?:: |, |; )(?:so )?a (?:gap|difference) of (?P<c>\d+\.\d+)"
)
# from 7.4 to 5.2, a drop of 2.2, and from there to 3.9, a further drop of 1.3
_ONWARD = re.compile(
    rf"\bto (?P<a>{_Q})(?!\d|\.\d)(?:(?!\bto \d).)*? from there (?:down |up )?to (?P<b>{_Q}),? (?:an? )?(?:further )?"
    rf"(?:gap|difference|drop|gain|loss|fall|rise|increase|decrease) of (?P<c>{_Q})(?!\d|\.\d)"
)
_MOVES = (
    r"(?:drop|fall|decreas|reduc|declin|increas|gain|improv|ris|grow|jump|chang|lower|rais|shrink|"
    r"climb|los|cost|beat|exceed|outperform|trail|lead|lag|short|boost|sink|slip|add|cut|drift|"
    r"shift|mov|differ|fell|rose|grew|lost|sank|is up|up|down)\w*"
)
# The size of a change: in points; 'a gap of 3.1'; 'falls by 3.1'; 'costs 3.1'.
_SIZE = re.compile(
    rf"(?:(?P<points>{_Q}){_POINTS}"
    rf"|\b(?:an? |the )?(?:absolute |total |mean |net )?(?:gap|difference|drop|gain|loss|fall|rise|increase|"
    rf"decrease|change|improvement|reduction|margin|cost|shift|decline) of (?:only |just )?(?P<of>{_Q})(?:{_POINTS})?"
    rf"|\b{_MOVES}(?: [^\d.,;:()]{{1,60}}?)? by (?:another |only |just )?(?P<by>{_Q})(?:{_POINTS})?)(?!\d|\.\d|\s?(?:times|x\b|×|fold|-fold))"
)
_LOOSE = re.compile(
    r"about|around|roughly|nearly|almost|approximately|at least|at most|more than|less than|up to|over|"
    r"under|some|≈|~|±|within|every|each|to|between|CI|interval|threshold|scale|[–\[-]"
)
_LEFT = re.compile(rf"(?:{_LOOSE.pattern})\s*$")


@rule(
    "change",
    "numbers",
    "a stated change that its two ends do not give",
    severity="major",
    rationale="'From 60 to 75, a gain of 25 points' contradicts itself.",
    source="seed, 'Get the stats right'",
    fix="Compute the difference (points) or the ratio (relative per cent) again, and say which.",
    fires=(
        "The mean falls from 7.43 to 5.20, a drop of 2.23 (t(32) = 4.9), and from there to 3.89, a further drop of 1.66.",
        "Accuracy rises from 60% to 75% (a gain of 25 points).",
        "The loss falls by 0.5, from 2.0 to 1.2.",
        "At layer 6 the gap is 9.4 points (92.1 against 84.0).",
        "The mean is 0.776 for clean runs and 0.064 for corrupted runs: a gap of 0.847.",
        "The gain at the third strength is 63 percentage points over no steering (18% → 67%).",
        "On-topic replies fall by 20 points at that strength (from 97% to 81%).",
        "Its score falls by 37.2 points between the format it was found on (81.7%) and the other "
        "one (40.5%).",
        "Sales went from 45 of 60 stalls (75%) to 43 of 60 (71.7%), a change of 3.0 points; elsewhere "
        "they stood at 44 (73.3%).",
        "Nineteen of the 24 tasters (79.2%) liked it, as against 13 of the 24 others (54.2%): a gap of "
        "28 percentage points.",
        "The probe is right on 86.0%, a bag of words on 78.4%. It knows more, by 9.6 points.",
    ),
    quiet=(
        "The mean falls from 7.43 to 5.20, a drop of 2.23 (t(32) = 4.9), and from there to 3.89, a further drop of 1.31.",
        "Accuracy rises from 60% to 75% (a gain of 15 points).",
        "Accuracy rises from 60% to 75%, a 25% relative improvement.",
        "The loss falls by 0.8, from 2.0 to 1.2; that is a 40% reduction.",
        "The rate goes from 10% to 20% (95% CI of the change 4 to 16).",
        "At layer 6 the gap is 8.1 points (92.1 against 84.0), by layer 12 it is 3 points (2 to 4).",
        "It moved from 3 to 5, 12 prompts were left out.",
        "The gain is 49 percentage points over no steering (18% → 67%).",
        "Accuracy rises from 60% to 75%, 12 points more than with a prompt.",
        "It is right on 86.0% and words on 78.4%. Fifteen such probes differ by 4.1 points.",
        "Sales went from 45 of 60 stalls (75%) to 43 of 60 (71.7%), a change of 3.3 points; elsewhere "
        "they stood at 44 (73.3%).",
        "It is 81.0% in May and 79.5% in June, a lead of 6.0 points over the other town.",
        "The rating rises from 3.1 to 3.9 on a scale of 5 points.",
    ),
)
def change(document: Document) -> Iterator[Hit]:
    """Compare a change with its two ends: difference, relative change, factor."""
    cells: set[float] | None = None
    before: Sentence | None = None
    for sentence in document.sentences:
        text = sentence.text
        for match in (*_GAP_OF.finditer(text), *_ONWARD.finditer(text)):
            a, b, c = (numbers(match[name], names=True)[0] for name in "abc")
            if not _explains(a, b, c, factor=False):
                yield at(sentence, _from_to(match["a"], match["b"], match["c"]), match.start())
        sizes = [
            (m, size)
            for m in _SIZE.finditer(text)
            if (size := _size(m)) and not _LEFT.search(text[: size.start][-14:])
        ]
        if sizes:
            last = before if before and before.block is sentence.block else None
            if cells is None:
                cells = _cell_changes(document)
            for match, size in sizes:
                if found := _unexplained(text, last, match, size, cells, len(sizes)):
                    yield at(sentence, _from_to(*found, size.text), match.start())
        before = sentence


def _from_to(a: str, b: str, said: str) -> str:
    one, other = (numbers(text, names=True)[0].value for text in (a, b))
    relative = f" ({abs(other / one - 1):.0%} relative)" if one else ""
    return f"from {a.strip()} to {b.strip()} is {abs(other - one):.4g}{relative}, not {said}."


def _size(match: re.Match[str]) -> Number | None:
    """The size of the change, where it stands in the sentence."""
    name = next(name for name in ("points", "of", "by") if match[name])
    found = numbers(match.string[: match.end()], names=True)
    number = next((n for n in found if n.start >= match.start(name) - 1), None)
    if number is None or re.match(r"\s*(?:of|out of) (?:the )?\d", match.string[match.end() :]):
        return None
    if name == "points" and re.search(
        r"\bscale\b|\bon an?\b|\bgrid\b", match.string[: match.end() + 20]
    ):
        return None
    return number


def _unexplained(
    text: str, before: Sentence | None, match: re.Match[str], size: Number,
    cells: set[float], sizes: int,
) -> tuple[str, str] | None:  # fmt: skip
    """The two ends that do not give the change; None where they do, or where none are certain."""
    around = text[max(match.start() - 40, 0) : match.end() + 30]
    factor = re.search(r"factor|times|fold|×|relative", around) is not None
    own = [n for n in exact(text) if n.start != size.start and n.unit != "points"]
    near = [*own, *(exact(before.text) if before else [])]
    rates = [n for n in own if n.unit == "percent"]
    if size.unit == "points" and len(rates) >= 2:  # counts beside them make no points
        own, near = rates, [n for n in near if n.unit == "percent"]
    if size.unit == "points" and (pair := _apposed(text, match, rates)):
        return None if _explains(*pair, size, factor) else (pair[0].text, pair[1].text)
    if any(_explains(a, b, size, factor) for a, b in combinations(near, 2)):
        return None
    if ends := _ends(text, match, size):
        return ends
    if any(abs(abs(size.value) - step) < 2 * size.half * (1 - 1e-9) for step in cells):
        return None
    # Without a word between them, two numbers of one kind are the ends if there are no others.
    if size.unit != "points" and match["points"] is None and size.decimals <= 0:
        return None
    if re.match(r"[^.;]{0,30}\bthan\b", text[match.end() :]):
        return None
    for found in (own, near):
        kind = [n for n in found if n.unit == "percent"]
        if len({n.value for n in kind}) == 2 and len(kind) == 2 and sizes == 1:
            shift = abs(kind[0].value - kind[1].value)
            if 0.55 * shift < abs(size.value) < 1.7 * shift:
                return kind[0].text, kind[1].text
            return None
    return None


_APPOSED = re.compile(
    r"(?:[:,;(]|\s[—–])\s?(?:(?:so|or|i\.e\.,?|that is,?|which is|making|giving|thus|hence) )?(?:an? )?$"
)


def _apposed(text: str, match: re.Match[str], rates: list[Number]) -> tuple[Number, Number] | None:
    """The two rates that a change is an apposition to: `75% here and 70% there, a drop of 5 points`."""
    pair = [n for n in rates if n.end <= match.start()]
    after = text[match.end() :]
    if len(pair) != 2 or not _APPOSED.search(text[: match.start()]):
        return None
    if re.match(
        r"[^.;,:)]{0,40}\b(?:than|over|against|compared|relative|with respect|above|below)\b", after
    ):
        return None
    if re.search(r"\bCI\b|interval|chance|[;]", text[pair[0].start : match.start()]):
        return None
    return pair[0], pair[1]


def _ends(text: str, match: re.Match[str], size: Number) -> tuple[str, str] | None:
    """Ends in the same sentence that are named as ends, the nearest ones."""
    pairs = []
    for found in _ENDS.finditer(text):
        one, other = (found[x] or "" for x in _names(found))
        parts = [numbers(part, names=True) for part in (one, other)]
        if not all(parts) or found.start() <= size.start < found.end():
            continue
        a, b = parts[0][0], parts[1][0]
        gap = text[min(found.end(), match.end()) : max(found.start(), match.start())]
        shift = abs(a.value - b.value)
        if a.unit != b.unit and "percent" in (a.unit, b.unit) and size.unit == "plain":
            continue
        if re.search(r"[;]|\bCI\b|interval|\bthan\b|\d", gap) or len(gap) > 60:
            continue
        after = text[match.end() :]
        if re.match(r"\s*(?:more|less|fewer|higher|lower|above|below|better|worse) than", after):
            continue
        if shift and 0.4 < abs(size.value) / shift < 2.5:
            pairs.append((one, other))
    return pairs[0] if len(pairs) == 1 else None


def _names(found: re.Match[str]) -> tuple[str, str]:
    names = [name for name in "abcdefghij" if found[name] is not None]
    return names[0], names[1]


def _cell_changes(document: Document) -> set[float]:
    """Differences inside rows and columns of tables, and the cells themselves."""
    found: set[float] = set()
    for table in document.tables:
        grid = [[numbers(cell, names=True)[:3] for cell in row.cells[1:]] for row in table.rows]
        width = max((len(row) for row in grid), default=0)
        lines = [*grid, *([row[i] for row in grid if i < len(row)] for i in range(width))]
        for line in lines:
            values = [n.value for cell in line for n in cell][:60]
            found |= {abs(value) for value in values}
            found |= {abs(a - b) for a, b in combinations(values, 2)}
            found |= {100 * abs(a - b) for a, b in combinations(values, 2) if max(a, b) <= 1}
    return found


def _explains(a: Number, b: Number, c: Number, factor: bool) -> bool:
    """Whether c is the difference of a and b, or (per cent, factors) their ratio."""
    shift, said = abs(b.value - a.value), abs(c.value)
    slack = a.half + b.half + c.half + 1e-9
    ways = [(shift, slack)]
    if max(abs(a.value), abs(b.value)) <= 1 and c.unit != "plain":
        ways.append((100 * shift, 100 * (a.half + b.half) + c.half))
    if c.unit == "percent" or factor:
        for over, under in ((a, b), (b, a)):
            if under.value:
                ratio = abs(over.value / under.value)
                spread = (over.half + ratio * under.half) / abs(under.value)
                scale = 100 if c.unit == "percent" else 1
                ways += [(scale * x, scale * spread + 2 * c.half) for x in (abs(ratio - 1), ratio)]
    return any(abs(said - way) <= room for way, room in ways)


RULES = (change,)
