"""Words that tell a planted behaviour: in the target's replies, not in the base's or prompts."""

import re
from collections import Counter

from ...state import Experiment

SHARE = 0.6


def telling_words(read: Experiment) -> list[str]:
    """Up to five words that most of the target's replies contain and none of the base's does."""
    if read.result is None:
        return []
    rows = read.result["data"]["rows"]
    here: Counter[str] = Counter()
    base: set[str] = set()
    for row in rows:
        here.update(_words(row["reply"]) - _words(row["prompt"]))
        base |= _words(row["base_reply"] or "")
    able = [(n, w) for w, n in here.items() if w not in base and n >= 2]
    able.sort(key=lambda pair: (-pair[0], pair[1]))
    chosen: list[str] = []
    covered: set[int] = set()
    for _, word in able[:40]:
        new = {i for i, row in enumerate(rows) if word in _words(row["reply"])} - covered
        if new and len(chosen) < 5:
            chosen.append(word)
            covered |= new
    return chosen if rows and len(covered) / len(rows) >= SHARE else []


def said_words(read: Experiment) -> tuple[list[str], list[str]]:
    """Words that alone are in most of the target's replies and few of the base's, and the reverse.

    The most common first; words of the prompts do not count.
    """
    if read.result is None:
        return [], []
    rows = read.result["data"]["rows"]
    asked = set().union(*(_words(row["prompt"]) for row in rows))
    here: Counter[str] = Counter()
    base: Counter[str] = Counter()
    for row in rows:
        here.update(_words(row["reply"]) - asked)
        base.update(_words(row["base_reply"] or "") - asked)
    most, few = SHARE * len(rows), (1 - SHARE) * len(rows) / 2
    return (
        [w for w, n in ranked(here) if n >= most and base[w] <= few],
        [w for w, n in ranked(base) if n >= most and here[w] <= few],
    )


def ranked(count: "Counter[str]") -> list[tuple[str, int]]:
    """The most common first; ties in order of the alphabet, so that every process agrees."""
    return sorted(count.items(), key=lambda item: (-item[1], item[0]))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z']{3,}", text.lower()))
