"""Baselines: that there are any, that they were given a chance, and what each part adds."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_SEED = "seed, 'Doing Good Science'"
COMPARED = (
    r"\b(?:baselines?|controls?|compar(?:e[ds]?|ing|ison|isons)|versus|vs\.?|against|than (?:the |a |an )?"
    r"(?:\w+[ -]){0,3}(?:baseline|probe|prompt|vector|model|method|chance|random)|chance|random|unsteered|"
    r"untrained|shuffled|majority|without (?:it|steering|the)|unpatched|prior work|existing|standard)\b"
)


@rule(
    "no-baseline",
    "baselines",
    "a method is said to work, and nothing else was tried",
    severity="major",
    rationale="'Decent' results mean little; the question is whether plausible alternatives do worse.",
    source=_SEED + ", 'Use baselines'",
    fix="Add the simplest alternative that someone would use instead, and chance.",
    fires=("Our method finds the direction with an accuracy of 84%, so our method works well.",),
    quiet=(
        "Our method finds the direction with an accuracy of 84%; a random one reaches 51%.",
        "Our method works well against the prompt baseline: 84% and 71%.",
        "The lens shows what each layer would say.",
    ),
)
def no_baseline(document: Document) -> Iterator[Hit]:
    """A word of success for one's own method, and no word of comparison in the whole draft."""
    if document.has(COMPARED) or document.figures:
        return
    for sentence, match in document.find(
        r"\b(?:our|this|the proposed) (?:\w+ ){0,2}(?:method|approach|technique|pipeline|procedure|probe|"
        r"vector)\b[^.]{0,60}\b(?:works|succeeds|performs|is (?:highly )?effective|is able|reliably|"
        r"achieves|outperforms|improves)"
    ):
        if sentence.section != "related":
            yield at(sentence, "the method is called good, and nothing is compared.", match.start())
            return


@rule(
    "steering-prompt",
    "baselines",
    "steering without a system-prompt baseline",
    severity="major",
    rationale="If asking the model does the same, the vector adds nothing for whoever wants it.",
    source=_SEED + ", 'Use baselines' (steering against changing the system prompt)",
    fix="Compare with a system prompt, with as many prompts tried as coefficients.",
    fires=(
        "We add the steering vector at layer 12. It raises the rate of happy words from 2% to 31%.",
        "Steering with the vector makes the model refuse in 61% of cases; a random vector in 4%.",
    ),
    quiet=(
        "We add the steering vector at layer 12; the rate goes to 31%, with a system prompt to 44%.",
        "Steering makes the model refuse in 61% of cases, prompting it to refuse in 80%.",
        "Prior work uses steering vectors [1].",
        "We ask whether a probe direction is causal: adding it as a steering vector shifts the "
        "logit difference. An instruction in the prompt does so too.",
    ),
)
def steering_prompt(document: Document) -> Iterator[Hit]:
    """Where steering is the draft's own method with a result in numbers."""
    if document.has(
        r"system[- ](?:prompt|message|instruction)|\bprompting\b|prompt(?:ed|-based|ing)?[- ](?:baseline|"
        r"control|condition|alone|only|instead|engineering)|instruct(?:ed|ing|ion|ions)\b|"
        r"ask(?:ed|ing)? (?:the model |it )to|(?:few|zero)-shot|in-context (?:learning|examples)|"
        r"told (?:the model )?to|(?:a|the) prompt that (?:asks|says|tells)|persona prompt"
    ):
        return
    own = re.compile(
        r"\b(?:we (?:\w+ )?(?:steer|add|apply|inject)|steering (?:with|by|along|at|the|makes|raises|"
        r"increases|lowers|reduces|changes|shifts)|(?:our|the|this) steering vector (?:\w+ )?(?:raises|"
        r"increases|makes|changes|lowers|reduces|shifts|gives|turns)|steered (?:model|replies|"
        r"completions|outputs))\b",
        re.IGNORECASE,
    )
    if not document.has(r"steering vector|steer(?:ing|ed)"):
        return
    hits = [
        s for s in document.sentences
        if s.section not in ("related",) and own.search(s.text)
        and not re.search(r"\[\d|et al|\[cite|future|could|would|might", s.text)
    ]  # fmt: skip
    steers = [s for s in hits if re.search(r"steer", s.text, re.IGNORECASE)]
    if steers and re.search(r"\d", " ".join(s.text for s in document.sentences)):
        yield at(steers[0], "steering is measured, and no prompt that asks for the same.")


@rule(
    "steering-random",
    "baselines",
    "steering without random directions of the same norm",
    severity="minor",
    rationale="Any large vector breaks a model; only directions of equal norm show what this one does.",
    source=_SEED + ", 'Do ablations' (the RMU example: a random vector performed as well)",
    fix="Repeat with random vectors of the same norm, several draws, and the same choice of layer.",
    fires=(
        "We steer with the vector at layer 12; the rate goes from 2% to 31%, with a system prompt "
        "to 44%.",
    ),
    quiet=(
        "We steer with the vector at layer 12; the rate goes from 2% to 31%, with random vectors "
        "of the same norm to 3%.",
        "We patch at layer 12.",
    ),
)
def steering_random(document: Document) -> Iterator[Hit]:
    """Where the draft steers and random directions are never named."""
    if document.figures or document.has(
        r"random(?:ly)?(?:[- ]\w+){0,3}[- ](?:vectors?|directions?|steering|control|baseline|draws?|"
        r"unit|noise|band)|shuffled|orthogonal|same[- ]norm|norm-matched|(?:noise|gaussian) vectors?|"
        r"permuted|control (?:vector|direction)s?|vectors? (?:drawn|sampled)"
    ):
        return
    for sentence, match in document.find(r"\bwe (?:then |also )?steer(?:ed)?\b|\bsteering with\b"):
        if sentence.section == "related" or re.search(
            r"\[\d|et al|\[cite|could|would", sentence.text
        ):
            continue
        yield at(sentence, "no random vector of the same norm is tried.", match.start())
        return


@rule(
    "sandbagged-baseline",
    "baselines",
    "the own method is tuned, the baseline is not",
    severity="major",
    rationale="More effort for one side decides the comparison before it starts.",
    source=_SEED + ", 'Don't sandbag your baselines'",
    fix="Give each side the same search, or check that the baseline reaches what others report.",
    fires=(
        "We tuned the layer and coefficient of our method by grid search. For the baselines we "
        "used default settings.",
        "The baseline was not tuned, while we swept five coefficients for our method.",
    ),
    quiet=(
        "We tuned our method and the baselines with the same grid search.",
        "Default settings were used for the baseline and for our method.",
        "We tuned our method; the baselines use default settings, and reach what their authors report.",
    ),
)
def sandbagged_baseline(document: Document) -> Iterator[Hit]:
    """An untuned baseline is said, and so is tuning."""
    if not document.has(
        r"\b(?:tun(?:e|ed|ing)|swept|sweep|grid search|searched over|optimi[sz]ed)\b"
    ):
        return
    if document.has(
        r"same (?:\w+ ){0,2}(?:search|grid|budget|sweep|effort|number of)|equal(?:ly)? (?:\w+ )?(?:budget|"
        r"tuned|effort)|both (?:\w+ ){0,2}tuned|"
        r"(?:match|reach|agree)\w* (?:\w+ ){0,4}(?:report|publish|paper)"
    ):
        return
    default = (
        r"\bbaselines?\b[^.;]{0,60}\b(?:default (?:\w+ )?(?:settings|hyper-?parameters|values|parameters|"
        r"configuration)|(?:was|were|are|is) not (?:further )?tuned|(?:is|are|was|were) (?:left )?untuned|"
        r"without (?:any )?tuning)|(?:default (?:settings|hyper-?parameters|values)|not tuned|untuned)\b"
        r"[^.;]{0,40}\bbaselines?\b"
    )
    for sentence, match in document.find(default):
        if not re.search(r"\b(?:and|as for|like) our\b", sentence.text):
            yield at(sentence, "the baseline is left at its defaults, the own method is tuned.",
                     match.start())  # fmt: skip
            return


@rule(
    "no-ablation",
    "baselines",
    "a method of several parts, and no part is taken out",
    severity="minor",
    rationale="Many parts turn out to be unnecessary; leaving each out in turn shows which carry it.",
    source=_SEED + ", 'Do ablations on your fancy method'; 'Simplicity'",
    fix="Take each part out in turn and report what is lost.",
    fires=(
        "Our method combines three components: filtering, centring and a gated probe. It reaches 91%.",
        "The pipeline has four stages. It reaches 91% and beats the baseline of 80%.",
    ),
    quiet=(
        "Our method combines three components; an ablation shows that only centring matters.",
        "Our method combines three components. Without filtering it reaches 90%, without centring 71%.",
        "The data consist of three components.",
    ),
)
def no_ablation(document: Document) -> Iterator[Hit]:
    """Where the draft itself counts its parts."""
    if document.figures or document.has(
        r"\bablat(?:e|es|ed|ing|ion|ions) |\bablations?\b|\bwithout (?:the |this |that |each |any )?\w+|"
        r"leav(?:e|ing) (?:each|one|any) (?:\w+ )?out|leave-one-out|remov(?:e|ing) (?:each|any|one)|"
        r"drop(?:ping)? (?:each|one)|in turn|only (?:the )?\w+ (?:matters|is needed)"
    ):
        return
    count = r"(?:two|three|four|five|six|several|multiple|\d)"
    for sentence, match in document.find(
        rf"\b(?:our|the) (?:\w+[ -]){{0,2}}(?:method|approach|pipeline|procedure|technique|framework) "
        rf"(?:\w+ )?(?:combines|consists of|has|comprises|is made of|is built from|uses|includes) "
        rf"{count} (?:\w+ ){{0,2}}(?:components|parts|stages|steps|modules|ingredients|terms|losses)"
    ):
        if sentence.section != "related":
            yield at(sentence, "no part of it is taken out in turn.", match.start())
            return


@rule(
    "simple-first",
    "baselines",
    "an elaborate method and no simple one beside it",
    severity="minor",
    rationale="Each detail can break; often a mean difference or a linear probe does as well.",
    source=_SEED + ", 'Simplicity'",
    fix="Try the obvious method first and report it, even if it wins.",
    fires=(
        "We propose a novel multi-stage framework that trains a gated transformer over activations.",
    ),
    quiet=(
        "We propose a novel multi-stage framework; a linear probe reaches nearly the same.",
        "Novel frameworks are common in prior work.",
    ),
)
def simple_first(document: Document) -> Iterator[Hit]:
    """Words of novelty and complexity, none of simplicity."""
    if document.has(
        r"\b(?:simple|simpler|simplest|linear|baselines?|mean[- ]difference|difference[- ](?:of|in)[- ]means|"
        r"logistic|ridge|naive|majority|random|heuristic|standard|vanilla|PCA|bag[- ]of[- ]words)\b"
    ):
        return
    for sentence, match in document.find(
        r"\bwe (?:propose|present|introduce|develop) an? (?:novel |new )?(?:multi-?(?:stage|step|level|"
        r"component|task|head)|hierarchical|sophisticated|hybrid|end-to-end|unified|two-stage|three-stage)"
        r" (?:\w+ ){0,3}(?:framework|pipeline|architecture|system|method|approach)"
    ):
        yield at(sentence, "no simple method stands beside this one.", match.start())
        return


RULES = (
    no_baseline,
    steering_prompt,
    steering_random,
    sandbagged_baseline,
    no_ablation,
    simple_first,
)
