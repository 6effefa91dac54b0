"""A test statistic, its degrees of freedom and its p must fit together."""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .distributions import p_chi2, p_f, p_normal, p_r, p_t
from .values import RAISED

_N = r"[-−–]?\d*\.?\d+"
_TEST = re.compile(
    rf"(?<![\w])(?P<name>t|F|z|Z|r|χ\s?\^?2|χ²|chi\^?2|chi-squared?)\s*"
    rf"(?:\(\s*(?P<df>\d*\.?\d+)\s*(?:,\s*(?P<df2>[^()]{{1,20}}?))?\s*\))?\s*=\s*(?P<value>{_N})"
    rf"\s*[,;]?\s*(?:[^.;()]{{0,25}}?[,;]\s*)?(?<![\w])p\s*(?P<sign>[=<>≤])\s*(?P<p>\d?\.\d+"
    rf"(?:\s?[×x·]\s?10(?:\s?\^?\s?[-−–]\s?\d+|⁻[⁰¹²³⁴-⁹]+)|e[-−]\d+)?)",
)
_DF = r"(?P<df>\d*\.?\d+)"
_P_SAID = (
    r"p(?:[- ]value)?\s*(?:(?P<sign>[=<>≤])|(?:of|is|was)(?=\s))\s*(?P<p>\d?\.\d+"
    r"(?:\s?[×x·]\s?10(?:\s?\^?\s?[-−–]\s?\d+|⁻[⁰¹²³⁴-⁹]+)|e[-−]\d+)?)"
)
# The same in other orders: words or brackets between the two, p first, df in words, r with its n.
_OTHER_FORMS = (
    re.compile(
        rf"(?<![\w])(?P<name>t|F|z|Z|r|χ\s?\^?2|χ²|chi\^?2|chi-squared?)\s*"
        rf"(?:\(\s*{_DF}\s*(?:,\s*(?P<df2>[^()]{{1,20}}?))?\s*\))?\s*(?:=|of|is)\s*(?P<value>{_N})"
        rf"(?:\s*[,;]?\s*\(|[^.;()\dp]{{1,45}}?)\s*(?:two-sided |two-tailed |exact |uncorrected |raw )?(?<![\w]){_P_SAID}"
    ),
    re.compile(
        rf"(?<![\w]){_P_SAID}\s*[,;]?\s*(?:\(|by |from |with )?(?:an? )?(?:[a-z'’-]+ ){{0,3}}?"
        rf"(?P<name>t|F|z|Z|χ\s?\^?2|χ²)\s*(?:\(\s*{_DF}\s*(?:,\s*(?P<df2>[^()]{{1,20}}?))?\s*\))?\s*=\s*(?P<value>{_N})"
    ),
    re.compile(
        rf"(?<![\w])(?P<name>t|χ²|χ2)\s*=\s*(?P<value>{_N})\s*[,;(]*\s*(?:df\s*=\s*{_DF}|(?:with|on) (?P<dfw>\d+) "
        rf"(?:df|degrees? of freedom))\)?\s*[,;]?\s*(?:and |two-sided )?{_P_SAID}"
    ),
    re.compile(
        rf"(?<![\w])(?P<name>r|ρ|rho)\s*=\s*(?P<value>{_N})\s*[,;(]*\s*[nN]\s*=\s*(?P<n>\d+)\s*[,;]?\s*{_P_SAID}"
    ),
)
# An adjusted p is another number than the one that the statistic gives.
_ADJUSTED = re.compile(
    r"adjusted|corrected p|Bonferroni|Holm|FDR|permut|bootstrap|exact|Fisher|Welch", re.I
)
_NOT = re.compile(r"\b(?:not|no|non|in)[\s-]?(?:\w+\s)?significant|\bn\.s\.|insignificant", re.I)
_P = re.compile(r"(?<![\w])p\s*(?P<sign>[=<>≤])\s*(?P<p>\d?\.\d+)(?![\d×e])")


def _float(text: str) -> float:
    text = text.translate(RAISED).replace("−", "-").replace("–", "-")
    return float(re.sub(r"\s?[×x·]\s?10\s?\^?\s?", "e", text).replace("e- ", "e-"))


def _last_digit(text: str) -> float:
    """One unit of the last printed digit: .01 in `.05`, 1e-7 in `4.4 × 10⁻⁶`."""
    mantissa = re.match(r"\d*\.(\d+)", text)
    places = len(mantissa[1]) if mantissa else 0
    power = re.search(r"(?:10\s?\^?|e)\s?([-+]?\s?\d+)$", text.translate(RAISED).replace("−", "-"))
    return float(10.0 ** (int(power[1].replace(" ", "")) - places if power else -places))


def _p_range(match: re.Match[str], one_sided: bool) -> tuple[float, float] | None:
    """Smallest and largest p that the printed statistic allows, rounding included."""
    text = match["value"].replace("−", "-").replace("–", "-")
    value = abs(float(text))
    digits = len(text.split(".")[1]) if "." in text else 0
    half = 0.5 * 10.0**-digits
    ends = []
    for x in (max(value - half, 0.0), value + half):
        p = _p(match, x)
        if p is None:
            return None
        ends.append(p)
    low, high = min(ends), max(ends)
    return (low / 2 if one_sided else low), high


def _p(match: re.Match[str], x: float) -> float | None:
    name = match["name"]
    if name in "zZ":
        return p_normal(x)
    groups = match.groupdict()
    said = groups.get("df") or groups.get("dfw")
    if said is None and name in ("r", "ρ", "rho") and groups.get("n"):
        said = str(int(groups["n"]) - 2)
    if said is None or float(said) <= 0:
        return None
    df = float(said)
    if name == "F":
        second = re.fullmatch(r"\d*\.?\d+", groups.get("df2") or "")
        return p_f(x, df, float(second[0])) if second and float(second[0]) > 0 else None
    if name == "t":
        return p_t(x, df)
    if name in ("r", "ρ", "rho"):
        return p_r(min(x, 0.999999), df)
    return p_chi2(x, df)


@rule(
    "p-value",
    "numbers",
    "p does not follow from the test statistic and its degrees of freedom",
    severity="major",
    rationale="The statistic and its degrees of freedom fix p; where they disagree one is wrong.",
    source="Nuijten et al. 2016, statcheck: doi 10.3758/s13428-015-0664-2",
    fix="Compute p again from the statistic and its degrees of freedom, and correct the wrong one.",
    fires=(
        "The probe differs from chance, t(38) = 1.20, p = .02.",
        "The layers differ, F(2, 57) = 1.10, p < .001.",
        "Counts depend on the prompt, χ²(1) = 2.00, p = .01.",
        "It differs, χ²(1) = 21.10, p = 4.4 × 10⁻².",
        "The doors differ by the t-test: t(142) = 6.17 (p = 0.21).",
        "There was a difference (p = .34, t(38) = 5.20), and the sum gives z = 4.10 with a two-sided p of 0.17.",
        "They differ, t = 6.17 with 142 degrees of freedom, p = 0.21; r = 0.46, n = 144, p = 0.21.",
        "The orders agree (ρ = 0.61, n = 120, p = 0.34).",
    ),
    quiet=(
        "The probe differs from chance, t(38) = 2.43, p = .02.",
        "The layers differ, F(2, 57) = 9.20, p < .001, and z = 2.58, p = .01.",
        "A one-sided test gives t(20) = 1.80, p = .043. Then χ²(1, N = 90) = 7.50, p = .006.",
        "The correlation is r(48) = .31, p = .03.",
        "The doors differ by the t-test: t(38) = 2.43 (p = .02); z = 1.20 (Holm-adjusted p = .9).",
        "They differ, t = 2.43 with 38 degrees of freedom, p = 0.02; r = 0.31, n = 50, p = 0.03.",
        "We got p = .02 for the doors and, for windows, t(38) = 1.20.",
        "It differs, χ²(1) = 21.10, p = 4.4 × 10⁻⁶; so does t(97.8) = 4.90, p = 3.8 × 10^-6.",
    ),
)
def p_value(document: Document) -> Iterator[Hit]:
    """Recompute every p that stands beside its statistic."""
    one_sided = document.has(r"one[- ](?:sided|tailed)|directional")
    for sentence in document.sentences:
        for match in _reported(sentence.text):
            possible = _p_range(match, one_sided)
            if possible is None:
                continue
            low, high = possible
            text = match["p"]
            said = _float(text)
            ulp = _last_digit(text)
            sign = match["sign"] or "="
            fits = (
                low - ulp < said < high + ulp
                if sign == "="
                else low < said + (1e-12 if sign == "<" else ulp)
                if sign in "<≤"
                else high > said
            )
            if fits or (match["name"] in ("ρ", "rho") and 0.1 * low < said < 10 * high):
                continue  # for ranks the t distribution is a rough guide
            found = f"{low:.2g}" if high - low < 0.1 * low else f"{low:.2g} to {high:.2g}"
            flips = (said < 0.05) != (low < 0.05)
            yield at(
                sentence,
                f"“{match[0].strip()}”: this statistic gives p = {found}"
                + (", on the other side of .05." if flips else "."),
                match.start(),
            )


def _reported(text: str) -> Iterator[re.Match[str]]:
    """Statistics with their p, each p once."""
    seen: set[int] = set()
    for match in _TEST.finditer(text):
        seen.add(match.start("p"))
        seen.add(match.start("value"))
        yield match
    for pattern in _OTHER_FORMS:
        for match in pattern.finditer(text):
            if {match.start("p"), match.start("value")} & seen or _ADJUSTED.search(match[0]):
                continue
            seen |= {match.start("p"), match.start("value")}
            yield match


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
    p, sign = _float(match["p"]), match["sign"]
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
