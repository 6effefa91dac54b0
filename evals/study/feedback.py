"""Criticism of sound and flawed explanations under each framing: who tells them apart.

A text counts as condemned if the criticism holds a point *wrong* or *unsupported*. To condemn all
and to praise all both score nothing.
"""

from collections.abc import Callable, Sequence
from importlib import resources
from typing import get_args

import yaml

from ...tools.spec import Chat
from ...tools.study.feedback.framings import Author, Framing, Instruction, framing
from ...tools.study.feedback.points import read_feedback
from ...tools.study.feedback.request import feedback_messages
from ...tools.study.quotes.find import Source
from .answers import Item
from .sources import techniques

CONDEMNED = ("wrong", "unsupported")
PRAISE = "[right] A clear and correct explanation; well done. Nothing needs to be changed."
BLAME = "[wrong] This is mistaken, as such explanations often are. [unsupported] So is the rest."


def framings() -> list[str]:
    """Every author with every instruction."""
    return [f"{who}-{how}" for who in get_args(Author) for how in get_args(Instruction)]


def items(chosen: Sequence[str] | None = None) -> list[Item]:
    """Both twins of every pair under each framing."""
    text = resources.files(__package__).joinpath("feedback_pairs.yaml").read_text(encoding="utf-8")
    return [
        Item(
            id=f"{pair['id']}-{'flawed' if flawed else 'sound'}-{name}",
            unit=pair["id"],
            group=name,
            flawed=flawed,
            data={"text": pair["flawed" if flawed else "sound"], "framing": name},
        )
        for name in (chosen or framings())
        for pair in yaml.safe_load(text)
        for flawed in (True, False)
    ]


def condemned(reply: str, own: str, sources: list[Source]) -> tuple[bool, str]:
    """Whether a criticism calls the text wrong, and its first such point."""
    points = [p for p in read_feedback(reply, sources, own).points if p.verdict in CONDEMNED]
    return bool(points), points[0].text[:160] if points else ""


def flatterer(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Praises everything."""
    return condemned(PRAISE, item.data["text"], [])


def always_critic(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Condemns everything."""
    return condemned(BLAME, item.data["text"], [])


def llm(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """The product's own criticism by a language model."""
    assert chat is not None
    named: Framing = framing(item.data["framing"])
    sources = [techniques()]
    messages, _ = feedback_messages(item.data["text"], sources, named)
    return condemned(chat.complete(messages).text, item.data["text"], sources)


PLAYERS: dict[str, Callable[[Item, Chat | None], tuple[bool, str]]] = {
    "flatterer": flatterer,
    "always_critic": always_critic,
    "llm": llm,
}
