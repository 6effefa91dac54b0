"""The summary: that there is one, what it adds, and why anybody should care."""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule

_SEED = "seed, 'Write up your work!'"
_FACTS = (
    "The residual stream of the transformer has 576 dimensions. Layers have heads and neurons. "
    "Activations are vectors. Vectors have directions and norms. Prompts have tokens and tokens have "
    "positions. Heads attend to earlier positions. Neurons add and subtract, and they add to the stream. "
)


def summary(document: Document) -> list[Sentence]:
    """Sentences of the abstract, TL;DR or opening paragraphs."""
    found = [s for s in document.sentences if s.section == "abstract"]
    if found:
        return found
    heads = document.sections
    titled = bool(heads) and heads[0].kind == "other"  # the first heading is the title
    first = next((s.line for s in heads[titled:]), len(document.lines) + 1)
    return [
        s
        for s in document.sentences
        if s.line < first and s.block.kind in ("text", "item", "quote")
    ]


@rule(
    "no-summary",
    "abstract",
    "a long write-up without abstract or TL;DR",
    severity="minor",
    rationale="Most readers read the summary and stop; without one they stop earlier.",
    source=_SEED + ", 'Iterate'",
    fix="Begin with a paragraph: the one to three claims, the evidence, why it matters.",
    fires=("# Methods\n\n" + _FACTS * 26 + "\n\n# Results\n\n" + _FACTS,),
    quiet=(
        "# TL;DR\n\nWe find a direction.\n\n# Methods\n\n"
        + _FACTS * 26
        + "\n\n# Results\n\n"
        + _FACTS,
        "A short note.",
    ),
)
def no_summary(document: Document) -> Iterator[Hit]:
    """No such section, no introduction, and no text before the first heading."""
    kinds = {s.kind for s in document.sections}
    if document.words < 700 or not {"results", "methods"} & kinds:
        return
    if (
        kinds & {"abstract", "introduction"}
        or len(" ".join(s.text for s in summary(document)).split()) >= 30
    ):
        return
    yield Hit(1, "the draft begins without a summary.", quote=document.lines[0].text)


@rule(
    "no-contribution",
    "abstract",
    "an abstract that does not say what was done",
    severity="minor",
    rationale="Readers keep a few sentences; they should be what you found.",
    source=_SEED + ", 'How to write stuff up?'",
    fix="Say in one sentence what you show, with its number.",
    fires=("# Abstract\n\n" + _FACTS + "\n\n# Methods\n\nText.",),
    quiet=(
        "# Abstract\n\n" + _FACTS + "We find that one head moves the name.\n\n# Methods\n\nText.",
    ),
)
def no_contribution(document: Document) -> Iterator[Hit]:
    """An abstract of some length without a first person, a 'this paper', or a finding."""
    sentences = [s for s in document.sentences if s.section == "abstract"]
    text = " ".join(s.text for s in sentences)
    if len(text.split()) < 40 or re.search(
        r"\b(?:we|our|I|my|this (?:paper|post|note|work|report|study|write-?up|project))\b|"
        r"\b(?:find|found|show|shows|shown|results?|reaches|reached|drops?|rises|propose|introduce|test(?:s|ed)?|"
        r"measure[sd]?|recovers?|restores?|is (?:tested|measured|shown|found))\b|"
        r"\d\s?%|\bp\s*[=<]\s*0?\.\d|\d+ (?:of|/) ?\d+",
        text,
        re.IGNORECASE,
    ):
        return
    yield at(sentences[0], "the abstract does not say what this draft adds.")


@rule(
    "no-motivation",
    "abstract",
    "neither abstract nor introduction says why it matters",
    severity="minor",
    rationale="The reader does not have your context, and will not guess why to care.",
    source=_SEED + ", 'Remember to motivate things'",
    fix="Say in the abstract what would be different if this is true, and for whom.",
    fires=("# Abstract\n\n" + _FACTS + "We find one head.\n\n# Methods\n\n" + _FACTS,),
    quiet=(
        "# Abstract\n\n"
        + _FACTS
        + "Monitors need such heads, because text can mislead.\n\n# Methods\n\nText.",
    ),
)
def no_motivation(document: Document) -> Iterator[Hit]:
    """No word of reason, need, question or contrast in abstract and introduction."""
    opening = [
        s for s in document.sentences if s.section in ("abstract", "introduction", "opening")
    ]
    text = " ".join(s.text for s in opening)
    if len(text.split()) < 40 or not any(s.section == "abstract" for s in opening):
        return
    if re.search(
        r"\b(?:because|since|matters?|important|importance|needs?|needed|would|could|can|whether|why|problem|risk|safe"
        r"|safety|so that|in order|understand\w*|unclear|unknown|but|however|yet|although|while|question|help\w*|useful|"
        r"practic\w+|if|trust|reli\w+|mislead\w*|wrong|should|must|motivat\w+|claim\w*|believe\w*|hope|goal|aim|allow\w*|"
        r"cheap\w*|easier|harder|fail\w*|often|common\w*|without|despite|debate\w*|open)\b|\?",
        text,
        re.IGNORECASE,
    ):
        return
    yield at(opening[0], "nothing says why this matters.")


RULES = (no_summary, no_contribution, no_motivation)
