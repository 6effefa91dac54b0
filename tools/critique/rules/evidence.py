"""What the reader is shown: chosen and random examples, data, looking and counting."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_SEED = "seed, 'Doing Good Science'"
RANDOM = (
    r"\b(?:random(?:ly)?(?:[- ]\w+){0,3}[- ](?:example|sample|prompt|output|completion|repl|case|"
    r"passage|sentence|pair|transcript|response|selection|draw|context|item|row|latent|feature|"
    r"neuron)|(?:chosen|drawn|picked|selected|sampled|shown|taken|choice|draw)(?:\s\w+){0,2}\s"
    r"(?:at random|by (?:seed|lot|chance)|uniformly)|uncurated|unselected|not (?:cherry|hand)-?picked|"
    r"without selection|at random|random(?:ly)? (?:chosen|selected|sampled|drawn|picked)|"
    r"first (?:\w+ )?(?:example|prompt|item|row|pair|completion|repl)\w* (?:of|in|from)|"
    r"every (?:example|prompt|repl|completion)\w* (?:is|are)|all (?:\w+ ){0,3}(?:are|is) (?:shown|listed|"
    r"printed|in the appendix))"
)


@rule(
    "random-examples",
    "evidence",
    "chosen examples are shown, random ones are not",
    severity="major",
    rationale="Examples that were chosen show what is possible, not what is typical.",
    source=_SEED + ", 'Avoid cherry-picking'",
    fix="Add randomly drawn examples (an appendix will do), and say how they were drawn.",
    fires=(
        "We show some hand-picked examples of steered replies. They sound happy.",
        "Below are the most striking completions that the vector gives.",
        "Here are a few representative examples of what the feature fires on.",
    ),
    quiet=(
        "We show hand-picked examples here; Appendix A has twenty randomly sampled replies.",
        "Representative examples are above, and ten drawn at random are below.",
        "We use 40 selected examples from the benchmark as few-shot demonstrations.",
        "The examples were not cherry-picked; they are the first five prompts of the test set.",
    ),
)
def random_examples(document: Document) -> Iterator[Hit]:
    """An adjective of choice before examples, and nothing random anywhere."""
    what = r"(?:examples?|samples|completions|repl(?:y|ies)|outputs|transcripts|cases|responses|passages)"
    chosen = (
        rf"\b(?:hand-?picked|cherry-?picked|representative|illustrative|striking|interesting|"
        rf"compelling|typical|notable|impressive|best|favou?rite|most \w+) {what}\b"
    )
    shown = re.compile(
        r"\b(?:show|shown|shows|display|present|presents|list|give|gives|below|above|following|here|"
        r"Table|Figure|look|include|see|read|pick|picked|collect|chose|selected|are)\b", re.IGNORECASE
    )  # fmt: skip
    if document.has(RANDOM):
        return
    for sentence, match in document.find(chosen):
        negated = re.search(r"\bnot?\b[^.]{0,12}$", sentence.text[: match.start()])
        if sentence.section == "related" or negated or not shown.search(sentence.text):
            continue
        message = f"“{match[0]}” are shown, and no random ones anywhere in the draft."
        yield at(sentence, message, match.start())
        return


@rule(
    "top-examples",
    "evidence",
    "top-activating examples without random ones beside them",
    severity="major",
    rationale="The top of almost any direction looks meaningful; random examples and a random "
    "direction show how much of that is real.",
    source=_SEED + "; Bolukbasi et al. 2021, An interpretability illusion for BERT",
    fix="Show examples from the whole range of activations and random ones, best also the top "
    "examples of a random direction.",
    fires=(
        "We label latent 311 by reading its top-activating examples, which are all about rivers.",
        "The maximally activating dataset examples of the neuron mention dates.",
    ),
    quiet=(
        "We read the top-activating examples of latent 311 beside twenty random examples.",
        "The maximally activating examples mention dates, and so does no quantile below.",
        "Top-activating examples mislead; a random direction has meaningful ones as well.",
        "Prior work reads top examples [1]. We do not.",
    ),
)
def top_examples(document: Document) -> Iterator[Hit]:
    """Only where the draft itself reads them."""
    if document.has(
        RANDOM
        + r"|quantile|percentile|decile|(?:whole|full|entire) (?:\w+ )?range|lower[- ]activat|"
        r"random (?:direction|rotation|baseline|vector|basis|unit)|activation (?:range|bins?|levels?)|"
        r"(?:stratified|uniform(?:ly)?)[- ]sampl|non-?activating|weak(?:ly)? activat|"
        r"precision and recall|false positives?"
    ):
        return
    top = (
        r"\b(?:top|max(?:imally|imum|imal)?|most|highest|strongest)[- ](?:\d+ )?activat(?:ing|ion)s?"
        r"(?: (?:dataset|training|text))? (?:examples?|samples?|tokens?|contexts?|texts?|prompts?|"
        r"inputs?|sequences|passages|sentences)\b"
    )
    for sentence, match in document.find(top):
        if sentence.section == "related" or re.search(r"\[\d|et al|\[cite", sentence.text):
            continue
        yield at(sentence, f"“{match[0]}” are the evidence, with no random ones.", match.start())
        return


@rule(
    "data-shown",
    "evidence",
    "a data set was made for the work, and no example of it is shown",
    severity="minor",
    rationale="The quality of the data often decides the result; readers should spot-check it.",
    source=_SEED + ", 'Read your data'",
    fix="Print some random rows of the data (an appendix will do) or link to it.",
    fires=("We generated 400 prompts with a language model. The probe then reaches 91%.",),
    quiet=(
        "We generated 400 prompts with a language model, for example “The sky is green”.",
        "We generated 400 prompts, all at https://example.org/data. The probe reaches 91%.",
        "We generated 400 prompts.\n\n```\nThe sky is green.\n```\n",
        "We generated 400 prompts.\n\n![Figure 1: Some prompts.](a.png)",
        "We used 400 prompts of the benchmark.",
    ),
)
def data_shown(document: Document) -> Iterator[Hit]:
    """Quiet as soon as there is a quotation, code, a link, a figure or an appendix."""
    made = (
        r"\bwe (?:\w+ )?(?:wrote|generated?|created?|constructed?|built|composed|collected|"
        r"synthesi[sz]ed?|curated?|made) (?:an? |our )?(?:\w+[ -]){0,4}?"
        r"(?:\d[\d,]* (?:\w+[ -]){0,3}(?:prompts|examples|sentences|statements|pairs|questions|"
        r"stories|conversations|dialogues)|(?:data ?sets?|corpus) of)\b"
    )
    shown = (
        document.links or document.figures
        or any(b.kind in ("code", "quote") for b in document.blocks)
        or any(s.kind == "appendix" for s in document.sections)
        or document.has(r"for (?:example|instance)|e\.g\.|such as|[“\"][^”\"]{8,}[”\"]|appendix|"
                        r"supplement|\b(?:data|prompts|code)[^.]{0,60}\bavailable\b")
    )  # fmt: skip
    if shown:
        return
    for sentence, match in document.find(made):
        yield at(
            sentence, "data were made for this work, and none of them are shown.", match.start()
        )
        return


@rule(
    "numbers-shown",
    "evidence",
    "results in words only",
    severity="minor",
    rationale="What reading suggests, counting must confirm; the best work does both.",
    source=_SEED + ", 'Be qualitative and quantitative'",
    fix="Count how often it happens, over prompts that were not chosen for it.",
    fires=(
        "# Results\n\nThe steered model is often much happier. In most cases it talks about joy, "
        "and the effect is strong across many prompts. The unsteered model rarely does. We think "
        "that the vector captures happiness, since the replies are warm and long and full of it.\n",
    ),
    quiet=(
        "# Results\n\nThe steered model is happier in 31 of 40 replies.\n",
        "# Results\n\nSee Figure 1.\n\n![Figure 1: Rates.](a.png)\n",
        "# Results\n\nThe lens is explained in the next section.\n",
    ),
)
def numbers_shown(document: Document) -> Iterator[Hit]:
    """A results section with words of amount and no number, table or figure in the draft."""
    if document.tables or document.figures:
        return
    results = [s for s in document.sentences if s.section == "results"]
    text = " ".join(s.text for s in results)
    bare = re.sub(r"\[[^\]]*\]|\((?:19|20)\d\d\)|\b(?:19|20)\d\d\b|[A-Za-z]+-?\d+", "", text)
    if len(text.split()) < 40 or re.search(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|"
                                           r"ten|none|never) (?:of|out)\b", bare):  # fmt: skip
        return
    for sentence in results:
        if match := re.search(r"\b(?:often|most|many|rarely|usually|strong|much)\b", sentence.text):
            yield at(sentence, f"“{match[0]}” is the only amount in the results.", match.start())
            return


@rule(
    "examples-shown",
    "evidence",
    "generated text is judged in numbers, and none of it can be read",
    severity="minor",
    rationale="Summary statistics lose most of what happened; a few replies show it.",
    source=_SEED + ", 'Be qualitative and quantitative'",
    fix="Print a few randomly drawn replies beside the numbers.",
    fires=(
        "# Results\n\nWe sample 200 completions from the steered model. A judge rates 61% of the "
        "completions as happy, against 22% of the unsteered completions.\n",
    ),
    quiet=(
        "# Results\n\nWe sample 200 completions. 61% are happy, for example “What a day!”.\n",
        "# Results\n\nWe sample 200 completions. 61% are happy.\n\n> What a day!\n",
        "# Results\n\nWe sample 200 completions; all are listed in the appendix. 61% are happy.\n",
        "# Results\n\nWe sample 200 completions. 61% are happy.\n\n![Figure 1: Replies.](a.png)\n",
    ),
)
def examples_shown(document: Document) -> Iterator[Hit]:
    """Sampled completions, percentages, and no quotation, block, link, figure or appendix."""
    if (
        document.figures or document.links
        or any(b.kind in ("code", "quote") for b in document.blocks)
        or any(s.kind == "appendix" for s in document.sections)
        or document.has(r"[“\"‘][^”\"’]{6,}[”\"’]|for (?:example|instance)|e\.g\.|appendix|supplement|"
                        r"transcripts? (?:is|are)|available")
    ):  # fmt: skip
        return
    for sentence, match in document.find(
        r"\bwe (?:\w+ )?(?:sampled?|generated?) (?:\w+ ){0,3}?(?:completions|replies|responses|continuations|stories)"
    ):
        if re.search(r"\d\s?%", document.prose):
            yield at(sentence, "replies are judged in numbers, and none is shown.", match.start())
            return


RULES = (random_examples, top_examples, data_shown, numbers_shown, examples_shown)
