"""Probes and lenses: what makes their numbers mean something."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule


@rule(
    "probe-control",
    "interpretability",
    "a probe without a control",
    severity="major",
    rationale="A probe can learn the task itself; shuffled labels or a control task show how much.",
    source="Hewitt and Liang 2019, Designing and interpreting probes with control tasks: arXiv 1909.03368",
    fix="Add shuffled labels (with the layer chosen again), a control task, or a text-only baseline.",
    fires=(
        "We train a linear probe on layer 12. It reaches an accuracy of 93% on 200 prompts.",
        "Linear probes trained on the residual stream reach 93%, so the model knows the truth.",
    ),
    quiet=(
        "We train a linear probe on layer 12. It reaches 93%, with shuffled labels 54%.",
        "We train a linear probe on layer 12. It reaches 93%, a bag-of-words baseline 61%.",
        "Probes were introduced earlier [1].",
        "We probe the question of what a circuit is.",
    ),
)
def probe_control(document: Document) -> Iterator[Hit]:
    """Own probes with a figure, and no control of any kind."""
    if document.has(
        r"\bcontrol|shuffl|random(?:ly)?[- ](?:\w+[- ])?(?:label|initiali|model|direction|feature|vector|weights|probe|"
        r"baseline|activation)|permut|selectivity|untrained|majority|bag[- ]of[- ]words|tf-?idf|n-gram|"
        r"text[- ]only|\bbaselines?\b|embedding[s]? (?:alone|only)|minimum description|\bMDL\b|surface feature"
    ):
        return
    own = (
        r"\b(?:we (?:\w+ )?(?:train|trained|fit|fitted|use|used|apply|learn)\b[^.]{0,40}\bprobes?\b|"
        r"\b(?:linear|logistic|ridge|our|the|nonlinear|mean-difference)[ -]probes?\b[^.]{0,60}\b(?:reach(?:es|ed)?|"
        r"achieves?d?|has|have|gets?|accuracy|AUC|AUROC|predicts?)\b)"
    )
    for sentence, match in document.find(own):
        if sentence.section == "related" or re.search(r"\[\d+\]|et al|\[cite", sentence.text):
            continue
        if re.search(r"\d", document.prose):
            yield at(sentence, "the probe has no control (shuffled labels, control task, text baseline).",
                     match.start())  # fmt: skip
            return


@rule(
    "lens-norm",
    "interpretability",
    "a logit lens without a word on the final norm",
    severity="minor",
    rationale="Without the final norm the lens ranks tokens differently, by thousands of places.",
    source="nostalgebraist 2020, interpreting GPT: the logit lens",
    fix="Say whether the final norm is applied (or folded), and use it.",
    fires=(
        "We multiply the residual stream with the unembedding (the logit lens) and read the top "
        "token at each layer.",
    ),
    quiet=(
        "We apply the logit lens (final norm, then unembedding) at each layer.",
        "We use the logit lens of TransformerLens, which applies ln_f.",
        "The logit lens was introduced by nostalgebraist (2020).",
    ),
)
def lens_norm(document: Document) -> Iterator[Hit]:
    """Own use of a logit lens and no word of a norm."""
    if document.has(
        r"\bnorm(?:s|ali[sz]\w+)?\b|layer ?norm|rms ?norm|\bln_?f(?:inal)?\b|tuned lens|transformer-?lens|nnsight|"
        r"folded|nnterp"
    ):
        return
    for sentence, match in document.find(r"\blogit[- ]lens\b"):
        own = re.search(r"\b(?:we|our)\b", sentence.text, re.IGNORECASE)
        if (
            own
            and sentence.section != "related"
            and not re.search(r"\[\d|et al|\[cite|\((?:19|20)\d\d", sentence.text)
        ):
            yield at(sentence, "nothing says whether the final norm is applied.", match.start())
            return


RULES = (probe_control, lens_norm)
