"""Estimates against their own intervals, in sentences and in tables."""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .estimates import estranged
from .roles import REPORTED, role
from .table_intervals import cells, columns, inside
from .values import numbers, printed

_N = r"[-−]?\d*\.?\d+"
_TO = r"\s?%?\s*(?:,|–|—|-|to|;)\s*"
_WORD = r"(?:CI|(?:confidence |credible |bootstrap |Wilson |exact )*intervals?)"
# An interval that says so: 95% CI [a, b]; with a 95% interval from a to b.
_SAID = re.compile(
    rf"\b{_WORD}[:,]?\s*(?:of |from |is |=\s?)?[(\[]?\s*(?P<a>{_N}){_TO}(?P<b>{_N})(?![\d.]*\s*of\b)"
)
# Estimate and interval side by side, all three printed alike: .92 [.89, .94].
_BESIDE = re.compile(
    r"(?<![\w.])(?P<e>[-−]?\d*\.\d+)\s?%?\s*\[\s*(?P<a>[-−]?\d*\.\d+)\s?%?\s*(?:,|;|to|–|-)\s*"
    r"(?P<b>[-−]?\d*\.\d+)\s?%?\s*\]"
)
# The level behind the ends: 0.33 (0.41 to 0.52, 95% interval).
_TAILED = re.compile(
    rf"(?<![\w.])(?P<e>{_N})\s?%?\s*[(\[]\s*(?P<a>{_N})\s?%?\s*(?:,|;|to|–)\s*(?P<b>{_N})\s?%?\s*[,;]\s*"
    rf"(?:9\d|80|68)(?:\.\d)?\s?%\s*{_WORD}"
)
# An interval right behind its estimate and the unit of that, or behind a semicolon in one bracket
# with it; the last digit of the estimate may be one more than the ends have.
_ADJACENT = re.compile(
    rf"(?<![\w.,/])(?P<e>{_N})\s?%?(?:\s(?:percentage )?[a-z][a-z-]*)?[,]?\s?(?:\((?:9\d|80|68)?(?:\.\d)?\s?%?\s?{_WORD}[:,]?"
    rf"|\[(?:(?:9\d|80|68)\s?%\s)?(?:{_WORD}[:,]?)?|{_WORD}[:,]?)\s?(?P<a>{_N})\s?%?\s?(?:,|–|—|to|;)\s?(?P<b>{_N})"
    rf"\s?%?(?P<close>[\])]?)"
)
_SEMICOLON = re.compile(rf"\((?P<e>{_N})\s?%?\s?;\s(?P<a>{_N})\s?%?\s(?:to)\s(?P<b>{_N})\s?%?\)")
# (1.30–3.16; t(32) = 4.89, P < 0.001): ends and test in one bracket.
_WITH_TEST = re.compile(
    rf"(?<![\w.,/])(?P<e>{_N})\s?%?(?:\s[a-z][a-z-]*)?\s\((?P<a>{_N})\s?%?\s?(?:–|to|,)\s?(?P<b>{_N})\s?%?[;,] "
    r"(?:t|z|F|χ²|p|P)\s?(?:\([^()]*\))?\s?[=<]"
)
# A whole number is an estimate where it is said of something: `the gap is 725 steps`, `later by 40`.
_PREDICATE = re.compile(r"\b(?:by|is|was)(?: only| just)?\s$")
# One in brackets alone, where the sentence speaks of intervals: 81 of 100 (72 to 88).
_BARE = re.compile(rf"(?<=\s)[(\[](?P<a>{_N})\s?%?\s*(?:to|–)\s*(?P<b>{_N})\s?%?[)\]]")
_BETWEEN = re.compile(
    r"[\s,;(\[]*(?P<words>(?:[A-Za-z][\w-]*\s+){0,4}?)[\s,;(\[]*(?:p\s*[<=>]\s*[\d.]+[,;]?\s*)?"
    r"(?:with |and )?(?:an? |its |the )?(?:\d\d(?:\.\d+)?\s?%\s?)?"
    r"(?:(?:bootstrap|percentile|cluster(?:ed)?|credible|confidence|Wilson|exact|BCa)\s)*$"
)
_STATISTIC = re.compile(
    r"[(,;\s]*(?:paired |two-sided )?(?:[tFzZU]|χ²|χ2)\s*(?:\(\d[\d,.\s]*\))?\s*=\s*[-−]?[\d.]*\d[,;]?\s*$"
)
# What stands between an estimate and its interval and is neither: a spread, a p, the two that were
# compared.
_ASIDE = re.compile(
    r"[(,;]\s*(?:(?:SDs?|[Ss]\.?[Dd]\.|SEM?|standard (?:deviations?|errors?))\b[^\d.;:()]{0,40}\d*\.?\d+"
    r"|\$?p[^\s\d<=>]{0,12}\s*[<=>]\s*[\d.]+(?:\s?[×x]\s?10\S+)?"
    r"|[-−]?\d*\.?\d+\s?%?\s(?:vs\.?|versus|against)\s[-−]?\d*\.?\d+\s?%?)\s*[,;]\s*$"
)
_COUNT = re.compile(r"(?<![\w.,])(?P<k>\d[\d,]*) (?:out )?of (?:the )?(?P<n>\d[\d,]*)$")


@rule(
    "outside-interval",
    "numbers",
    "an estimate outside its own interval, or an interval upside down",
    severity="major",
    rationale="An estimate lies inside its confidence interval; else one of the three is wrong.",
    source="seed, 'Get the stats right'",
    fix="Check the estimate and both ends of its interval.",
    fires=(
        "The gain is 0.42 (95% CI 0.45 to 0.60).",
        "Accuracy is 81.0% [95% CI 86.1, 78.2].",
        "The correlation is r(142) = 0.82, p < 0.001, with a 95% interval from 0.58 to 0.76.",
        "It refuses 87 of 100 (95% interval 79 to 92) before and 67 of 100 harmless ones (72 to 88) after.",
        "A difference of 1.6 layers (paired t(95) = 5.72, p < 0.001; 95% interval 2.4 to 4.8).",
        "It recovers 0.76 of the difference of the loss, 95% bootstrap interval [0.55, 0.71].",
        "The edit lowers it by 0.27 nats more in the original wording (95% CI [0.33, 0.49]).",
        "The mean AUC is .83 [.89, .94] over stories.",
        "We estimate 0.33 (0.41 to 0.52, 95% interval).",
        "Accuracy climbs to 0.971 (SD over seeds 0.011; 95 % CI 0.903–0.931).",
        "Over five nights the wet rope is 3.47 kN worse than the dry one, 95% CI [3.03, 3.37].",
        "Hold climbs to 0.895 at hour 14 (SD over nights 0.011; 95 % CI 0.903–0.931) and falls to 0.870.",
        "From 39.3% to 20.0%, a drop of 12.4 points [15.0, 23.6] at 95%.",
        "The pump moves 0.601 of its load in the 1.4K model (95% CI 0.67 to 0.90).",
        "The gap is 631 steps (95% CI 658 to 792), and it comes 1504 steps later.",
        "From there to 3.89, a further drop of 2.54 (0.54–2.08; t(36) = 3.45, P = 0.001).",
        "Drying is delayed by 1504 days (CI 1690 to 2310).",
        "It holds 886 of 2,000 (44.3 %; interval 42.1 to 46.5) and 388 of 2,000 dry (16.6 %; 17.7 to 21.2).",
        "| Probe | AUC |\n|---|---|\n| a | 0.64 [0.66, 0.74] |\n| b | 0.70 [0.66, 0.74] |",
        "| Layer | Accuracy | Interval |\n|---|---|---|\n| 4 | 82.2 | 83.4 to 87.4 |\n"
        "| 6 | 91.5 | 89.8 to 92.9 |",
    ),
    quiet=(
        "The gain is 0.52 (95% CI 0.45 to 0.60).",
        "The gain is 0.52, 95% CI [0.45, 0.60], and 52% (95% CI 45–60%).",
        "It recovers 0.63 of the difference of the loss, 95% bootstrap interval [0.55, 0.71].",
        "The pump moves 0.786 of its load in the 1.4K model (95% CI 0.67 to 0.90).",
        "From 39.3% to 20.0%, a drop of 19.3 points [15.0, 23.6] at 95%.",
        "The gap is 725 steps (95% CI 658 to 792), on a set of 631 boards (95% CI 658 to 792).",
        "It holds 886 of 2,000 (44.3 %; interval 42.1 to 46.5) and 388 of 2,000 dry (19.4 %; 17.7 to 21.2).",
        "It was 0.40 before the change and the interval of the change is [0.55, 0.71].",
        "We estimate 0.43 (0.41 to 0.52, 95% interval).",
        "The mean AUC is .92 [.89, .94], see [12, 14]; the scale is 0.5 (0.6, 0.9).",
        "Of 120 prompts we kept 40 (95% CI 31 to 50).",
        "It refuses 87 of 100 (95% interval 79 to 92) and 45 of 60 (95% interval 63 to 84).",
        "A difference of 3.6 layers (paired t(95) = 5.72, p < 0.001; 95% interval 2.4 to 4.8).",
        "Accuracy climbs to 0.917 at layer 14 (SD over seeds 0.011; 95 % CI 0.903–0.931).",
        "It is small (t(159) = 6.32, p < 0.001, SD of the difference 0.12, CI 0.04 to 0.08).",
        "They are later by 3.4 blocks (18.6 vs 15.2; interval 2.9 to 3.9).",
        "The difference between 12 and 40 heads has a 95% interval from 0.1 to 0.3.",
        "| Layer | Accuracy | Gain | Interval |\n|---|---|---|---|\n| 4 | 82.2 | 3 | 80.4 to 87.4 |\n"
        "| 6 | 91.5 | 4 | 89.8 to 92.9 |",
    ),
)
def outside_interval(document: Document) -> Iterator[Hit]:
    """Compare every estimate with the interval printed behind it."""
    speaks, block = False, None
    for sentence in document.sentences:
        hits = list(_beside(sentence))
        if sentence.block is not block:
            speaks, block = False, sentence.block
        for match in _SAID.finditer(sentence.text):
            speaks = True
            hits += _compared(sentence, match)
        if speaks:
            for match in _BARE.finditer(sentence.text):
                hits += _compared(sentence, match)
            for match in _SEMICOLON.finditer(sentence.text):
                hits += _adjacent(sentence, match)
        for match in (*_ADJACENT.finditer(sentence.text), *_WITH_TEST.finditer(sentence.text)):
            hits += _adjacent(sentence, match)
        yield from hits
        for found, low, high in estranged(sentence.text) if not hits else ():
            message = f"{found.text} lies outside its own interval, {low} to {high}."
            yield at(sentence, message, found.start)
    for table in document.tables:
        yield from cells(table)
        yield from columns(table)


def _beside(sentence: Sentence) -> Iterator[Hit]:
    for match in (*_BESIDE.finditer(sentence.text), *_TAILED.finditer(sentence.text)):
        digits = {len(match[name].partition(".")[2]) for name in "eab"}
        value, low, high = (printed(match[name]) for name in "eab")
        if len(digits) == 1 and low < high and not low <= value <= high:
            yield at(
                sentence,
                f"{match['e']} lies outside its own interval, {match['a']} to {match['b']}.",
                match.start(),
            )


def _adjacent(sentence: Sentence, match: re.Match[str]) -> Iterator[Hit]:
    e, a, b = (match[name] for name in "eab")
    places = [len(text.partition(".")[2]) for text in (e, a, b)]
    value, low, high = (printed(text) for text in (e, a, b))
    if places[1] != places[2] or not 0 <= places[0] - places[1] <= 1 or not low < high:
        return
    own = [n for n in numbers(sentence.text) if n.start == match.start("e")]
    if own and role(sentence.text, own[0]) not in REPORTED:
        return
    whole = not _PREDICATE.search(sentence.text[: match.start()]) or low < 10
    if places[0] == 0 and whole:
        return
    near = low - 3 * (high - low) <= value <= high + 3 * (high - low)
    if near and not low <= round(value, places[1]) <= high:
        yield at(sentence, f"{e} lies outside its own interval, {a} to {b}.", match.start())


_WORDS_BETWEEN = re.compile(
    r"(?P<unit>\s?%)?(?P<words>[^\d.;:%\[\]]{0,90}?)"
    r"(?:[(,;]\s*)?(?:with |and )?(?:an? |its |the )?(?:\d\d(?:\.\d+)?\s?%\s?)?"
    r"(?:(?:bootstrap|confidence|credible|Wilson|exact|percentile|t|Clopper-Pearson|two-sided)\s)*$"
)


_SIZE = re.compile(r"(?<![\w.])\d[\d.]*[A-Za-z]\w*")  # the 1.4B model


def _far(sentence: Sentence, match: re.Match[str], before: str) -> Iterator[Hit]:
    """The estimate some words before its interval: printed as finely as both ends, and near them."""
    low, high = match["a"], match["b"]
    places = {len(text.partition(".")[2]) for text in (low, high)}
    ends = printed(low), printed(high)
    if len(places) != 1 or not ends[0] < ends[1]:
        return
    found = numbers(before, names=True)
    if (
        found
        and re.match(r"\d\d(?:\.\d+)?\s?%$", found[-1].text)
        and re.search(r"\d\d(?:\.\d+)?\s?%[- ]?\s?(?:[a-zA-Z-]+\s){0,3}\(?$", before)
    ):
        found = found[:-1]  # the level of the interval
    if not found:
        return
    last = found[-1]
    gap = _WORDS_BETWEEN.fullmatch(_SIZE.sub("model", before[last.end :]))
    finer = last.decimals - min(places)
    if min(places) < 1 or gap is None or finer not in (0, 1) or role(before, last) not in REPORTED:
        return
    if re.search(r"\b(?:and|but|while|whereas|than|versus|vs|where|when|if)\b", gap["words"]):
        return
    width = ends[1] - ends[0]
    outside = not ends[0] <= last.value <= ends[1]
    if outside and ends[0] - 3 * width <= last.value <= ends[1] + 3 * width:
        yield at(
            sentence,
            f"{last.text} lies outside its own interval, {low} to {high}.",
            match.start(),
        )


_LEVEL = re.compile(r"(?:an? |its |the )?\d\d(?:\.\d+)?\s?%\s*$")


def _without_asides(before: str) -> tuple[str, bool]:
    """The text before an interval without what stands between it and its estimate."""
    level = _LEVEL.search(before)
    kept, cut = (before[: level.start()], False) if level else (before, False)
    while aside := _ASIDE.search(kept):
        kept, cut = kept[: aside.start()] + " ", True
    return (kept, True) if cut else (before, False)


def _compared(sentence: Sentence, match: re.Match[str]) -> Iterator[Hit]:
    low, high = printed(match["a"]), printed(match["b"])
    if low > high:
        yield at(
            sentence, f"the interval runs from {match['a']} down to {match['b']}.", match.start()
        )
        return
    before, _ = _without_asides(sentence.text[: match.start()])
    whole = before
    gap = _BETWEEN.search(before)
    words = gap["words"] if gap else ""
    before = before[: gap.start()] if gap else before
    if statistic := _STATISTIC.search(before):
        before = before[: statistic.start()]
        unit = re.search(r"(?<=\d)\s?(?:[a-z]+ ?){1,3}$", before)
        words, before = " ", before[: unit.start()] if unit else before
    found = numbers(before, names=True)
    if not found or found[-1].end < len(before.rstrip()):
        yield from _far(sentence, match, whole)
        return
    last = found[-1]
    if role(before, last) == "p":
        return
    if whole[last.end : last.end + 1].isalpha():
        yield from _far(sentence, match, whole)  # the 1.4B model (95% CI …): a name
        return
    values, slack = [last.value], 2 * last.half
    if count := _COUNT.search(before):
        of = printed(count["n"])
        values = [printed(count["k"]), printed(count["k"]) / of if of else 0.0]
        slack = 0.0
    elif last.decimals <= 0 and last.unit == "plain" and (words or high <= 1 < last.value):
        return  # a count of something else
    if not any(inside(value, low, high, slack) for value in values):
        shown = count[0] if count else last.text
        yield at(
            sentence,
            f"{shown} lies outside its own interval, {match['a']} to {match['b']}.",
            match.start(),
        )


RULES = (outside_interval,)
