"""Claims that are larger than their evidence."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_SEED = "seed, 'Doing Good Science', 'Excitement is evidence of bullshit'"
_BIG = (
    r"\b(?:conclusively|definitively|undeniabl[ey]|irrefutabl[ey]|groundbreaking|ground-breaking|"
    r"breakthrough|revolutioni[sz]\w*|revolutionary|unprecedented|paradigm[- ]shift\w*|game[- ]chang\w*|"
    r"beyond (?:any |all )?doubt|(?:fully|completely) (?:explains?|solves?|understand\w*|determines?)|"
    r"we (?:have )?prove[ds]? that|(?:this|which|that|they|it) proves?(?= (?:that|it|the)\b)|proof that|"
    r"once and for all|(?:this|which) settles|the one and only)\b"
)
_MODELS = (
    ("GPT-2", r"GPT-?2"), ("Llama", r"llama"), ("Gemma", r"gemma"), ("Pythia", r"pythia"),
    ("Qwen", r"qwen"), ("Mistral", r"mi[sx]tral"), ("SmolLM", r"smollm"), ("Phi", r"phi-\d"),
    ("OLMo", r"olmo"), ("GPT-J", r"gpt-j"), ("GPT-Neo", r"gpt-neo"), ("BERT", r"\bbert"),
    ("OPT", r"\bOPT-"), ("DeepSeek", r"deepseek"), ("Claude", r"claude"), ("GPT-4", r"gpt-4"),
)  # fmt: skip


@rule(
    "big-words",
    "claims",
    "words that no experiment of this kind can carry",
    severity="minor",
    rationale="True results are seldom exciting; competent readers take such words as a warning.",
    source=_SEED + "; 'Acknowledge limitations'",
    fix="Say what was measured, on what, and how far it goes.",
    fires=(
        "This proves that the model has beliefs.",
        "Our groundbreaking result shows that layer 12 stores the answer.",
        "The circuit fully explains the behaviour.",
    ),
    quiet=(
        "This does not prove that the model has beliefs.",
        "No single circuit fully explains the behaviour, and we cannot conclusively say more.",
        "Theorem 1. We prove that the estimator is unbiased.",
        "In 31 of 40 prompts the patch restores the answer.",
    ),
)
def big_words(document: Document) -> Iterator[Hit]:
    """Not where they are denied, quoted, or belong to a theorem."""
    formal = document.has(r"\b(?:theorem|lemma|corollary|proposition \d)\b")
    for sentence, match in document.find(_BIG):
        before = sentence.text[: match.start()]
        if sentence.section in ("related", "limitations") or (
            formal and "pro" in match[0].lower()[:9]
        ):
            continue
        denied = re.search(
            r"\b(?:not|no|never|neither|nor|cannot|can't|doesn't|hardly|without|whether|if|far from|would|"
            r"nothing|nobody|none|few|rather than|instead of|any)\b|n't\b",
            before[-70:],
            re.IGNORECASE,
        )
        if denied or re.search(r"[“\"'`(]$", before.rstrip()[-1:]) or "does not" in sentence.text:
            continue
        yield at(sentence, f"“{match[0]}” is more than an experiment can show.", match.start())


@rule(
    "one-model-all-models",
    "claims",
    "a claim about language models in general from one model",
    severity="minor",
    rationale="What one model does, its size or its data may explain.",
    source=_SEED + "; 'Get the stats right' (what you can infer)",
    fix="Name the model in the claim, or test a second family.",
    fires=(
        "# Abstract\n\nWe patch GPT-2 small on 60 prompts. All large language models store facts in "
        "middle layers.",
        "# Abstract\n\nWe patch GPT-2 small on 60 prompts. In language models, facts are always "
        "stored in middle layers.",
        "# Abstract\n\nWe patch GPT-2 small. Norms overcount in every neural network.",
    ),
    quiet=(
        "# Abstract\n\nWe patch GPT-2 small and Pythia on 60 prompts. Language models in general "
        "store facts in middle layers.",
        "# Abstract\n\nWe patch GPT-2 small. It stores facts in middle layers.",
        "# Abstract\n\nWe patch GPT-2 small. Whether all language models do so is open.",
    ),
)
def one_model(document: Document) -> Iterator[Hit]:
    """A universal word in a summary section while one family is named in the whole draft."""
    named = [name for name, pattern in _MODELS if document.has(pattern)]
    if len(named) > 1:
        return
    what = named[0] if named else "none"
    universal = (
        r"\bin language models,? (?:\w+ ){1,4}(?:always|never)\b|\bin language models,? [^.]{0,60}\balways\b|"
        r"\b(?:all|every) (?:\w+ ){0,2}(?:language models?|LLMs?|transformers?|neural networks?)\b|"
        r"\b(?:language models|LLMs|transformers|neural networks) (?:in general|universally|always)\b|"
        r"\b(?:universal|general) (?:property|mechanism|feature|fact) (?:of|in) (?:\w+ ){0,2}(?:language "
        r"models|LLMs|transformers)"
    )
    for sentence, match in document.find(universal):
        if sentence.section in ("related", "limitations", "references", "appendix"):
            continue
        if re.search(r"\b(?:not|whether|if|may|might|could|would|unclear|open|future|test|nor)\b|\?|\[\d|"
                     r"et al|\[cite", sentence.text, re.IGNORECASE):  # fmt: skip
            continue
        message = f"“{match[0]}”, but the only model family in the draft is {what}."
        yield at(sentence, message, match.start())


@rule(
    "cause-without-intervention",
    "claims",
    "a causal claim from correlation",
    severity="major",
    rationale="A probe shows that information is there, not that the model uses it.",
    source="Belinkov 2022, Probing classifiers: doi 10.1162/coli_a_00422",
    fix="Intervene (patch, ablate, steer) on what you name as the cause, or claim less.",
    fires=(
        "A linear probe at layer 12 reaches 93%. The model uses this direction to decide its answer.",
        "The activations correlate with refusal (r = .7), so this neuron causes refusal.",
        "A linear probe reaches 93%. This direction is what makes the model choose the plural.",
        "A linear probe reaches 93%. A larger share of tokens causes the loss.",
    ),
    quiet=(
        "A linear probe reaches 93%. Ablating the direction changes the answer, so the model uses "
        "this direction.",
        "A linear probe reaches 93%. Whether the model uses this direction is open.",
        "The learning rate causes divergence, so we lower it.",
        "A linear probe reaches 93%, the same probe on a control task 51%.",
    ),
)
def cause_without_intervention(document: Document) -> Iterator[Hit]:
    """Words of cause about model parts, and no intervention anywhere in the draft."""
    if document.has(
        r"(?<!no )(?<!not )\b(?:patch|ablat|interven(?:e[sd]?|tions?)\b|steer|knock(?:ed|ing)?[- ]?out|interchange|counterfactual|clamp|eras(?:e|ure)"
        r"|project(?:ed|ing)? (?:\w+ ){0,3}out|resampl\w+[- ]ablat|causal (?:tracing|mediation|scrubbing)|edit(?:ed|ing)|"
        r"adding (?:the|this) (?:vector|direction)|zeroed|removing)\w*"
    ):
        return
    part = r"(?:direction|feature|neuron|head|latent|layer|circuit|subspace|representation|component|probe)"
    claim = (
        rf"\bthe model (?:\w+ )?(?:uses|relies on|reads|reads from) (?:this|the|these|that|its) "
        rf"(?:\w+ ){{0,3}}{part}s?\b|"
        rf"\b{part}s? (?:(?!(?:an?|the|its|this) )\w+ ){{0,2}}(?:causes?|is (?:causally )?responsible for|causally|drives?|is the cause|"
        rf"controls?|mediates?)\b|"
        rf"\b{part}s? is what (?:makes|lets|causes|drives) (?:the model|it)\b|"
        rf"\b(?:larger|higher|smaller|lower|greater) (?:share|number|rate|norm|fraction|frequency|{part}s?)\b"
        rf"[^.;]{{0,60}}\bcauses?\b"
    )
    for sentence, match in document.find(claim):
        if sentence.section in ("related", "limitations") or re.search(
            r"\b(?:not|whether|if|may|might|could|would|open|unclear|future|hypothes\w+|ask|question|cannot)\b|\?"
            r"|\[\d|et al|\[cite",
            sentence.text,
            re.IGNORECASE,
        ):
            continue
        yield at(
            sentence, "a cause is claimed, and nothing in the draft intervenes.", match.start()
        )
        return


@rule(
    "one-prompt",
    "claims",
    "a mechanism from a single prompt",
    severity="major",
    rationale="On one prompt almost any component can look special.",
    source="seed, 'Doing Good Science', 'Simplicity' (dumb hypotheses: MLP0 matters on every input)",
    fix="Repeat it on many prompts, and on unrelated ones as control.",
    fires=("All patching was done on a single prompt. Head 7.3 moves the name.",),
    quiet=(
        "We show one prompt as illustration; the effect is measured on 120 prompts.",
        "All patching was done on 120 prompts; each run patches a single prompt.",
    ),
)
def one_prompt(document: Document) -> Iterator[Hit]:
    """Said to be one prompt, and no number of prompts anywhere else."""
    if document.has(r"\b(?!1\b|one\b)(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|"
                    r"hundred|many|more|other|further|all|several)\s+(?:\w+[ -]){0,3}(?:prompts|pairs|examples|"
                    r"sentences|inputs|templates|questions)\b"):  # fmt: skip
        return
    for sentence, match in document.find(
        r"\b(?:on|for|from|using|with) (?:only )?(?:a single|one|just one|only one) (?:\w+ )?(?:prompt|example|"
        r"sentence|input|pair)\b"
    ):
        if not re.search(r"\bnot\b|each|per\b|at a time|illustrat", sentence.text):
            yield at(sentence, "everything rests on one prompt.", match.start())
            return


RULES = (big_words, one_model, cause_without_intervention, one_prompt)
