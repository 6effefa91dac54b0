"""Percentages against the counts beside them."""

import re
from collections.abc import Iterator
from itertools import product

from ..document.model import Document, Table
from ..rule import Hit, at, rule
from .values import numbers
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


RULES = (percent_count, impossible_share, percent_of_what)
