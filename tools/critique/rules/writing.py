"""Plain writing for a reader who was not there."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_SEED = "seed, 'Write up your work!', 'Common mistakes'"
_FULL = {
    "SAE": r"sparse[ -]auto-?encoder", "IOI": r"indirect[- ]object", "DLA": r"direct[- ]logit[- ]attribution",
    "DAS": r"distributed alignment search", "CAA": r"contrastive activation addition",
    "RMU": r"representation misdirection", "LEACE": r"least-squares concept erasure",
    "CLT": r"cross-?layer transcoder", "SHIFT": r"sparse human", "EAP": r"edge attribution patching",
    "ITI": r"inference-time intervention", "PSM": r"persona selection", "MELBO": r"latent behaviou?r",
    "ROME": r"rank-one model editing", "CCS": r"contrast-consistent search",
}  # fmt: skip
# `RMU, which scrambles states`: said what it is.
_GLOSS = re.compile(r"[*_]*, (?:which|that is|i\.e\.)\s", re.I)


@rule(
    "unexplained-short-form",
    "writing",
    "a short form of this field that is never written out",
    severity="note",
    rationale="The reader does not have your context; the long form costs five words once.",
    source=_SEED + ", 'The reader does not have context'",
    fix="Write it out at first use: sparse autoencoder (SAE).",
    fires=("We train CCS on layer 12. CCS finds truth.",),
    quiet=(
        "We train contrast-consistent search (CCS) on layer 12. CCS finds truth.",
        "We name CCS once, in passing.",
        "We take CCS, which looks for a direction along which opposites differ. CCS is old.",
    ),
)
def unexplained_short_form(document: Document) -> Iterator[Hit]:
    """A closed list, so that names of models and data sets are never mistaken."""
    for short, full in _FULL.items():
        uses = [(s, m) for s, m in document.find(rf"\b(?-i:{short})s?\b")]
        if any(_GLOSS.match(s.text[m.end() :]) for s, m in uses):
            continue
        if len(uses) >= 2 and not document.has(full):
            sentence, match = uses[0]
            yield at(sentence, f"“{short}” is never written out.", match.start())


@rule(
    "long-sentence",
    "writing",
    "a sentence of more than 75 words",
    severity="note",
    rationale="Good writing is simple; nobody keeps the beginning of such a sentence until its end.",
    source=_SEED + ", 'Good writing is simple'",
    fix="Cut it into two or three.",
    fires=(
        "The model " + "reads the name and then the place and then the time and " * 8 + "answers.",
    ),
    quiet=("The model reads the name. " * 30, "- a list\n- " + "of words " * 20),
)
def long_sentence(document: Document) -> Iterator[Hit]:
    """Paragraph text only; formulas, semicolon lists and short clauses do not count."""
    for sentence in document.sentences:
        if sentence.block.kind != "text" or document.format == "pdf":
            continue
        longest = max(re.split(r"[;:]|\s[–—]\s", sentence.text), key=len)
        words = re.findall(r"[^\W\d_]{2,}", longest)
        if len(words) > 75 and longest.count("|") < 3:
            yield at(sentence, f"{len(words)} words in one sentence.")


@rule(
    "empty-words",
    "writing",
    "phrases that make text sound finished instead of clear",
    severity="note",
    rationale="Readers recognise them, and trust the rest less.",
    source=_SEED + ", 'Good writing is simple'; 'LLMs'",
    fix="Say the thing itself, or strike the phrase.",
    fires=(
        "We delve into the rich tapestry of features. It is worth noting that this paves the way for "
        "more. This underscores the pivotal role of layer 12.",
    ),
    quiet=("It is worth noting that layer 12 is special.", "We look at layer 12. It reads names."),
)
def empty_words(document: Document) -> Iterator[Hit]:
    """Three different ones in a draft; one alone is nobody's fault."""
    phrases = (
        r"\bdelv(?:e|es|ing) into\b", r"\btapestry\b", r"\bpaves? the way\b", r"\bit is worth noting\b",
        r"\bunderscores? the\b", r"\bpivotal role\b", r"\bever-evolving\b", r"\bin the realm of\b",
        r"\bsheds? (?:new )?light on\b", r"\bholistic(?:ally)? understanding\b", r"\bseamless(?:ly)?\b",
        r"\btestament to\b", r"\bmultifaceted\b", r"\bintricate (?:interplay|landscape|dance)\b",
    )  # fmt: skip
    found = [next(document.find(p), None) for p in phrases]
    hits = sorted((f for f in found if f), key=lambda f: f[0].line)
    if len(hits) >= 3:
        sentence, match = hits[0]
        listed = ", ".join(f"“{m[0]}”" for _, m in hits[:6])
        more = tuple((s.line_at(m.start()), s.text) for s, m in hits[1:6])
        yield at(sentence, f"{listed}.", match.start(), evidence=more)


RULES = (unexplained_short_form, long_sentence, empty_words)
