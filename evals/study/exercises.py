"""Exercises and their certificates: those of the bank, and those that a language model writes."""

from collections.abc import Callable
from typing import Any, get_args

from ...tools.spec import Chat, Message, Reply, Usage
from ...tools.study.exercises import bank, write
from ...tools.study.exercises.certify import read_table, standing
from ...tools.study.exercises.types import Kind
from ...tools.study.sandbox.box import best_level
from .answers import Item

ASKED: tuple[tuple[Kind, str], ...] = (
    ("choice", "linear probes and their controls"),
    ("maths", "softmax and entropy"),
    ("describe", "path patching"),
)


class Fixed:
    """A chat that answers every question with the bank's own example."""

    model = "fixed"

    def __init__(self, text: str) -> None:
        self._text = text

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """The example."""
        return Reply(text=self._text, usage=Usage())


def items(player: str) -> list[Item]:
    """The bank's files, or what is asked of a writer.

    None is flawed: an exercise without a certificate counts against whoever made it.
    """
    if player == "bank":
        paths = sorted(p for p in bank.BANK.rglob("*.md") if p.parent.name != "given")
        return [
            Item(id=p.stem, unit=p.stem, group=p.parent.name, flawed=False)
            for p in paths
            if p.name != "README.md"
        ]
    return [
        Item(
            id=f"new-{kind}-{number}",
            unit=f"new-{kind}-{number}",
            group=kind,
            flawed=False,
            data={"kind": kind, "topic": topic},
        )
        for number, (kind, topic) in enumerate(ASKED)
    ]


def of_bank(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Whether a shipped exercise lacks a standing certificate."""
    path = next(p for p in bank.BANK.rglob(f"{item.id}.md"))
    kept = standing(path, read_table(bank.BANK))
    why = "no standing certificate" if kept is None else kept.reason
    return bool(why), why


def echo(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """The bank's own example, handed in as new: what a fixed string scores."""
    kind: Kind = item.data["kind"]  # type: ignore[assignment]
    return llm(item, Fixed(write.example_of(kind)))


def llm(item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Whether what a model writes is dropped."""
    assert chat is not None
    kind: Kind = item.data["kind"]  # type: ignore[assignment]
    assert kind in get_args(Kind)
    made = write.generate(
        chat, kind, item.data["topic"], "", allow_code=lambda: best_level() != "limits"
    )
    return bool(made.dropped), made.dropped or f"certified after {made.rounds} replies"


PLAYERS: dict[str, Callable[[Item, Chat | None], tuple[bool, str]]] = {
    "bank": of_bank,
    "echo": echo,
    "llm": llm,
}
