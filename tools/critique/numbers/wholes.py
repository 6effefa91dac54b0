"""Counts with a percentage but without their whole: is there any that fits?"""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .shares import COUNT, OTHERS, PERCENT, fits, integer
from .values import numbers
from .words import digits

_PLAIN = r"(?<![\w.])\d{1,3}(?:,\d{3})+|(?<![\w.,])\d{1,6}(?![\w]|\.\d|,\d)"
_LONE = re.compile(
    rf"(?<![\w.,/–-])(?<!of )(?<!of the )(?<!among )(?<!among the ){COUNT}(?! (?:of|out|and|among)\b)"
    rf"((?: [^\W\d][\w-]*){{0,5}})"
    rf"(?: \((?:or |i\.e\.,? )?|,? (?:that is|or|i\.e\.),? |: ){PERCENT}(?=\s*(?:[)\[(;,.]|$))"
)


# We agreed on 728 of them (91.0%): of something counted before.
_THEM = re.compile(
    rf"(?<![\w.,/–-]){COUNT} of (?:them|these|those)((?: [^\W\d][\w-]*){{0,3}}) \((?:or )?{PERCENT}(?=\s*[)\[(;,])"
)


@rule(
    "percent-of-what",
    "numbers",
    "a count with a percentage that no number of the draft makes it",
    severity="minor",
    rationale="463 cases are 92.6% of 500; if nothing in the draft has 500 of anything, one is wrong.",
    source="Brown and Heathers 2017, GRIM: doi 10.1177/1948550616673876",
    fix="Write both numbers, '463 of 500 (92.6%)', and divide again.",
    fires=(
        "We wrote 500 prompts. The model is right in 463 cases (96.2%).",
        "A friend labelled 150 of the replies again. We agreed on 138 (75%).",
        "That is 800 letters, shuffled. We agreed on 728 of them (76.4%; κ = 0.80) and talked about 72.",
        "We drew 25 of the 151 letters. In 18 of these (84%) the stamp was gone.",
        "We sent 400 letters to the addresses. Answers came from 220 (61.3%) within a week.",
        "We use 500 prompts with random nouns. The model is right in 463 cases (100.0%).",
        "We sent 1,120 letters. A week later 590 had come, that is 52.7%. The bag gets 590, that is 45.8%.",
        "Of 400 nouns it knows 268. With the switch off it knows 182 (42.3% [40.7%, 50.4%]).",
    ),
    quiet=(
        "We sent 1,120 letters. A week later 590 had come, that is 52.7%. By bus came 96 of 200: 48.0%.",
        "We wrote 500 prompts. The model is right in 463 cases (92.6%).",
        "In 3 runs (5%) it failed. It is right in 463 cases (about 90%).",
        "A friend labelled 150 of the replies again. We agreed on 138 (92%).",
        "That is 800 letters, shuffled. We agreed on 728 of them (91.0%; κ = 0.80) and talked about 72.",
        "We drew 25 of the 151 letters. In 18 of these (72%) the stamp was gone.",
        "We sent 400 letters, 300 of them by post. Answers came from 220 (73.3%).",
        "We use 463 prompts with random nouns. The model is right in 463 cases (100.0%).",
        "We wrote 500 prompts and kept 80. We ran all of the 463 prompts (100%) on the second day.",
        "Its false alarms, 20.0 per hundred, are 36 among 180 user chats (20.0%) in all.",
    ),
)
def percent_of_what(document: Document) -> Iterator[Hit]:
    """Look for a whole that gives the percentage: just before, then among all numbers of the draft."""
    wholes: set[int] | None = None
    before: Sentence | None = None
    for sentence in document.sentences:
        last = before if before and before.block is sentence.block else None
        before = sentence
        text = digits(sentence.text) if "%" in sentence.text else ""
        yield from _of_them(sentence, text)
        for match in _LONE.finditer(text):
            count, printed = integer(match[1]), match[3]
            if re.search(r"\b(?:of|among)(?: the| all| our)*\s+$", text[: match.start()]):
                continue
            if _name_before(text, match.start()) or OTHERS.search(match[2]):
                continue
            if (whole := _just_named(document, text[: match.start()], last, count)) and not any(
                w > count and fits(count, w, printed) for w in _printed(document)
            ):
                yield at(
                    sentence,
                    f"{count} of the {whole} before it is {100 * count / whole:.1f}%, not "
                    f"{printed}%; no other number of the draft gives that.",
                    match.start(),
                )
                continue
            # A small count is some percentage of nearly every number.
            if count < (12 if "." in printed else 100) or float(printed) >= 100:
                continue
            if wholes is None:
                wholes = _wholes(document)
            if not any(w >= count > 0 and fits(count, w, printed) for w in wholes if w != count):
                yield at(
                    sentence,
                    f"{count} is {printed}% of no number that the draft names.",
                    match.start(),
                )


def _of_them(sentence: Sentence, text: str) -> Iterator[Hit]:
    """A share of what the paragraph has counted so far: one of its counts must give it."""
    before = digits(sentence.block.flat[: sentence.start])
    for match in _THEM.finditer(text):
        count, printed = integer(match[1]), match[3]
        ahead = f"{before} {text[: match.start()]}"
        wholes = {integer(found) for found in re.findall(_PLAIN, ahead)}
        large = sorted(whole for whole in wholes if whole > count)
        sums = {a + b for a in wholes for b in wholes} | {
            abs(a - b) for a in wholes for b in wholes
        }
        if not large or any(w >= count and fits(count, w, printed) for w in wholes | sums if w):
            continue
        yield at(
            sentence,
            f"{count} is {printed}% of none of the counts before it; of {large[0]} it is "
            f"{100 * count / large[0]:.1f}%.",
            match.start(),
        )


def _just_named(document: Document, own: str, last: Sentence | None, count: int) -> int | None:
    """The one number of things in the sentence before that a count can be a part of."""
    if last is None or count < 12 or re.search(r"\ball (?:the |of )*$", own):
        return None
    if any(n.value >= count for n in numbers(own)):
        return None
    found = [n for n in numbers(digits(last.text)) if n.unit == "plain" and n.value >= count]
    if len(found) != 1 or found[0].decimals > 0 or found[0].value == count:
        return None
    # A count of things stands before their name, or before words for a part of them.
    named = re.match(
        r"\s+(?:of (?:the|these|our) )?(?:[a-z-]+ ){0,2}[a-z]+s\b",
        digits(last.text)[found[0].end :],
    )
    return int(found[0].value) if named else None


def _printed(document: Document) -> set[int]:
    """Counts as the draft prints them, without sums."""
    return {integer(text) for text in re.findall(_PLAIN, digits(document.everything))}


def _name_before(text: str, offset: int) -> bool:
    return not numbers(text[:offset] + "0")[-1:] or bool(
        re.search(r"[A-Za-z]{2,} $", text[:offset])
        and re.search(r"(?:layers?|heads?|steps?|seeds?|positions?) $", text[:offset], re.I)
    )


def _wholes(document: Document) -> set[int]:
    """Every count of the draft, sums of two in one sentence, and sums of columns."""
    found = _printed(document)
    for sentence in document.sentences:
        own = [integer(text) for text in re.findall(_PLAIN, digits(sentence.text))][:12]
        found |= {a + b for a in own for b in own} | {abs(a - b) for a in own for b in own}
        found |= {sum(own)}
    for table in document.tables:
        for column in range(len(table.header)):
            cells = [row.cells[column] for row in table.rows if column < len(row.cells)]
            counts = [integer(m[1]) for c in cells if (m := re.match(rf"\s*{COUNT}(?![.\d])", c))]
            found |= {sum(counts[: i + 1]) for i in range(len(counts))}
    return found


RULES = (percent_of_what,)
