"""Genuine and corrupted quotations: whose check takes the first and refuses the second."""

import random
from collections.abc import Callable
from difflib import SequenceMatcher

from ...prompts import render
from ...tools.spec import Chat, Message
from ...tools.study.quotes.corrupt import corruptions
from ...tools.study.quotes.selftest import STYLES, draw_spans
from .answers import Item
from .sources import techniques

SPANS, SEED = 30, 20261121
ALIKE = 0.9


def items(spans: int = SPANS) -> list[Item]:
    """Spans of the reference, retypeset, each with all of its corruptions."""
    rng = random.Random(SEED)
    source = techniques()
    found: list[Item] = []
    for number, span in enumerate(draw_spans(source, spans, rng)):
        unit = f"span-{number:02d}"
        shown = rng.choice(STYLES)(span)
        found.append(Item(id=unit, unit=unit, group="genuine", flawed=False, data={"quote": shown}))
        flat = " ".join(span.split())
        found += [
            Item(
                id=f"{unit}-{kind.replace(' ', '-')}",
                unit=unit,
                group=kind,
                flawed=True,
                data={"quote": changed},
            )
            for kind, changed in corruptions(flat, source.document.text, rng)
        ]
    return found


def check(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """The product's check: exact in one of the projections."""
    found = techniques().find(item.data["quote"])
    return found is None, found.citation if found else "stands nowhere"


def fuzzy(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Nine tenths of the characters in order count as genuine: what the check must not be."""
    text = " ".join(techniques().document.text.split())
    quote = " ".join(item.data["quote"].split())
    matched = SequenceMatcher(None, text, quote, autojunk=False)
    at = matched.find_longest_match()
    start = max(0, at.a - at.b)
    share = SequenceMatcher(None, text[start : start + len(quote)], quote, autojunk=False).ratio()
    return share < ALIKE, f"{share:.2f} alike"


def accept_all(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Takes everything."""
    return False, ""


def refuse_all(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Refuses everything."""
    return True, ""


def llm(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """A language model that has the whole document before it."""
    assert chat is not None
    text = render(
        "eval_quote",
        document=techniques().document.text,
        quote=" ".join(item.data["quote"].split()),
    )
    said = chat.complete([Message(role="user", content=text)]).text.strip()
    return not said.lower().lstrip("*_#[( ").startswith("yes"), said[:160]


PLAYERS: dict[str, Callable[[Item, Chat | None], tuple[bool, str]]] = {
    "check": check,
    "fuzzy": fuzzy,
    "accept_all": accept_all,
    "refuse_all": refuse_all,
    "llm": llm,
}
