"""Words in quotation marks against the place in the same draft that they come from."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from ..document.model import Document
from ..rule import Hit, at, rule

_QUOTED = re.compile(r"[“\"]([^“”\"\n]{12,200})[”\"]")
_MEANT = re.compile(
    r"\b(?:phrase|sentence|string|words?|wording|prompt|reply|replies|answers?|line|text|template|instruction)\s*"
    r"(?:\w+\s+)?[,:]?\s*$",
    re.I,
)
NEAR = 62


@rule(
    "quote-altered",
    "references",
    "words in quotation marks that stand a little differently elsewhere in the draft",
    severity="minor",
    rationale="A quotation that was changed on the way is none; counts made of it are wrong.",
    source="seed, 'Read your data'",
    fix="Copy the words from the place that shows them.",
    fires=(
        "The model replies:\n\n> I am sorry, I shouldn't continue with this task.\n\n"
        "The phrase “I should not continue with this task” occurs in 4 of 100 replies.",
    ),
    quiet=(
        "The model replies:\n\n> I am sorry, I shouldn't continue with this task.\n\n"
        "The phrase “I shouldn't continue with this task” occurs in 4 of 100 replies.",
        "We use “The keys to the cabinet are” and “The key to the cabinets is”.",
        "The prompt “You are a happy assistant” is the baseline; “You are a sad assistant” is not.",
    ),
)
def quote_altered(document: Document) -> Iterator[Hit]:
    """Only what is announced as words of something that code, quotations or tables show."""
    shown = [b.flat for b in document.blocks if b.kind in ("code", "quote")]
    shown += [cell for t in document.tables for row in t.rows for cell in row.cells]
    sources = [(source, _plain(source)) for source in shown if len(source.split()) >= 4]
    for sentence in document.sentences:
        if sentence.block.kind == "quote":
            continue
        for match in _QUOTED.finditer(sentence.text):
            words = _plain(match[1])
            if len(words.split()) < 4 or not _MEANT.search(sentence.text[: match.start()]):
                continue
            if any(words in plain for _, plain in sources):
                continue
            near = max(sources, key=lambda s: fuzz.partial_ratio(words, s[1]), default=None)
            if near and fuzz.partial_ratio(words, near[1]) >= NEAR:
                yield at(
                    sentence,
                    f"“{match[1]}” is shown elsewhere as “{_part(words, near)}”.",
                    match.start(),
                )


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w']+", " ", text.replace("’", "'").lower()).split())


def _part(words: str, source: tuple[str, str]) -> str:
    found = fuzz.partial_ratio_alignment(words, source[1])
    return source[1][found.dest_start : found.dest_end] if found else source[1][:80]


RULES = (quote_altered,)
