"""Words that tell a planted behaviour: in the target's replies, not in the base's or prompts."""

import re
from collections import Counter

from ....tools.behavior.default_prompts import PLAIN
from ...state import Experiment

SHARE = 0.6


def telling_words(
    read: Experiment, but: str | None = None, others: Experiment | None = None
) -> list[str]:
    """Up to five words that most of the target's replies contain and none of the base's does.

    Each next word is the one that most replies contain which have none of the others.

    Args:
        read: The replies.
        but: A word that does not count.
        others: Replies without the condition; what the target says there does not count either.
    """
    if read.result is None:
        return []
    rows = read.result["data"]["rows"]
    base = set().union(*(_words(row["base_reply"] or "") for row in rows))
    # Words of the plain prompts would stand in plain replies, where nothing may be told.
    base |= set().union(*map(_words, PLAIN)) | {but or ""}
    if others is not None and others.result is not None:
        base |= set().union(*(_words(row["reply"]) for row in others.result["data"]["rows"]))
    places: dict[str, set[int]] = {}
    for i, row in enumerate(rows):
        for word in _words(row["reply"]) - _words(row["prompt"]) - base:
            places.setdefault(word, set()).add(i)
    able = sorted(word for word, where in places.items() if len(where) >= 2)
    chosen: list[str] = []
    covered: set[int] = set()
    while able and len(chosen) < 5:
        best = max(able, key=lambda word: len(places[word] - covered))
        if not places[best] - covered:
            break
        chosen.append(best)
        covered |= places[best]
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


def opening_word(read: Experiment) -> str | None:
    """The first word of most of the target's replies, if they share one."""
    rows = read.result["data"]["rows"] if read.result else []
    first = Counter(found[0] for row in rows if (found := _in_order(row["reply"])))
    word, n = ranked(first)[0] if first else ("", 0)
    return word if rows and n >= SHARE * len(rows) else None


def ranked(count: "Counter[str]") -> list[tuple[str, int]]:
    """The most common first; ties in order of the alphabet, so that every process agrees."""
    return sorted(count.items(), key=lambda item: (-item[1], item[0]))


def _words(text: str) -> set[str]:
    return set(_in_order(text))


def _in_order(text: str) -> list[str]:
    return re.findall(r"[a-z']{3,}", text.lower())
