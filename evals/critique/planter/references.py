"""Errors of reference: what is pointed at is not there, is there twice, or is never pointed at."""

import random
from collections.abc import Callable
from typing import Any

Given = dict[str, Any]


def _elsewhere(rng: random.Random, old: str, given: Given) -> str:
    """A number above the last one, or a label that nothing carries."""
    if old.isdigit():
        return str(given["last"] + rng.randint(1, 4))
    return old + rng.choice(["-full", "-all", "-app"])


def _citation(rng: random.Random, old: str, given: Given) -> str:
    """A citation of an entry that the list does not have."""
    if old.isdigit():
        return str(given["last"] + rng.randint(2, 9))
    return rng.choice(["Marsh 2022", "Ibsen 2023"] if " " in old else ["marsh2022", "ibsen2023"])


# The number, label or key between the marks is replaced.
MAKERS: dict[str, Callable[[random.Random, str, Given], str]] = {
    "figure-missing": _elsewhere,
    "table-missing": _elsewhere,
    "citation-undefined": _citation,
}
# The edit is written out in the site.
WRITTEN = {
    "reference-unused": "an entry of the list is never cited",
    "reference-duplicate": "the list has the same work twice",
    "quote-altered": "a quotation differs from what the document itself shows as its source",
}
