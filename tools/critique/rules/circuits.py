"""Interventions: what was put in the place of what."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_PART = r"(?:heads?|neurons?|layers?|MLPs?|features?|latents?|directions?|components?|circuits?|attention)"


@rule(
    "patching-corruption",
    "interpretability",
    "patching without saying what the corrupted prompts are",
    severity="major",
    rationale="The corruption decides what the patch can restore, and so what the result means.",
    source="Zhang and Nanda 2023, Best practices of activation patching: arXiv 2309.16042",
    fix="Say how each corrupted prompt is made (token swap, noise and its size, mean), with an example.",
    fires=(
        "We use activation patching on 60 prompts to find the heads that matter. Head 9.6 restores "
        "81% of the logit difference.",
    ),
    quiet=(
        "We use activation patching; in each corrupted prompt the country is swapped for another.",
        "We use causal tracing with Gaussian noise on the subject tokens.",
        "Activation patching was used by others [1].",
        "We patch the library to fix a bug.",
    ),
)
def patching_corruption(document: Document) -> Iterator[Hit]:
    """Own patching and no word that describes the other run."""
    if document.has(
        r"corrupt|counterfactual|\bnois(?:e|ing|ed)|swap|resampl|mean[- ]ablat|\bclean (?:and|run|prompt)|denois|"
        r"source prompts?|minimal pairs?|contrast|\bABC\b|donor|base (?:prompt|run) and|other prompt|"
        r"(?:replac|exchang|chang)\w+ (?:\w+ ){0,4}(?:name|country|subject|word|token|noun|verb|number)|"
        r"(?:different|second|paired|unrelated|other) (?:prompt|run|input)|zero[- ]?(?:ed|ing|ablat)"
    ):
        return
    for sentence, match in document.find(
        r"\b(?:activation|path|attribution|residual|head|interchange)[- ]patching\b|\bcausal tracing\b|"
        rf"\bwe patch(?:ed)? (?:\w+ ){{0,3}}{_PART}"
    ):
        own = re.search(r"\b(?:we|our|restores?|recovers?)\b", sentence.text, re.IGNORECASE)
        if (
            own
            and sentence.section != "related"
            and not re.search(r"\[\d+\]|et al|\[cite|future", sentence.text)
        ):
            yield at(sentence, "nothing says how the corrupted prompts are made.", match.start())
            return


@rule(
    "ablation-kind",
    "interpretability",
    "ablation without saying what was put in",
    severity="minor",
    rationale="Zero, mean and resample ablation give different answers; zero is often far from anything seen.",
    source="Zhang and Nanda 2023: arXiv 2309.16042; Chan et al. 2022, Causal scrubbing",
    fix="Say zero, mean (over what) or resampled (from what).",
    fires=("We ablate the five heads and the loss rises from 2.3 to 9.0.",),
    quiet=(
        "We mean-ablate the five heads and the loss rises from 2.3 to 9.0.",
        "We ablate the five heads by setting them to zero.",
        "We ablate the filtering step of our method.",
        "Others ablate heads [1].",
    ),
)
def ablation_kind(document: Document) -> Iterator[Hit]:
    """Own ablation of model parts and no word of what replaces them."""
    if document.has(
        r"\bzero|mean[- ]|\bmean\b|average|resampl|\bnois|project|orthogonal|random|replac(?:e|ed|ing)|"
        r"remov(?:e|ed|ing) (?:\w+ ){0,3}(?:from|direction|component)|subtract|constant|knock(?:ed|ing)?[- ]?out|"
        r"directional|patch|optimal ablation|set(?:ting)? (?:\w+ ){0,4}to"
    ):
        return
    for sentence, match in document.find(rf"\bwe (?:\w+ )?ablat(?:e|ed)\b[^.]{{0,50}}\b{_PART}\b"):
        if sentence.section != "related" and not re.search(
            r"\[\d+\]|et al|\[cite|future", sentence.text
        ):
            yield at(sentence, "nothing says what was put in their place.", match.start())
            return


@rule(
    "one-coefficient",
    "interpretability",
    "steering at one coefficient only",
    severity="minor",
    rationale="Shown at the one strength that works, any vector looks good; the whole range shows side effects.",
    source="seed, 'Doing Good Science', 'Avoid cherry-picking'",
    fix="Show several coefficients with both signs, and where the text breaks down.",
    fires=(
        "We steer with a coefficient of 8 at layer 12, and compare with a system prompt and random "
        "vectors.",
    ),
    quiet=(
        "We steer with coefficients from -8 to 8 at layer 12.",
        "We steer with a coefficient of 8, chosen from a sweep on validation prompts.",
        "We steer with a coefficient of 4; at a coefficient of 8 the text breaks down.",
        "The regression has a coefficient of 8.",
    ),
)
def one_coefficient(document: Document) -> Iterator[Hit]:
    """One value of a steering coefficient in the whole draft, and no word of others."""
    if document.figures or not document.has(r"\bsteer(?:s|ed|ing)?\b"):
        return
    if document.has(
        r"\bcoefficients\b|sweep|swept|\bvary|\bvaried|range of|\bgrid\b|several (?:strengths|scales|values)|"
        r"strengths|dose|scales\b|each (?:coefficient|strength)|other (?:coefficient|strength)|multipliers|"
        r"coefficient from"
    ):
        return
    value = r"\b(?:steering )?(?:coefficient|strength|multiplier|scale)\s*(?:of|=|is|was|α\s*=)?\s*[-−]?(\d+(?:\.\d+)?)"
    found = [(s, m) for s, m in document.find(value) if s.section != "related"]
    values = set(re.findall(value, document.everything, re.IGNORECASE))
    if len(values) == 1 and re.search(r"steer|vector", found[0][0].text, re.IGNORECASE):
        sentence, match = found[0]
        yield at(sentence, f"{match[1]} is the only strength in the draft.", match.start())


RULES = (patching_corruption, ablation_kind, one_coefficient)
