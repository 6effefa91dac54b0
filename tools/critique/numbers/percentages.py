"""Percentages against the counts beside them, and changes against their ends."""

import re
from collections.abc import Iterator

from ..document.model import Document, Table
from ..rule import Hit, at, rule
from .values import Number, numbers

_HEDGE = r"(?:about|around|roughly|nearly|almost|over|under|some|approximately|≈|~|more than|less than|at least|at most|up to)"
_COUNT = r"(\d{1,3}(?:,\d{3})+|\d+)"
_OF = (
    rf"(?<![\w.,/]){_COUNT}\s*(?:/|(?:out )?of(?: the| all| our)?)\s*{_COUNT}(?![\w/]|[.,]\d|\s?%)"
)
_PERCENT = r"(?<![\w.,])(\d{1,3}(?:\.\d+)?)\s?(?:%|percent)"
_WORDS = r"(?:\s[A-Za-z][\w'-]*){0,6}"
_COUNT_FIRST = re.compile(
    rf"{_OF}{_WORDS}\s*(?:\(|,\s|=\s?|:\s|—\s?|–\s?|or\s)\s*(?:i\.e\.,? )?{_PERCENT}"
)
_SHARE_FIRST = re.compile(rf"{_OF}{_WORDS}\s*(?:\(|=\s?)\s*(0?\.\d+|1\.0+)(?![\d%]|\s?[%,–-])")
_TOTAL_FIRST = re.compile(
    rf"\bOf (?:the |all |all the )?{_COUNT}{_WORDS}, {_COUNT}{_WORDS}\s*\({_PERCENT}\)"
)
_PERCENT_FIRST = re.compile(rf"{_PERCENT}{_WORDS}\s*\(\s*{_OF}")
_NOUN = (
    r"(?:\w+\s){0,2}(?:prompts|examples|samples|pairs|sentences|items|cases|questions|trials|runs|"
    r"latents|features|neurons|heads|completions|responses|replies|documents|words|participants)"
)
_SHARE_OF_N = re.compile(rf"{_PERCENT} of (?:the |our |all |all the )?{_COUNT} ({_NOUN})\b")


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


_SMALL = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
_WRITTEN = re.compile(rf"\b({'|'.join(_SMALL)})(?= (?:out )?of (?:the )?\d)", re.I)
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


def _wrong_shares(text: str) -> Iterator[tuple[str, int]]:
    # The same length, so that offsets stay.
    text = _WRITTEN.sub(lambda m: str(_SMALL.index(m[1].lower()) + 2).rjust(len(m[1]), " "), text)
    tests = (
        (_COUNT_FIRST, (1, 2, 3), 100.0, "%"),
        (_SHARE_FIRST, (1, 2, 3), 1.0, ""),
        (_PERCENT_FIRST, (2, 3, 1), 100.0, "%"),
        (_TOTAL_FIRST, (2, 1, 3), 100.0, "%"),
    )
    for pattern, (a, b, c), scale, unit in tests:
        for match in pattern.finditer(text):
            count, total, printed = _int(match[a]), _int(match[b]), match[c]
            if not total > 0 or count > total or _is_interval(text, match):
                continue
            lead = text[max(match.start(c) - 12, 0) : match.start(c)]
            if re.search(rf"{_HEDGE}\s*$", lead) or _fits(count, total, printed, scale):
                continue
            real = scale * count / total
            digits = len(printed.split(".")[1]) if "." in printed else 0
            yield (
                f"{count} of {total} is {real:.{digits}f}{unit}, not {printed}{unit}.",
                match.start(),
            )


def _is_interval(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() :]
    inside = match[0]
    return (
        re.match(r"\s*(?:CI\b|confidence|credible|interval|Wilson|bootstrap|upper|lower)", after)
        is not None
        or re.search(r"\bCI\b|interval|chance|baseline|versus|vs\.?\b", inside) is not None
        or re.match(r"\s*[-–]\s*\d", after) is not None
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
    rf"(?<![\w.,/–-])(?<!of )(?<!out of the ){_COUNT} (?!of\b|out\b|and\b)(?:[a-z][\w-]* ){{1,3}}\({_PERCENT}\)"
)


@rule(
    "percent-of-what",
    "numbers",
    "a count with a percentage that no number of the draft makes it",
    severity="minor",
    rationale="463 cases are 92.6% of 500; if nothing in the draft has 500 of anything, one is wrong.",
    source="Brown and Heathers 2017, GRIM: doi 10.1177/1948550616673876",
    fix="Write both numbers, '463 of 500 (92.6%)', and divide again.",
    fires=("We wrote 500 prompts. The model is right in 463 cases (96.2%).",),
    quiet=(
        "We wrote 500 prompts. The model is right in 463 cases (92.6%).",
        "In 3 runs (5%) it failed. It is right in 463 cases (about 90%).",
    ),
)
def percent_of_what(document: Document) -> Iterator[Hit]:
    """Look for a whole that gives the percentage, among all numbers of the draft."""
    wholes: set[int] | None = None
    for sentence, match in document.find(_LONE.pattern):
        count, printed = _int(match[1]), match[2]
        if count < 20 or "." not in printed:
            continue
        if wholes is None:
            found = re.findall(
                r"(?<![\w.])\d{1,3}(?:,\d{3})+|(?<![\w.,])\d{2,6}(?![\w.]|,\d)", document.everything
            )
            wholes = {_int(text) for text in found}
        sums = {a + b for a in wholes for b in wholes} if len(wholes) < 200 else set()
        if not any(w >= count and _fits(count, w, printed) for w in wholes | sums if w != count):
            yield at(
                sentence,
                f"{count} is {printed}% of no number that the draft names.",
                match.start(),
            )


_Q = r"[-−]?\d[\d,]*(?:\.\d+)?(?:\s?%)?"
_CHANGE = re.compile(
    rf"\bfrom (?P<a>{_Q}) to (?P<b>{_Q})\s*(?:\(|,\s?|—\s?|–\s)\s*(?:(?:an?|i\.e\.,?) )?"
    rf"(?:(?:\w+ ){{0,3}}(?:of|by) )?(?P<c>{_Q}(?:\s?(?:percentage points|points|pp))?)"
    rf"(?P<rest>[^),.;]{{0,40}})"
)
_BY = re.compile(
    rf"\b(?P<verb>\w+) by (?P<c>{_Q}(?:\s?(?:percentage points|points|pp))?),? "
    rf"(?:\(|,\s)?from (?P<a>{_Q}) to (?P<b>{_Q})"
)
_GAP_OF = re.compile(
    r"\b(?P<a>\d+\.\d+)(?: [^\d.,;:()]{2,40})? and (?P<b>\d+\.\d+)(?: [^\d.,;:()]{2,40})?"
    r"(?:: |, |; )(?:so )?a (?:gap|difference) of (?P<c>\d+\.\d+)(?P<rest>)"
)
_ENDS_BEHIND = re.compile(
    rf"\b(?:by|is|of) (?P<c>{_Q}(?:\s?(?:percentage points|points|pp)))(?P<rest>)[^.();,\d]{{0,30}}(?:\d+ )?"
    rf"\((?P<a>{_Q}) (?:to|against|versus|vs\.?) (?P<b>{_Q})\)"
)
_KIND = re.compile(
    r"drop|fall|decreas|reduc|declin|increas|gain|improv|ris|rose|fell|grow|grew|jump|change|"
    r"differen|relative|point|lower|higher|up|down|cut|more|less|better|worse"
)


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
    ),
    quiet=(
        "Accuracy rises from 60% to 75% (a gain of 15 points).",
        "Accuracy rises from 60% to 75%, a 25% relative improvement.",
        "The loss falls by 0.8, from 2.0 to 1.2; that is a 40% reduction.",
        "The rate goes from 10% to 20% (95% CI of the change 4 to 16).",
        "At layer 6 the gap is 8.1 points (92.1 against 84.0), by layer 12 it is 3 points (2 to 4).",
        "It moved from 3 to 5, 12 prompts were left out.",
    ),
)
def change(document: Document) -> Iterator[Hit]:
    """Compare a change with its two ends: difference, relative change, factor."""
    for sentence in document.sentences:
        for pattern in (_CHANGE, _BY, _ENDS_BEHIND, _GAP_OF):
            for match in pattern.finditer(sentence.text):
                words = sentence.text[max(match.start() - 40, 0) : match.end()]
                rest = match.groupdict().get("rest") or ""
                said = f"{match['c']} {rest}" if pattern is _CHANGE else words
                if pattern is _CHANGE and not _KIND.search(
                    match[0][match.end("b") - match.start() :]
                ):
                    continue
                if re.search(r"\bCI\b|interval|p\s*[=<]|±|about|roughly|nearly|almost", said):
                    continue
                parts = [numbers(match[name], names=True) for name in "abc"]
                if not all(parts):
                    continue
                a, b, c = (part[0] for part in parts)
                factor = re.search(r"factor|times|fold|×|relative", words + said) is not None
                if not _explains(a, b, c, factor):
                    yield at(
                        sentence,
                        f"from {match['a']} to {match['b']} is {abs(b.value - a.value):.4g}"
                        + (f" ({abs(b.value / a.value - 1):.0%} relative)" if a.value else "")
                        + f", not {match['c']}.",
                        match.start(),
                    )


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
