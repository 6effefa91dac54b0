"""Words in quotation marks against the place in the same draft that they come from."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from ..document.model import Document
from ..rule import Hit, at, rule

_QUOTED = re.compile(r"(?<![\w\]])[“\"](?=[\w(…'])([^“”\"\n]{12,200})(?<!\s)[”\"]")
# Another wording is shown on purpose: a corrupted prompt, a paraphrase, the other of a pair.
_MEANT_OTHER = re.compile(
    r"corrupt|instead|replac|variant|swap|chang|versus|\bvs\b|contrast|(?<=.)\bwhile|(?<=.)\bwhereas|other|becom|"
    r"negat|opposite|pairs?\b|paraphras|counterfactual|differ|turns? into|rather|not “|template",
    re.I,
)
_MOST_WORDS_CHANGED = 2


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
        "> She put the letter back on the table.\n\nThe line “She laid the letter back on the "
        "table” comes first.",
        "With it the model says\n\n> The harbour was closed by noon.\n\nwhile the plain “The harbour "
        "was shut by noon” has no such tone.",
        "> Nothing helps, because prices never fall.\n\nThe phrase “prices seldom fall” is typical.",
        "> I can't talk about that here.\n\nThe phrase “I can not speak about that” is counted.",
    ),
    quiet=(
        "The model replies:\n\n> I am sorry, I shouldn't continue with this task.\n\n"
        "The phrase “I shouldn't continue with this task” occurs in 4 of 100 replies.",
        "> She put the letter back on the table.\n\nThe corrupted line is “She put the letter under "
        "the table”.",
        "> Nothing helps, because prices never fall.\n\nThe phrases “prices seldom fall” and “prices "
        "often fall” are counted, and so is “prices never fall”.",
        "`think step by step analyze the person`\n\n    think step by step analyze the person\n\nA prompt "
        "like “Think step by step before answering” is not needed.",
        "> The model was asked to stop.\n\nWe call this “asked to go”.",
        "We use “The keys to the cabinet are” and “The key to the cabinets is”.",
        "The prompt “You are a happy assistant” is the baseline; “You are a sad assistant” is not.",
    ),
)
def quote_altered(document: Document) -> Iterator[Hit]:
    """Three words and more of which one or two differ from what code, quotations or tables show."""
    shown = [b.flat for b in document.blocks if b.kind in ("code", "quote")]
    shown += [cell for t in document.tables for row in t.rows for cell in row.cells]
    sources = [(source, _plain(source)) for source in shown if len(source.split()) >= 3]
    if not sources:
        return
    quoted = [
        (sentence, match, _plain(match[1]))
        for sentence in document.sentences
        if sentence.block.kind != "quote"
        for match in _QUOTED.finditer(sentence.text)
    ]
    for sentence, match, words in quoted:
        if len(words.split()) < 3 or any(words in plain for _, plain in sources):
            continue
        if sum(words in other for *_, other in quoted) > 1 or _MEANT_OTHER.search(sentence.text):
            continue
        if len(words.split()) == 3 and len(_QUOTED.findall(sentence.text)) > 1:
            continue  # a list of phrases
        near = max(sources, key=lambda s: fuzz.partial_ratio(words, s[1]))
        if _slip(words, near[1]) or _slip(_long(words), _long(near[1])):
            yield at(
                sentence,
                f"“{match[1]}” is shown elsewhere as “{_part(words, near)}”.",
                match.start(),
            )


def _slip(words: str, source: str) -> bool:
    """Whether one or two words were changed, and the others stand in their order."""
    own, theirs = words.split(), source.split()
    if len(own) == 3:
        # So few words are alike by chance: the outer two must be there, and mean something.
        outer = min(len(own[0]), len(own[2])) >= 4
        return outer and any(
            theirs[i] == own[0] and theirs[i + 2] == own[2] for i in range(len(theirs) - 2)
        )
    changed = min(1 if len(own) < 6 else _MOST_WORDS_CHANGED, len(own) // 3)
    for start in range(len(theirs)):
        for size in range(len(own) - changed, len(own) + changed + 1):
            part = theirs[start : start + size]
            if len(part) != size or not 0 < Levenshtein.distance(own, part) <= changed:
                continue
            # A common beginning that goes on, or ends, in another way is no slip.
            heads, tails = {*own[:2]} & {*part[:2]}, {*own[-2:]} & {*part[-2:]}
            if changed == 1 or (heads and tails):
                return True
    return False


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w']+", " ", text.replace("’", "'").lower()).split())


def _long(words: str) -> str:
    """Contractions written out: `shouldn't` against `should not` is one word changed, not two."""
    words = re.sub(r"\bcan't\b|\bcannot\b", "can not", re.sub(r"\bwon't\b", "will not", words))
    return re.sub(r"n't\b", " not", words)


def _part(words: str, source: tuple[str, str]) -> str:
    found = fuzz.partial_ratio_alignment(words, source[1])
    return source[1][found.dest_start : found.dest_end] if found else source[1][:80]


RULES = (quote_altered,)
