"""Whether somebody else could do it again."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_SEED = "seed, 'Doing Good Science', 'Be reproducible'"


@rule(
    "no-code",
    "reproducible",
    "no word on code or data",
    severity="minor",
    rationale="Work that others can run is believed and built upon.",
    source=_SEED,
    fix="Link code, data and weights, or say what cannot be shared and why.",
    fires=(
        "# Methods\n\n" + "We fit a probe on the activations of the model. " * 20
        + "\n\n# Results\n\n" + "The probe reads the answer in layer twelve. " * 25,
    ),
    quiet=(
        "# Methods\n\n" + "We fit a probe on the activations of the model. " * 20
        + "\n\n# Results\n\n" + "The probe reads the answer in layer twelve. " * 25
        + "Code and data are available on request.",
        "A short note.",
    ),
)  # fmt: skip
def no_code(document: Document) -> Iterator[Hit]:
    """A whole write-up without a link and without the words."""
    kinds = {s.kind for s in document.sections}
    if document.words < 300 or not {"results", "methods"} & kinds or document.format == "notebook":
        return
    if document.links or any(b.kind == "code" for b in document.blocks) or document.has(
        r"\b(?:code|repository|repo|github|scripts?|notebook|supplement\w*|huggingface|hugging face|open[- ]source|"
        r"zenodo|osf|artifacts?|released?|reproduc\w+|replicat\w+|implementation|available|https?:)\b|"
        r"TransformerLens|nnsight|library"
    ):  # fmt: skip
        return
    methods = [s for s in document.sections if s.kind == "methods"]
    line = methods[0].line if methods else 1
    yield Hit(
        line, "nothing says where code or data are.", quote=methods[0].title if methods else ""
    )


@rule(
    "sampling-settings",
    "reproducible",
    "replies are sampled, and the temperature is not given",
    severity="minor",
    rationale="The rate of a behaviour depends on how replies are drawn.",
    source=_SEED,
    fix="Give temperature (or greedy), top-p, length limit, and number of replies a prompt.",
    fires=("We sample 20 completions from the model for every prompt. 61% refuse.",),
    quiet=(
        "We sample 20 completions at temperature 1 for every prompt. 61% refuse.",
        "We sample 20 prompts at random.",
        "We generate one completion by greedy decoding.",
        "We sample 20 completions; settings are in the appendix.",
    ),
)
def sampling_settings(document: Document) -> Iterator[Hit]:
    """Own sampling, and no word of how."""
    if document.has(
        r"temperature|greedy|greedily|top[-_ ]?[pk]\b|nucleus|deterministic|beam search|argmax|decoding|\bT\s*=\s*\d|"
        r"sampling (?:settings|parameters)|default settings|settings are|most likely token"
    ):
        return
    for sentence, match in document.find(
        r"\bwe (?:\w+ )?(?:sampled?|generated?|drew|draw) (?:\w+ ){0,4}?(?:completions|replies|responses|continuations|"
        r"generations|rollouts|answers)\b"
    ):
        if not re.search(r"\[cite|et al|by hand|human", sentence.text):
            yield at(
                sentence, "how they are drawn (temperature or greedy) is not said.", match.start()
            )
            return


@rule(
    "judge-unchecked",
    "reproducible",
    "a language model as judge that nobody checked",
    severity="minor",
    rationale="A judge has a preference of its own; its agreement with people must be known.",
    source="Zheng et al. 2023, Judging LLM-as-a-judge: arXiv 2306.05685",
    fix="Have some of its verdicts labelled by hand, blind, and report agreement; give its prompt.",
    fires=("GPT-4 as a judge rates 61% of the replies as happy.",),
    quiet=(
        "GPT-4 as a judge rates 61% of the replies as happy; it agrees with our labels on 48 of 50.",
        "A keyword list rates 61% of the replies as happy.",
        "Others use LLM judges [1].",
    ),
)
def judge_unchecked(document: Document) -> Iterator[Hit]:
    """A model judge of one's own, and no word of checking."""
    if document.has(
        r"\bagree(?:s|d|ment)?\b|kappa|human|by hand|manual|hand-?(?:label|check|rated)|annotat|validat|spot[- ]check|"
        r"\bour (?:own )?labels|two raters|inter-?rater|we (?:read|checked)"
    ):
        return
    judge = (
        r"\b(?:LLM|language[- ]model|model|GPT-?[\d.o]+\w*|Claude[\w. -]{0,12}|Gemini)(?: \w+)?[- ](?:as (?:a|the) |as-a-)"
        r"?(?:judge|grader|autorater|rater)s?\b|\bLLM judges?\b|\bauto-?graders?\b|\bjudged? by (?:GPT|Claude|Gemini|an LLM|a language model)"
    )
    for sentence, match in document.find(judge):
        if sentence.section == "related" or re.search(
            r"\[\d|et al|\[cite|\bnot\b|without", sentence.text
        ):
            continue
        yield at(sentence, f"“{match[0]}”, and its verdicts are not checked.", match.start())
        return


RULES = (no_code, sampling_settings, judge_unchecked)
