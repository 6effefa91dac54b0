"""What was there before."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_SEED = "seed, 'Doing Good Science', 'Don't reinvent the wheel'"


@rule(
    "no-prior-work",
    "prior work",
    "a write-up that names no other work",
    severity="minor",
    rationale="Much has been done already; readers need to know what is new here.",
    source=_SEED,
    fix="Search first; then name the nearest work and say what differs.",
    fires=(
        "# Introduction\n\n" + "We look for a direction that carries truth in the model. " * 30
        + "\n\n# Results\n\nIt is there.",
    ),
    quiet=(
        "# Introduction\n\n" + "We look for a direction that carries truth in the model. " * 30
        + "Marks and Tegmark (2023) found one.\n\n# Results\n\nIt is there.",
        "A short note.",
    ),
)  # fmt: skip
def no_prior_work(document: Document) -> Iterator[Hit]:
    """No citation, entry, year in brackets, link or 'et al.' in a draft of some length."""
    if document.words < 250 or not {"results", "methods"} & {s.kind for s in document.sections}:
        return
    if (
        document.citations or document.references or document.links
        or any(s.kind == "related" for s in document.sections)
        or document.has(r"et al\b|\((?:[^()]*\s)?(?:19|20)\d\d[a-z]?\)|arxiv|\bdoi\b|\[\d+\]|prior work|previous work|"
                        r"earlier work|related work|introduced by|following \w+|others have")
    ):  # fmt: skip
        return
    first = next((s for s in document.sections if s.kind == "introduction"), None)
    yield Hit(first.line if first else 1, "the draft names no other work.",
              quote=first.title if first else "")  # fmt: skip


@rule(
    "claimed-first",
    "prior work",
    "'the first' without a look at what exists",
    severity="minor",
    rationale="Most such claims are wrong, and one counterexample costs the reader's trust.",
    source=_SEED,
    fix="Name the nearest earlier work and the difference, or drop the word.",
    fires=("We are the first to find a truth direction in a language model.",),
    quiet=(
        "To our knowledge we are the first to find it in a model of this size; Marks and Tegmark "
        "(2023) found it in larger ones.",
        "We are the first to test [1] and [2] together.\n\n# References\n\n[1] A. B. One title here. 2020."
        "\n\n[2] C. D. Another title here. 2021.",
        "The first layer is special.",
    ),
)
def claimed_first(document: Document) -> Iterator[Hit]:
    """Only where fewer than two other works are named in the whole draft."""
    cited = {c.key for c in document.citations} | set(
        re.findall(r"\b[A-Z][\w-]+(?: et al\.?| and [A-Z]\w+)?,? \(?(?:19|20)\d\d", document.prose)
    )
    if len(cited) >= 1 or len(document.references) >= 2:
        return
    for sentence, match in document.find(
        r"\bwe (?:are|were) the first to\b|\bfor the first time\b|\b(?:this is|ours is) the first (?:\w+ )?(?:work|"
        r"paper|study|method|demonstration|evidence)\b|\bno (?:previous|prior|existing) (?:work|study|paper)\b|"
        r"\bnever (?:before )?been (?:done|shown|studied|tried|tested)\b"
    ):
        if not re.search(r"\bnot\b|\bturn\w* out\b", sentence.text):
            yield at(sentence, f"“{match[0]}”, and no other work is cited.", match.start())
            return


RULES = (no_prior_work, claimed_first)
