"""Percentages against the counts beside them, and changes against their ends."""

import re
from collections.abc import Iterator
from itertools import combinations, product

from ..document.model import Document, Sentence, Table
from ..rule import Hit, at, rule
from .values import Number, numbers
from .words import digits

_HEDGE = (
    r"(?:about|around|roughly|nearly|almost|over|under|some|approximately|≈|~|more than|less than|"
    r"at least|at most|up to|just)"
)
_COUNT = r"(\d{1,3}(?:,\d{3})+|\d+)"
_WHOSE = r"(?:\s(?:the|all|our|these|those|its|their|my|a total of))*"
_SPLIT = rf"(?:\s?/\s?|\s(?:out\s)?of{_WHOSE}\s+|\samong{_WHOSE}\s+)"
_OF = rf"(?<![\w.,/]){_COUNT}{_SPLIT}{_COUNT}(?![\w/]|[.,]\d|\s?%)"
_PERCENT = r"(?<![\w.,+–-])(\d{1,3}(?:\.\d+)?|\.\d+)\s?(?:%|percent\b|per cent\b)"
# What may stand between a count and its percentage: words, never another number.
_GAP = r"[^\d;:()\[\]]{0,90}?"
_SHORT = r"(?:(?!,\s(?:and|but|while|whereas|with)\b)[^\d;:()\[\]]){0,60}?"
_SAYS = r"(?:i\.e\.,?\s|or\s|that is,?\s|which is\s|a rate of\s|a share of\s|=\s?)*"
_CLAUSE = r"(?:\(\s*|,\s|\s?=\s?|:\s|\s?[—–]\s?|\sor\s)"
_COUNT_FIRST = re.compile(rf"{_OF}(?:{_GAP}\(\s*|{_SHORT}{_CLAUSE}){_SAYS}{_PERCENT}")
_SHARE_FIRST = re.compile(
    rf"{_OF}(?:{_GAP}\(\s*|{_SHORT}{_CLAUSE}){_SAYS}(0?\.\d+|1\.0+)(?![\d%]|\s?[%,–-])"
)
_TOTAL_FIRST = re.compile(
    rf"\b(?:[Oo]f|[Aa]mong|[Oo]ut of|[Ff]rom){_WHOSE} {_COUNT}{_GAP},? (?:we \w+ )?"
    rf"{_COUNT}{_GAP}\((?:or |i\.e\.,? )?{_PERCENT}"
)
_WHICH = re.compile(
    rf"(?<![\w.,/]){_COUNT}{_GAP},? (?:of|among) (?:which|whom|these|them),? {_COUNT}{_GAP}"
    rf"(?:\(|, )(?:or |i\.e\.,? )?{_PERCENT}"
)
_PERCENT_FIRST = re.compile(rf"{_PERCENT}{_SHORT}(?:\(\s*|, |[—–]\s?|: ){_OF}")
_NOUN = (
    r"(?:\w+\s){0,2}(?:prompts|examples|samples|pairs|sentences|items|cases|questions|trials|runs|"
    r"latents|features|neurons|heads|completions|responses|replies|documents|words|participants)"
)
_SHARE_OF_N = re.compile(rf"{_PERCENT} of (?:the |our |all |all the )?{_COUNT} ({_NOUN})\b")
_OTHERS = re.compile(
    r"\bCI\b|interval|chance|baseline|versus|\bvs\b|against|compared|\bthan\b|whereas|while\b|"
    r"(?:respectively|majority|threshold|confidence|accuracy)\b",
    re.I,
)


def _int(text: str) -> int:
    return int(text.replace(",", ""))


def _fits(count: int, total: int, printed: str, scale: float = 100.0) -> bool:
    digits = len(printed.split(".")[1]) if "." in printed else 0
    return abs(scale * count / total - float(printed)) < 10.0**-digits * (1 - 1e-9)


@rule(
    "percent-count",
    "numbers",
    "a percentage that its own counts do not give",
    severity="major",
    rationale="Count and percentage say the same thing twice; where they differ one is wrong.",
    source="Brown and Heathers 2017, GRIM: doi 10.1177/1948550616673876",
    fix="Divide the counts again and correct the percentage or the count.",
    fires=(
        "The probe is right on 45 of 60 prompts (85%).",
        "In 31.2% of the replies (26/80) the word appears.",
        "It recovers the answer in 12/40 = 32% of cases.",
        "It was right on 45/60 (0.85).",
        "Of 330 items about either of the two, 59 (14.0%) get the other label.",
        "Among the 24 raters who saw one, thirteen gave a high score (64.2%).",
        "Twenty-three of 144 heads (13.0%) pass the threshold.",
        "We removed what the model does not know (84 of 384, or 16.6%).",
        "We read 300 of them, of which 66 (31.7%) are clear; 18 among 90 chats (25%) are not.",
        "The rate is 40%: 14 of the 20 prompts.",
        "Of all 384 heads, 341 (95.9%) have no effect. Seventeen of 144 heads (10.3%) have one.",
        "| Arm | Marked |\n|---|---|\n| a | 31 (25.8%) |\n| b | 33 (27.5%) |\n| c | 35 (29.2%) |\n"
        "| d | 97 (98.6%) |",
        "| Model | Right |\n|---|---|\n| small | 30/60 (60%) |",
    ),
    quiet=(
        "The probe is right on 45 of 60 prompts (75%).",
        "In 32.5% of the replies (26/80) the word appears.",
        "2 of 3 (66%) and 2 of 3 (67%) are both fine; so is 12/40 = 30%, and 45/60 (0.75).",
        "It is right on 45 of 60 prompts, 95% confidence interval 0.63 to 0.84.",
        "We keep 3 of 12 heads (95% CI 1 to 5).",
        "Of 330 items about either of the two, 59 (17.9%) get the other label.",
        "Twenty-three of 144 heads (16.0%) pass; 3 of 12 heads do so in 40% of the layers.",
        "It solves 12 of 40 prompts, 55% more than before, and 4 of 10 (chance: 50%).",
    ),
)
def percent_count(document: Document) -> Iterator[Hit]:
    """Divide every count that stands beside its percentage."""
    for sentence in document.sentences:
        for message, offset in _wrong_shares(sentence.text):
            yield at(sentence, message, offset)
    for table in document.tables:
        yield from _one_share(table)
        for row in table.rows:
            for cell in row.cells:
                for message, _ in _wrong_shares(cell):
                    yield Hit(row.line, f"{table.name}: {message}", quote=" | ".join(row.cells))


_CELL = re.compile(r"^\s*(\d+)\s*\((\d{1,3}\.\d+)\s?%\)\s*$")


def _one_share(table: Table) -> Iterator[Hit]:
    """`31 (25.8%)` down a column: one whole explains every row but one."""
    for column in range(1, len(table.header)):
        rows = [
            (row, match)
            for row in table.rows
            if column < len(row.cells) and (match := _CELL.match(row.cells[column]))
        ]
        if len(rows) < 4:
            continue
        guesses = {round(100 * int(m[1]) / float(m[2])) for _, m in rows if float(m[2]) > 0}
        for whole in guesses:
            wrong = [(row, m) for row, m in rows if not _fits(int(m[1]), whole, m[2])]
            if whole and len(wrong) == 1:
                row, match = wrong[0]
                real = 100 * int(match[1]) / whole
                yield Hit(
                    row.line,
                    f"{table.name}: the other rows are shares of {whole}; {match[1]} of it is "
                    f"{real:.1f}%, not {match[2]}%.",
                    quote=" | ".join(row.cells),
                )
                return


def _wrong_shares(sentence: str) -> Iterator[tuple[str, int]]:
    tests = (
        (_COUNT_FIRST, (1, 2, 3), 100.0, "%"),
        (_SHARE_FIRST, (1, 2, 3), 1.0, ""),
        (_PERCENT_FIRST, (2, 3, 1), 100.0, "%"),
        (_TOTAL_FIRST, (2, 1, 3), 100.0, "%"),
        (_WHICH, (2, 1, 3), 100.0, "%"),
    )
    taken: dict[int, bool] = {}  # where a percentage is printed, and whether a count gives it
    wrong: dict[int, tuple[str, int]] = {}
    # Number words as they stand, too: 'either of the two' is no count.
    texts = dict.fromkeys((sentence, digits(sentence)))
    for (pattern, (a, b, c), scale, unit), text in product(tests, texts):
        for match in pattern.finditer(text):
            count, total, printed = _int(match[a]), _int(match[b]), match[c]
            if not total > 0 or count > total or _is_interval(text, match):
                continue
            lead = text[max(match.start(c) - 12, 0) : match.start(c)]
            if re.search(r"\b[A-Za-zρχ²]{1,4}\s*=\s*$", lead):
                continue  # p = 0.11
            fits = _fits(count, total, printed, scale)
            taken[match.start(c)] = taken.get(match.start(c), False) or fits
            if re.search(rf"{_HEDGE}\s*\(?$", lead) or fits:
                continue
            real = scale * count / total
            digits_ = len(printed.split(".")[1]) if "." in printed else 0
            message = f"{count} of {total} is {real:.{digits_}f}{unit}, not {printed}{unit}."
            wrong.setdefault(match.start(c), (message, match.start()))
    yield from (found for at, found in wrong.items() if not taken[at])


def _is_interval(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() :]
    return (
        re.match(
            r"\s*(?:CI\b|confidence|credible|interval|Wilson|bootstrap|upper|lower|more|less|fewer|"
            r"better|worse|higher|of (?:the )?(?:other|rest|remain))",
            after,
        )
        is not None
        or _OTHERS.search(match[0]) is not None
        or re.match(r"\s*(?:[-–→]|to)\s*\d", after) is not None
    )


@rule(
    "impossible-share",
    "numbers",
    "a percentage that no count out of the stated n can give",
    severity="major",
    rationale="Out of 60 prompts only multiples of 1/60 are possible.",
    source="Brown and Heathers 2017, GRIM: doi 10.1177/1948550616673876",
    fix="Give the count beside the percentage and correct the one that is wrong.",
    fires=("The model answers 74.3% of the 60 prompts correctly.",),
    quiet=(
        "The model answers 73.3% of the 60 prompts correctly, and 75% of 60 prompts later.",
        "Averaged over five seeds, the model answers 74.3% of the 60 prompts correctly.",
        "The model answers about 74% of the 60 prompts.",
    ),
)
def impossible_share(document: Document) -> Iterator[Hit]:
    """Look for a whole count that gives the percentage."""
    for sentence, match in document.find(_SHARE_OF_N.pattern):
        if re.search(
            r"averag|mean|seeds|runs|draws|weighted|estimate|resampl", sentence.text, re.I
        ):
            continue
        total = _int(match[2])
        before = sentence.text[: match.start()]
        if total == 0 or total > 5000 or re.search(rf"{_HEDGE}\s*$", before, re.I):
            continue
        near = round(float(match[1]) * total / 100)
        if not any(_fits(k, total, match[1]) for k in (near - 1, near, near + 1)):
            yield at(
                sentence,
                f"no whole number out of {total} is {match[1]}% (nearest: {near} of {total} = "
                f"{100 * near / total:.2f}%).",
                match.start(),
            )


_LONE = re.compile(
    rf"(?<![\w.,/–-])(?<!of )(?<!of the )(?<!among )(?<!among the ){_COUNT}(?! (?:of|out|and|among)\b)"
    rf"((?: [^\W\d][\w-]*){{0,5}}) \((?:or |i\.e\.,? )?{_PERCENT}\)"
)


@rule(
    "percent-of-what",
    "numbers",
    "a count with a percentage that no number of the draft makes it",
    severity="minor",
    rationale="463 cases are 92.6% of 500; if nothing in the draft has 500 of anything, one is wrong.",
    source="Brown and Heathers 2017, GRIM: doi 10.1177/1948550616673876",
    fix="Write both numbers, '463 of 500 (92.6%)', and divide again.",
    fires=(
        "We wrote 500 prompts. The model is right in 463 cases (96.2%).",
        "A friend labelled 150 of the replies again. We agreed on 138 (75%).",
    ),
    quiet=(
        "We wrote 500 prompts. The model is right in 463 cases (92.6%).",
        "In 3 runs (5%) it failed. It is right in 463 cases (about 90%).",
        "A friend labelled 150 of the replies again. We agreed on 138 (92%).",
        "Its false alarms, 20.0 per hundred, are 36 among 180 user chats (20.0%) in all.",
    ),
)
def percent_of_what(document: Document) -> Iterator[Hit]:
    """Look for a whole that gives the percentage, among all numbers of the draft."""
    wholes: set[int] | None = None
    for sentence in document.sentences:
        text = digits(sentence.text) if "%" in sentence.text else ""
        for match in _LONE.finditer(text):
            count, printed = _int(match[1]), match[3]
            if _name_before(text, match.start()) or _OTHERS.search(match[2]):
                continue
            # A small count is some percentage of nearly every number.
            if count < (12 if "." in printed else 100) or float(printed) >= 100:
                continue
            if wholes is None:
                wholes = _wholes(document)
            if not any(w >= count and _fits(count, w, printed) for w in wholes if w != count):
                yield at(
                    sentence,
                    f"{count} is {printed}% of no number that the draft names.",
                    match.start(),
                )


def _name_before(text: str, offset: int) -> bool:
    return not numbers(text[:offset] + "0")[-1:] or bool(
        re.search(r"[A-Za-z]{2,} $", text[:offset])
        and re.search(r"(?:layers?|heads?|steps?|seeds?|positions?) $", text[:offset], re.I)
    )


def _wholes(document: Document) -> set[int]:
    """Every count of the draft, sums of two in one sentence, and sums of columns."""
    pattern = r"(?<![\w.])\d{1,3}(?:,\d{3})+|(?<![\w.,])\d{1,6}(?![\w]|\.\d|,\d)"
    found = {_int(text) for text in re.findall(pattern, digits(document.everything))}
    for sentence in document.sentences:
        own = [_int(text) for text in re.findall(pattern, digits(sentence.text))][:12]
        found |= {a + b for a in own for b in own} | {abs(a - b) for a in own for b in own}
        found |= {sum(own)}
    for table in document.tables:
        for column in range(len(table.header)):
            cells = [row.cells[column] for row in table.rows if column < len(row.cells)]
            counts = [_int(m[1]) for c in cells if (m := re.match(rf"\s*{_COUNT}(?![.\d])", c))]
            found |= {sum(counts[: i + 1]) for i in range(len(counts))}
    return found


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
_MOVES = (
    r"(?:drop|fall|decreas|reduc|declin|increas|gain|improv|ris|grow|jump|chang|lower|rais|shrink|"
    r"climb|los|cost|beat|exceed|outperform|trail|lead|lag|short|boost|sink|slip|add|cut|drift|"
    r"shift|mov|differ|fell|rose|grew|lost|sank|is up|up|down)\w*"
)
# The size of a change: in points; 'a gap of 3.1'; 'falls by 3.1'; 'costs 3.1'.
_SIZE = re.compile(
    rf"(?:(?P<points>{_Q}){_POINTS}"
    rf"|\b(?:an? |the )?(?:absolute |total |mean |net )?(?:gap|difference|drop|gain|loss|fall|rise|increase|"
    rf"decrease|change|improvement|reduction|margin|cost|shift|decline) of (?:only |just )?(?P<of>{_Q})"
    rf"|\b{_MOVES}(?: [^\d.,;:()]{{1,60}}?)? by (?:another |only |just )?(?P<by>{_Q}))(?!\d|\.\d|\s?(?:times|x\b|×|fold|-fold))"
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
        "Accuracy rises from 60% to 75% (a gain of 25 points).",
        "The loss falls by 0.5, from 2.0 to 1.2.",
        "At layer 6 the gap is 9.4 points (92.1 against 84.0).",
        "The mean is 0.776 for clean runs and 0.064 for corrupted runs: a gap of 0.847.",
        "The gain at the third strength is 63 percentage points over no steering (18% → 67%).",
        "On-topic replies fall by 20 points at that strength (from 97% to 81%).",
        "Its score falls by 37.2 points between the format it was found on (81.7%) and the other "
        "one (40.5%).",
        "The probe is right on 86.0%, a bag of words on 78.4%. It knows more, by 9.6 points.",
    ),
    quiet=(
        "Accuracy rises from 60% to 75% (a gain of 15 points).",
        "Accuracy rises from 60% to 75%, a 25% relative improvement.",
        "The loss falls by 0.8, from 2.0 to 1.2; that is a 40% reduction.",
        "The rate goes from 10% to 20% (95% CI of the change 4 to 16).",
        "At layer 6 the gap is 8.1 points (92.1 against 84.0), by layer 12 it is 3 points (2 to 4).",
        "It moved from 3 to 5, 12 prompts were left out.",
        "The gain is 49 percentage points over no steering (18% → 67%).",
        "Accuracy rises from 60% to 75%, 12 points more than with a prompt.",
        "It is right on 86.0% and words on 78.4%. Fifteen such probes differ by 4.1 points.",
        "The rating rises from 3.1 to 3.9 on a scale of 5 points.",
    ),
)
def change(document: Document) -> Iterator[Hit]:
    """Compare a change with its two ends: difference, relative change, factor."""
    cells: set[float] | None = None
    before: Sentence | None = None
    for sentence in document.sentences:
        text = sentence.text
        for match in _GAP_OF.finditer(text):
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
    own = [n for n in numbers(text) if n.start != size.start and n.unit != "points"]
    near = [*own, *(numbers(before.text) if before else [])]
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
        kind = [n for n in found if n.unit == "percent" and n.decimals <= size.decimals]
        if len({n.value for n in kind}) == 2 and len(kind) == 2 and sizes == 1:
            shift = abs(kind[0].value - kind[1].value)
            if 0.55 * shift < abs(size.value) < 1.7 * shift:
                return kind[0].text, kind[1].text
            return None
    return None


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
    slack = a.half + b.half + 2 * c.half + 1e-9
    ways = [(shift, slack)]
    if max(abs(a.value), abs(b.value)) <= 1 and c.unit != "plain":
        ways.append((100 * shift, 100 * (a.half + b.half) + 2 * c.half))
    if c.unit == "percent" or factor:
        for over, under in ((a, b), (b, a)):
            if under.value:
                ratio = abs(over.value / under.value)
                spread = (over.half + ratio * under.half) / abs(under.value)
                scale = 100 if c.unit == "percent" else 1
                ways += [(scale * x, scale * spread + 2 * c.half) for x in (abs(ratio - 1), ratio)]
    return any(abs(said - way) <= room for way, room in ways)


RULES = (percent_count, impossible_share, percent_of_what, change)
