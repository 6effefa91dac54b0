"""How sure one can be: n, intervals, seeds, many comparisons, error bars."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_SEED = "seed, 'Doing Good Science', 'Get the stats right'"
UNCERTAINTY = (
    r"±|confidence|credible|\binterval|standard (?:error|deviation)|\bs\.?(?:e\.?m?|d)\.?\b|\bstd\b|bootstrap|"
    r"\bp\s*[=<>≤]|\bseeds?\b|varianc|Wilson|Clopper|significan|permutation|error bars?|percentile|quantile|"
    r"\bband\b|\bCI\b|\bruns\b|repeated|repetition|posterior|t-test|\brange\b|spread|\bIQR\b|cross-?valid|"
    r"shuffl|deterministic|exact(?:ly)? reproduc|control draws|random (?:draws|directions|vectors)"
)
_METRIC = (
    r"\b(?:accurac\w+|AUROC|AUC|F1|precision|recall|rate|score|loss|perplexity|logit difference|KL|agreement|"
    r"correct|succeed\w*)\b"
)
_N = (
    r"\bn\s*=\s*\d|\b\d[\d,]*\s+(?:\w+[ -]){0,4}?(?:prompts?|examples?|pairs?|sentences?|samples?|items?|cases?|"
    r"questions?|documents?|statements?|completions?|repl(?:y|ies)|responses?|tokens?|trials?|words?|stories|"
    r"problems?|inputs?|participants?|models?|organisms?|runs?|contexts?|texts?|names?|templates?|countries|"
    r"topics?|latents?|features?|queries|conversations?)\b|\b(?:out )?of (?:the )?\d+\b(?!\s?%|\.\d)|\d+\s*/\s*\d+"
)


_SPREAD = (
    r"standard (?:error|deviation)|confidence|credible|\binterval|\bs\.?e\.?m\.?\b|\bs\.?[de]\.?\b|\bstd\b|"
    r"\bstderr\b|bootstrap|percentile|quantile|\bIQR\b|min(?:imum)? (?:and|to) max|\brange\b|deviations?|"
    r"half-?width|\bCI\b"
)
_CORRECTED = (
    r"bonferroni|holm\b|\bFDR\b|false[- ]discovery|benjamini|family-?wise|multiple (?:comparisons?|testing|"
    r"tests)|correct(?:ed|ion|ing)? (?:for|threshold|p)|correction|max-?T|"
    r"p\s*<\s*\.?0?\.?05\s*/|šidák|sidak"
)
_BARS = (
    r"\berror[- ]?bars?\b|\bwhiskers?\b|\bshaded (?:area|region|band)s?|"
    r"\bwith (?:an? )?(?:bars?|bands?)\b(?! chart)"
)
_BARS_AT_ALL = r"\b(?:bars?|whiskers?|bands?|shad(?:ed|ing))\b"


@rule(
    "error-bars",
    "statistics",
    "± or error bars that are not explained",
    severity="minor",
    rationale="± may be a deviation, an error or an interval: they differ by factors.",
    source=_SEED + "; NeurIPS checklist, error bars",
    fix="Say what it is (standard deviation, standard error, 95% interval) and over what (seeds, prompts).",
    fires=(
        "The probe reaches 0.81 ± 0.02.",
        "| Probe | Accuracy |\n|---|---|\n| linear | 81.2 ± 0.4 |\n",
        "The rate is 40% (95% interval 31 to 50).\n\n![Figure 1: Rates by layer, with error bars.](a.png)",
    ),
    quiet=(
        "![Figure 1: Rates by layer; error bars are 95% Wilson intervals.](a.png)",
        "Bars are standard errors.\n\n![Figure 1: Rates by layer, with error bars.](a.png)",
        "![Figure 1: Heads as a bar chart.](a.png)",
        "The probe reaches 0.81 ± 0.02 (standard error over 5 seeds).",
        "| Probe | Accuracy |\n|---|---|\n| linear | 81.2 ± 0.4 |\n\n± is one standard deviation.",
        "We add a vector with coefficient ±1 and round to ±0.",
    ),
)
def error_bars(document: Document) -> Iterator[Hit]:
    """± or bars, and no word that could explain them: for a figure near it, else anywhere."""
    yield from _figure_bars(document)
    if document.has(_SPREAD):
        return
    pattern = r"\d\s*±\s*\.?\d|\berror bars?\b|\bshaded (?:area|region|band)"
    for sentence, match in document.find(pattern):
        if not re.search(r"±\s*$", match[0]):
            yield at(sentence, f"“{match[0].strip()}” is not explained.", match.start())
            return
    for table in document.tables:
        for row in table.rows:
            if any(re.search(r"\d\s*±\s*\.?\d", cell) for cell in row.cells):
                message = f"{table.name}: ± is not explained."
                yield Hit(row.line, message, quote=" | ".join(row.cells))
                return


def _figure_bars(document: Document) -> Iterator[Hit]:
    """A figure said to have bars or bands, neither its words nor a sentence about bars explains."""
    told = " ".join(s.text for s in document.sentences if re.search(_BARS_AT_ALL, s.text, re.I))
    for figure in document.figures:
        source = document.lines[figure.line - 1].text
        words = f"{source} {figure.caption.flat if figure.caption else ''}"
        match = re.search(_BARS, words, re.IGNORECASE)
        if match and not re.search(_SPREAD, f"{words} {told}", re.IGNORECASE):
            line = figure.caption.line if figure.caption else figure.line
            yield Hit(line, f"“{match[0].strip()}” is not explained.", quote=words.strip()[:200])


@rule(
    "sample-size",
    "statistics",
    "percentages without the number that they are of",
    severity="major",
    rationale="90% of 10 and 90% of 1,000 are different evidence.",
    source=_SEED,
    fix="Give n beside each rate, or once where all share it.",
    fires=(
        "The probe has an accuracy of 91%. The baseline has an accuracy of 84%, and chance 50%.",
    ),
    quiet=(
        "The probe has an accuracy of 91% on 400 prompts. The baseline has an accuracy of 84%.",
        "The probe has an accuracy of 91% (364/400). The baseline has 84%.",
        "Prices rose by 10%.",
        "The probe has an accuracy of 91%; see Figure 1.\n\n![Figure 1: n by layer.](a.png)",
    ),
)
def sample_size(document: Document) -> Iterator[Hit]:
    """Two or more rates of the draft's own, and not one count in it."""
    if document.figures or document.has(_N) or any(
        re.search(r"\b(?:n|count|prompts|examples|items)\b", name, re.I)
        for t in document.tables for name in t.header
    ):  # fmt: skip
        return
    rates = [
        (s, m) for s, m in document.find(r"\d\s?%")
        if re.search(_METRIC, s.text, re.I) and s.section != "related"
        and not re.search(r"\[\d|et al|\[cite", s.text)
    ]  # fmt: skip
    if len(rates) >= 2:
        yield at(rates[0][0], "no sentence or table says of how many.", rates[0][1].start())


@rule(
    "no-uncertainty",
    "statistics",
    "a comparison of numbers without any sign of how sure it is",
    severity="minor",
    rationale="Two rates from small samples differ by chance alone; an interval shows by how much.",
    source=_SEED + "; Miller 2024, Adding error bars to evals: arXiv 2411.00640",
    fix="Give an interval (Wilson for rates, bootstrap otherwise), or the spread over seeds.",
    fires=(
        "Our probe reaches an accuracy of 84% on 50 prompts. It outperforms the baseline, which "
        "reaches 80% on the same 50 prompts.",
    ),
    quiet=(
        "Our probe reaches an accuracy of 84% on 50 prompts (95% interval 71 to 92), the baseline 80%.",
        "Our probe reaches 84% and the baseline 80%, over five seeds.",
        "Our probe outperforms the baseline; see Figure 1.\n\n![Figure 1: Both.](a.png)",
        "Earlier probes outperform the baseline [1].",
    ),
)
def no_uncertainty(document: Document) -> Iterator[Hit]:
    """A word of comparison beside a metric, and no word of uncertainty in the draft."""
    if document.figures or document.has(UNCERTAINTY):
        return
    for sentence, match in document.find(
        r"\b(?:outperforms?|beats?|exceeds?|better than|higher than|worse than|lower than|improves? (?:on|over))\b"
    ):
        if sentence.section == "related" or re.search(r"\[\d|et al|\[cite|\bnot\b", sentence.text):
            continue
        if re.search(r"\d", sentence.text) and re.search(_METRIC, document.prose, re.I):
            yield at(
                sentence, "no interval, spread or test stands anywhere in the draft.", match.start()
            )
            return


@rule(
    "significant-untested",
    "statistics",
    "'significant' without a test",
    severity="minor",
    rationale="In a paper the word promises a test.",
    source=_SEED,
    fix="Give the test and its p or interval; else say 'large' or 'clear'.",
    fires=("Steering is significantly better than the baseline (61 of 80 against 40 of 80).",),
    quiet=(
        "Steering is significantly better than the baseline (p = .001).",
        "A bootstrap interval excludes zero, so the difference is significant.",
        "Significant work has been done on probes [1].",
        "The difference is not tested.",
    ),
)
def significant_untested(document: Document) -> Iterator[Hit]:
    """'significantly' with a comparison, and no test word in the draft."""
    if document.figures or document.has(
        r"\bp\s*[=<>≤]|\bp-?values?|t-test|bootstrap|permutation|confidence|credible|interval|Wilcoxon|"
        r"Mann|Fisher|McNemar|chi-?squared?|χ|ANOVA|z-test|\btest(?:ed)? (?:for|of) significance|"
        r"standard (?:error|deviation)|Bayes"
    ):
        return
    for sentence, match in document.find(
        r"\b(?:statistically significant(?:ly)?|significantly (?:\w+ )?(?:better|worse|higher|lower|more|less|"
        r"larger|smaller|greater|fewer|outperform\w*|improv\w*|increas\w*|decreas\w*|reduc\w*|exceed\w*|"
        r"differ\w*|above|below|drop\w*|rais\w*))"
    ):
        if sentence.section == "related" or re.search(
            r"\[\d|et al|\[cite|not tested", sentence.text
        ):
            continue
        yield at(sentence, f"“{match[0]}”, and no test in the draft.", match.start())
        return


@rule(
    "many-comparisons",
    "statistics",
    "many tests and no correction",
    severity="major",
    rationale="Of a hundred tests at .05, five come out by chance.",
    source=_SEED,
    fix="Correct (Holm, Benjamini-Hochberg, a permutation of the maximum), or confirm on held-out data.",
    fires=(
        "We test each of the 144 heads and find 9 significant heads (p < .05).",
        "For all 24 layers we compute a t-test; 4 layers are significant.",
    ),
    quiet=(
        "We test each of the 144 heads with a Bonferroni correction and find 2 (p < .05 / 144).",
        "We test each of the 144 heads and confirm the 9 significant ones on held-out prompts.",
        "We patch each of the 144 heads. The total effect is significant, p = .002.",
    ),
)
def many_comparisons(document: Document) -> Iterator[Hit]:
    """A test over many units in one sentence, and no word of correction in the draft."""
    if document.has(_CORRECTED + r"|permutation|held[- ]out|replicat|pre-?regist"):
        return
    many = re.compile(
        r"\b(?:each of (?:the )?|all (?:the |of the )?|every one of the |(?:for|across|over) (?:all )?)"
        r"(?P<n>\d[\d,]*) (?:\w+ ){0,2}(?:heads|layers|features|latents|neurons|tokens|prompts|metrics|positions|"
        r"directions|tasks|probes|words|topics)\b",
        re.IGNORECASE,
    )
    tested = re.compile(
        r"\bsignificant\b[^.]{0,30}\b(?:heads|layers|features|latents|neurons|positions|ones|are|in)|"
        r"\b\d+ (?:\w+ )?(?:are|were) significant|\b\d+ significant\b|\beach\b[^.]*\bp\s*<|t-test", re.I
    )  # fmt: skip
    for sentence in document.sentences:
        match = many.search(sentence.text)
        if match and int(match["n"].replace(",", "")) >= 10 and tested.search(sentence.text):
            yield at(
                sentence, f"{match['n']} tests, and no correction in the draft.", match.start()
            )


@rule(
    "several-tests",
    "statistics",
    "several tests, one of them just significant, and no word on correction",
    severity="minor",
    rationale="Of two tests at .05 one comes out by chance in ten studies; p = .04 does not survive it.",
    source=_SEED,
    fix="Correct for the number of tests, or say which one was planned.",
    fires=(
        "Layer 6 beats layer 2 (t(4) = 6.42, p = 0.003) and layer 10 (t(4) = 2.95, p = 0.042).",
    ),
    quiet=(
        "Layer 6 beats layer 2 (p = 0.003) and layer 10 (p = 0.042; 0.084 after Bonferroni correction).",
        "Layer 6 beats layer 2 (p = 0.003) and layer 10 (p = 0.004).",
        "Layer 6 beats layer 2 (p = 0.042), the one comparison that we planned.",
    ),
)
def several_tests(document: Document) -> Iterator[Hit]:
    """Two or more p-values of the draft's own, one between .01 and .05."""
    if document.has(
        _CORRECTED
        + r"|planned|primary|one comparison|only comparison|single comparison|as descriptive"
    ):
        return
    own = [s for s in document.sentences if s.section != "related" and "[cite:" not in s.text]
    found = [
        (sentence, match)
        for sentence in own
        for match in re.finditer(r"\bp\s*(?P<sign>[=<])\s*(?P<p>0?\.\d+)", sentence.text)
    ]
    close = [(s, m) for s, m in found if m["sign"] == "=" and 0.01 <= float(m["p"]) < 0.05]
    if len(found) >= 2 and close:
        sentence, match = close[0]
        message = f"{len(found)} p-values, among them {match[0]}, and no correction in the draft."
        yield at(sentence, message, match.start())


@rule(
    "nearly-significant",
    "statistics",
    "'nearly significant'",
    severity="minor",
    rationale="A result above the threshold is no evidence for the effect; an interval says what it is.",
    source=_SEED,
    fix="Give the estimate with its interval, and let the reader judge.",
    fires=(
        "The effect is marginally significant (p = .07).",
        "There is a trend towards significance.",
    ),
    quiet=(
        "The effect is significant (p = .007).",
        "The effect is 0.3 (95% interval -0.1 to 0.7).",
    ),
)
def nearly_significant(document: Document) -> Iterator[Hit]:
    """The phrases themselves."""
    for sentence, match in document.find(
        r"\b(?:marginally|nearly|almost|borderline|approach(?:es|ing|ed)?|trend(?:s|ed|ing)? towards?|verging on|"
        r"close to|just short of) (?:statistical(?:ly)? )?significan(?:t|ce)\b"
    ):
        if not re.search(r"[“\"']$", sentence.text[: match.start()]):
            yield at(sentence, f"“{match[0]}”.", match.start())


@rule(
    "one-seed",
    "statistics",
    "something was trained, and seeds are never mentioned",
    severity="minor",
    rationale="Two runs of the same training differ; one run cannot show a difference between methods.",
    source=_SEED,
    fix="Train with several seeds and give the spread, or say that there is one run.",
    fires=(
        "We train two sparse autoencoders. The first has a loss of 0.31 and outperforms the other, "
        "with 0.35.",
    ),
    quiet=(
        "We train two sparse autoencoders with three seeds each. The first outperforms the other.",
        "We train one probe by closed-form ridge regression; it outperforms the other.",
        "Each was trained once. The first outperforms the other.",
        "The model was trained by others [1] and outperforms the rest.",
    ),
)
def one_seed(document: Document) -> Iterator[Hit]:
    """Own training by gradient, a comparison, and no word on repetition."""
    if document.figures or document.has(
        r"\bseeds?\b|\bruns?\b|repeat|repetition|deterministic|closed[- ]form|\bonce\b|ridge|least squares|"
        r"difference[- ](?:of|in)[- ]means|mean[- ]difference|standard (?:error|deviation)|±|replicat|"
        r"bootstrap|interval|cross-?valid|logistic|initiali[sz]ation"
    ):
        return
    for sentence, match in document.find(
        r"\bwe (?:\w+ )?(?:train|trained|fine-?tune|fine-?tuned)\b (?:\w+ ){0,3}(?:sparse|autoencoders?|SAEs?|models?|"
        r"transcoders?|adapters?|networks?|LoRA|classifiers?)"
    ):
        if document.has(r"\b(?:outperforms?|better than|lower than|higher than|beats?|exceeds?)\b"):
            yield at(sentence, "trained once or often? Nothing says so.", match.start())
            return


RULES = (
    error_bars, sample_size, no_uncertainty, significant_untested, many_comparisons, several_tests,
    nearly_significant, one_seed,
)  # fmt: skip
