"""Ways in which a quotation goes wrong: each must be refused by the check."""

import random
import re
from collections.abc import Callable

_VERB = re.compile(r"\b(is|are|was|were|does|do|can|has|have|will|would|may|must|should)\b")


def negation(span: str, words: list[str], rng: random.Random) -> str | None:
    """A `not` put in or taken out."""
    if re.search(r"\bnot\s", span):
        return re.sub(r"\bnot\s", "", span, count=1)
    found = list(_VERB.finditer(span))
    if not found:
        return None
    at = rng.choice(found).end()
    return span[:at] + " not" + span[at:]


def digit(span: str, words: list[str], rng: random.Random) -> str | None:
    """One digit changed."""
    found = [m.start() for m in re.finditer(r"\d", span)]
    if not found:
        return None
    at = rng.choice(found)
    other = rng.choice([d for d in "0123456789" if d != span[at]])
    return span[:at] + other + span[at + 1 :]


def decimal(span: str, words: list[str], rng: random.Random) -> str | None:
    """A decimal point moved, put in or taken out."""
    found = re.search(r"\d+\.\d+", span)
    if found:
        return span[: found.start()] + found.group().replace(".", "") + span[found.end() :]
    found = re.search(r"\d{2,}", span)
    return span[: found.start() + 1] + "." + span[found.start() + 1 :] if found else None


def word(span: str, words: list[str], rng: random.Random) -> str | None:
    """One word replaced by another of the document."""
    found = list(re.finditer(r"\b[a-z]{4,}\b", span))
    if not found:
        return None
    old = rng.choice(found)
    others = [w for w in words if w != old.group() and w.islower()]
    return span[: old.start()] + rng.choice(others) + span[old.end() :] if others else None


def name(span: str, words: list[str], rng: random.Random) -> str | None:
    """A name replaced by another."""
    found = list(re.finditer(r"(?<=\s)[A-Z][A-Za-z-]{2,}\b", span))
    if not found:
        return None
    old = rng.choice(found)
    others = [w for w in words if w[0].isupper() and w != old.group()] or ["Fontaine"]
    return span[: old.start()] + rng.choice(others) + span[old.end() :]


def dropped_clause(span: str, words: list[str], rng: random.Random) -> str | None:
    """Three to six words in the middle left out without dots."""
    parts = span.split()
    if len(parts) < 9:
        return None
    count = rng.randint(3, min(6, len(parts) - 5))
    at = rng.randint(2, len(parts) - count - 2)
    return " ".join(parts[:at] + parts[at + count :])


KINDS: dict[str, Callable[[str, list[str], random.Random], str | None]] = {
    "negation": negation,
    "digit": digit,
    "decimal": decimal,
    "word": word,
    "name": name,
    "dropped clause": dropped_clause,
}


def corruptions(span: str, text: str, rng: random.Random) -> list[tuple[str, str]]:
    """Every kind that applies, as (kind, corrupted span); never one that really is in `text`."""
    words = sorted(set(re.findall(r"\b[A-Za-z]{4,}\b", text)))
    flat = _letters(text)
    made = []
    for kind, corrupt in KINDS.items():
        changed = corrupt(span, words, rng)
        if changed and _letters(changed) != _letters(span) and _letters(changed) not in flat:
            made.append((kind, changed))
    return made


def _letters(text: str) -> str:
    # Case, points and signs stay: a changed one is a corruption like any other. What no reader sees
    # goes, by a rule of its own and not by the check's projections, which are what is measured.
    return re.sub(r"\\label\{[^{}]*\}|\\(?:emph|text(?:bf|it|tt))(?=\{)|[{}\s]", "", text)
