"""A test statistic, its degrees of freedom and its p must fit together."""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .p_ranges import ADJUSTED, MOST_TESTS, UNKNOWN, last_digit, p_range, p_said
from .rows_of_tests import rows_of_tests

_N = r"[-−–]?\d*\.?\d+"
_TEST = re.compile(
    rf"(?<![\w])(?P<name>t|F|z|Z|r|χ\s?\^?2|χ²|chi\^?2|chi-squared?)\s*"
    rf"(?:\(\s*(?P<df>\d*\.?\d+)\s*(?:,\s*(?P<df2>[^()]{{1,20}}?))?\s*\))?\s*=\s*(?P<value>{_N})"
    rf"\s*[,;]?\s*(?:[^.;()]{{0,25}}?[,;]\s*)?(?<![\w])[pP](?:_\{{?(?:adj|corr|[A-Z])[A-Za-z]*\}}?)?\s*(?P<sign>[=<>≤])\s*(?P<p>\d?\.\d+"
    rf"(?:\s?[×x·]\s?10(?:\s?\^?\s?[-−–]\s?\d+|⁻[⁰¹²³⁴-⁹]+)|e[-−]\d+)?)",
)
_DF = r"(?P<df>\d{1,3}(?:,\d{3})+|\d*\.?\d+)"
_HOW = (
    r"(?:and |two-sided |two-tailed |uncorrected |unadjusted |adjusted |corrected |raw |nominal )?"
)
_P_SAID = (
    r"[pP](?:[- ]value|_\{?(?:adj|corr|[A-Z])[A-Za-z]*\}?)?\s*(?:(?P<sign>[=<>≤])|(?:of|is|was)(?=\s))\s*(?P<p>\d?\.\d+"
    r"(?:\s?[×x·]\s?10(?:\s?\^?\s?[-−–]\s?\d+|⁻[⁰¹²³⁴-⁹]+)|e[-−]\d+)?)"
)
_WITH_DF = re.compile(
    rf"(?<![\w])(?P<name>t|χ²|χ2|chi-squared?)\s*=\s*(?P<value>{_N})\s*[,;(]*\s*(?:df\s*=\s*{_DF}|(?:(?:with|on) )?(?P<dfw>\d+) "
    rf"(?:df|degrees? of freedom))\)?\s*[,;]?\s*{_HOW}{_P_SAID}"
)
# The same in other orders: words or brackets between the two, p first, df in words, r with its n.
_OTHER_FORMS = (
    re.compile(
        rf"(?<![\w])(?P<name>t|F|z|Z|r|χ\s?\^?2|χ²|chi\^?2|chi-squared?)\s*"
        rf"(?:\(\s*{_DF}\s*(?:,\s*(?P<df2>[^()]{{1,20}}?))?\s*\))?\s*(?:=|of|is)\s*(?P<value>{_N})"
        rf"(?:\s*[,;]?\s*\(|[^.;()\dpP]{{1,45}}?)\s*{_HOW}(?<![\w]){_P_SAID}"
    ),
    re.compile(
        rf"(?<![\w]){_P_SAID}\s*[,;]?\s*(?:\(|by |from |with )?(?:an? )?(?:[a-z'’-]+ ){{0,3}}?"
        rf"(?P<name>t|F|z|Z|χ\s?\^?2|χ²)\s*(?:\(\s*{_DF}\s*(?:,\s*(?P<df2>[^()]{{1,20}}?))?\s*\))?\s*=\s*(?P<value>{_N})"
    ),
    re.compile(rf"(?<![\w])(?P<name>χ²|chi-squared?)\s(?P<value>{_N})\s*,\s*{_HOW}{_P_SAID}"),
    re.compile(
        rf"(?<![\w])(?P<name>r|ρ|rho)\s*=\s*(?P<value>{_N})\s*[,;(]*\s*[nN]\s*=\s*(?P<n>\d+)\s*[,;]?\s*{_P_SAID}"
    ),
)
_INDEXED = re.compile(r"\bp_\{?[A-Za-z]")
_RAW = re.compile(r"\s*\(?(?:before|uncorrected|unadjusted|without correction)\b")
# t = 1.2, t = 3.4 and t = 5.6, all with p < 0.001
_LISTED = re.compile(
    rf"(?<![\w])(?P<name>t|z|χ\s?\^?2|χ²|chi-squared?)\s*(?:\(\s*{_DF}\s*\))?\s*=\s*(?P<value>{_N})"
)
_FOR_ALL = re.compile(rf"(?:^|,?\s)(?:all|each|both)(?: [a-z]+){{0,2}} {_HOW}(?<![\w]){_P_SAID}")
_NOT = re.compile(r"\b(?:not|no|non|in)[\s-]?(?:\w+\s)?significant|\bn\.s\.|insignificant", re.I)
_P = re.compile(r"(?<![\w])[pP]\s*(?P<sign>[=<>≤])\s*(?P<p>\d?\.\d+)(?![\d×e])")


@rule(
    "p-value",
    "numbers",
    "p does not follow from the test statistic and its degrees of freedom",
    severity="major",
    rationale="The statistic and its degrees of freedom fix p; where they disagree one is wrong.",
    source="Nuijten et al. 2016, statcheck: doi 10.3758/s13428-015-0664-2",
    fix="Compute p again from the statistic and its degrees of freedom, and correct the wrong one.",
    fires=(
        "Nothing moves: 16 mended, 19 broken (χ² = 0.26, 1 df, p = 0.012).",
        "The probe differs from chance, t(38) = 1.20, p = .02.",
        "The layers differ, F(2, 57) = 1.10, p < .001.",
        "Counts depend on the prompt, χ²(1) = 2.00, p = .01.",
        "It differs, χ²(1) = 21.10, p = 4.4 × 10⁻².",
        "The doors differ by the t-test: t(142) = 6.17 (p = 0.21).",
        "There was a difference (p = .34, t(38) = 5.20), and the sum gives z = 4.10 with a two-sided p of 0.17.",
        "They differ, t = 6.17 with 142 degrees of freedom, p = 0.21; r = 0.46, n = 144, p = 0.21.",
        "The orders agree (ρ = 0.61, n = 120, p = 0.34). They differ (F(2, 49) = 32.7, P = 0.34).",
        "Letters differ (χ²=31.5, df=4, P=0.34).",
        "It costs little (t = 1.00, p = 0.012), and more later (χ² = 4.76, df = 1, uncorrected p = 0.34).",
        "The gap is 725 steps (t(7) = 25.6, adjusted p = 0.34).",
        "Only oak differs after Bonferroni correction (t(38) = 2.52, p = 0.21 before and 0.048 after).",
        "They lie apart, χ²(1) = 95.6, χ²(1) = 78.9 and χ²(1) = 136.6, all with adjusted p = 0.21.",
        "The choices differ (t(159) = 6.32, p_H = 0.21).",
        "They lie apart:\n\n- oak (χ²(1) = 95.6),\n- ash (χ²(1) = 78.9),\n\nall with adjusted p = 0.21.",
        "We use McNemar's test. They differ (78 against 24; chi-squared 28.6, corrected p = 0.17).",
        "Table 1: Doors. p is Holm-adjusted.\n\n| Door | χ²(1) | p |\n|---|---|---|\n| oak | 11.2 | 0.004 |\n"
        "| ash | 0.86 | 0.021 |",
    ),
    quiet=(
        "Nothing moves: 16 mended, 19 broken (χ² = 0.26, 1 df, p = 0.61). The rest does (χ² = 283.6, 4 df, p < 0.001).",
        "The probe differs from chance, t(38) = 2.43, p = .02.",
        "The layers differ, F(2, 57) = 9.20, p < .001, and z = 2.58, p = .01.",
        "A one-sided test gives t(20) = 1.80, p = .043. Then χ²(1, N = 90) = 7.50, p = .006.",
        "The correlation is r(48) = .31, p = .03.",
        "The doors differ by the t-test: t(38) = 2.43 (p = .02); z = 1.20 (Holm-adjusted p = .9).",
        "They differ, t = 2.43 with 38 degrees of freedom, p = 0.02; r = 0.31, n = 50, p = 0.03.",
        "It costs little (t = 1.00, p = 0.32), and more later (χ² = 4.76, df = 1, uncorrected p = 0.029).",
        "Only oak differs after Bonferroni correction (t(38) = 2.52, p = 0.016 before and 0.048 after).",
        "They lie apart, χ²(1) = 95.6, χ²(1) = 78.9 and χ²(1) = 136.6, all with adjusted p < 0.0001.",
        "The choices differ (t(159) = 6.32, p_H < 0.001).",
        "The gap is 725 steps (t(7) = 3.74, adjusted p = 0.021; t(7) = 3.74, unadjusted p = 0.007).",
        "Table 1: Doors. p is Holm-adjusted.\n\n| Door | χ²(1) | p |\n|---|---|---|\n| oak | 11.2 | 0.002 |\n"
        "| ash | 0.86 | 0.36 |",
        "McNemar's test was used. The towns do not differ (chi-squared = 5.65, df = 3, p = 0.13).",
        "We got p = .02 for the doors and, for windows, t(38) = 1.20.",
        "It differs, χ²(1) = 21.10, p = 4.4 × 10⁻⁶; so does t(97.8) = 4.90, p = 3.8 × 10^-6.",
    ),
)
def p_value(document: Document) -> Iterator[Hit]:
    """Recompute every p that stands beside its statistic, in sentences and in rows of tables."""
    one_sided = document.has(r"one[- ](?:sided|tailed)|directional")
    one_df = document.has(r"McNemar") and not document.has(
        r"(?:χ²|χ\^?2|chi-squared?)\s?(?:\((?!1\b)\d|[^()]{0,20}\bdf\s?=\s?(?!1\b)\d)"
    )
    for sentence in document.sentences:
        for match, around in _reported(sentence.text):
            said = _wrong(match, around, one_sided, one_df)
            if said:
                yield at(sentence, said, match.start())
        yield from _shared(document, sentence, one_sided)
    for table in document.tables:
        for row, text, around in rows_of_tests(table):
            for match, _ in _reported(text):
                said = _wrong(match, around, one_sided, one_df, 20.0 * len(table.rows))
                if said:
                    yield Hit(row.line, f"{table.name}: {said}", quote=" | ".join(row.cells))


def _shared(document: Document, sentence: Sentence, one_sided: bool) -> Iterator[Hit]:
    """One p for several statistics, which every one of them must allow."""
    text = sentence.text
    for match in _FOR_ALL.finditer(text):
        ahead = text[: match.start()] if match.start() > 1 else _items_before(document, sentence)
        tests = list(_LISTED.finditer(ahead))
        if len(tests) < 2 or re.search(r"(?<![\w])p\s*[=<>≤]|\.\s", ahead[tests[0].start() :]):
            continue
        adjusted = bool(ADJUSTED.search(match[0]))
        for test in tests:
            found = {**test.groupdict(), "df2": None}
            possible = p_range(found, one_sided=one_sided, adjusted=adjusted, one_df=False)
            if possible is not None and not _allows(*possible, match["p"], match["sign"] or "="):
                yield at(
                    sentence,
                    f"“{match[0].strip(' ,')}”: {test[0]} gives p = {possible[0]:.2g}.",
                    match.start(),
                )
                break


def _items_before(document: Document, sentence: Sentence) -> str:
    """The list that a sentence goes on after: `- χ²(1) = 8.1, … all with p < 0.01`."""
    at_ = document.blocks.index(sentence.block)
    found: list[str] = []
    while at_ and document.blocks[at_ - 1].kind == "item" and sentence.start == 0:
        at_ -= 1
        found.insert(0, document.blocks[at_].flat)
    return " ".join(found)


def _allows(low: float, high: float, text: str, sign: str) -> bool:
    """Whether a p with its sign fits the range that its statistic allows."""
    said, ulp = p_said(text), last_digit(text)
    if sign == "=":
        return low - ulp < said < high + ulp
    return low < said + (1e-12 if sign == "<" else ulp) if sign in "<≤" else high > said


def _wrong(
    match: re.Match[str], around: str, one_sided: bool, one_df: bool, most: float = MOST_TESTS
) -> str:
    """What is wrong with a p; nothing if the statistic allows it, corrected for so many tests at most."""
    adjusted = bool(ADJUSTED.search(around) or _INDEXED.search(match[0])) and not re.search(
        r"unadjusted|uncorrected", match[0]
    )
    possible = p_range(
        match.groupdict(), one_sided=one_sided, adjusted=adjusted, one_df=one_df, most=most
    )
    if possible is None:
        return ""
    low, high = possible
    said = p_said(match["p"])
    fits = _allows(low, high, match["p"], match["sign"] or "=")
    if fits or (match["name"] in ("ρ", "rho") and 0.1 * low < said < 10 * high):
        return ""  # for ranks the t distribution is a rough guide
    found = f"{low:.2g}" if high - low < 0.1 * low else f"{low:.2g} to {high:.2g}"
    flips = (said < 0.05) != (low < 0.05)
    if adjusted:
        return f"“{match[0].strip()}”: this statistic gives p = {low:.2g} before any adjustment."
    return f"“{match[0].strip()}”: this statistic gives p = {found}" + (
        ", on the other side of .05." if flips else "."
    )


def _reported(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Statistics with their p, each p once, and the words that may say how p was corrected."""
    seen: set[int] = set()
    for pattern in (_WITH_DF, _TEST, *_OTHER_FORMS):
        for match in pattern.finditer(text):
            around = text[max(match.start() - 60, 0) : match.end()]
            if _RAW.match(text[match.end() :]):
                around = ""
            groups = match.groupdict()
            unread = re.search(r"\bdf\b|degrees", match[0])
            if unread and not (groups.get("df") or groups.get("dfw")):
                continue
            if {match.start("p"), match.start("value")} & seen or UNKNOWN.search(match[0]):
                continue
            seen |= {match.start("p"), match.start("value")}
            yield match, around


@rule(
    "significance-word",
    "numbers",
    "'significant' or 'not significant' against the p beside it",
    severity="major",
    rationale="A verdict that its own p contradicts is a slip, and readers remember the verdict.",
    source="Nuijten et al. 2016 (decision errors); seed, 'Get the stats right'",
    fix="Correct the verdict or the p; if another threshold is meant, say which.",
    fires=(
        "The difference is significant (p = 0.31).",
        "The effect is not significant (p = .002).",
    ),
    quiet=(
        "The difference is significant (p = 0.003).",
        "The effect is not significant (p = .31).",
        "After Bonferroni correction the effect is not significant (p = .002).",
        "The difference is significant (p = 0.003) but the interaction is not (p = 0.4).",
    ),
)
def significance_word(document: Document) -> Iterator[Hit]:
    """Compare a verdict with the only p of its sentence."""
    if document.has(
        r"bonferroni|holm|fdr|benjamini|corrected (?:threshold|alpha|level)|α\s*=|alpha ="
    ):
        return
    for sentence in document.sentences:
        found = list(_P.finditer(sentence.text))
        verdicts = re.findall(r"significan", sentence.text, re.I)
        if len(found) != 1 or len(verdicts) != 1:
            continue
        yield from _against(sentence, found[0])


def _against(sentence: Sentence, match: re.Match[str]) -> Iterator[Hit]:
    p, sign = p_said(match["p"]), match["sign"]
    negative = _NOT.search(sentence.text)
    other = re.search(r"\b(?:but|while|whereas|only|if|whether|unless|would)\b", sentence.text)
    if other:
        return
    if negative and p <= 0.01 and sign in "=<≤":
        yield at(sentence, f"“{match[0]}” stands beside “{negative[0]}”.", match.start())
    elif not negative and p > 0.1 and sign in "=>" and re.search(
        r"\bsignificant(?:ly)?\b", sentence.text, re.I
    ):  # fmt: skip
        yield at(sentence, f"“{match[0]}” stands beside “significant”.", match.start())


RULES = (p_value, significance_word)
