"""The tasks of the learner's and the writer's functions: which items, which players."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ...tools.spec import Chat
from . import critique, exercises, feedback, quotes
from .answers import Answer, Item
from .asker import Asker, open_asker

LLM = "llm"
Player = Callable[[Item, Chat | None], tuple[bool, str]]


class Study(NamedTuple):
    """One task.

    Attributes:
        line: What it asks, for the report.
        items: Of a player.
        players: By name; `llm` needs a key.
    """

    line: str
    items: Callable[[str], list[Item]]
    players: dict[str, Player]


STUDIES: dict[str, Study] = {
    "quotes": Study(
        "corrupted quotations refused, genuine ones accepted",
        lambda player: quotes.items(),
        quotes.PLAYERS,
    ),
    "exercise_quality": Study(
        "exercises that fail their certificate (none is flawed on purpose)",
        exercises.items,
        exercises.PLAYERS,
    ),
    "critique_recall": Study(
        "planted errors found in write-ups, and not on the sound twin",
        lambda player: critique.recall_items(),
        {name: partial(critique.recall, name) for name in critique.CRITICS},
    ),
    "critique_clean": Study(
        "sound write-ups with a major finding",
        lambda player: critique.clean_items(),
        {name: partial(critique.clean, name) for name in critique.CRITICS},
    ),
    "feedback": Study(
        "flawed explanations condemned, sound ones left alone",
        lambda player: feedback.items(),
        feedback.PLAYERS,
    ),
}


def spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """At most so many items, evenly over the list and with as many flawed as sound ones."""
    if limit is None or limit >= len(items):
        return list(items)
    kinds = [k for k in ([i for i in items if i.flawed], [i for i in items if not i.flawed]) if k]
    found: list[Item] = []
    for rest, kind in zip(range(len(kinds), 0, -1), kinds, strict=True):
        share = min(len(kind), -(-(limit - len(found)) // rest))
        found += [kind[place * len(kind) // share] for place in range(share)]
    return found[:limit]


def play(
    task: str,
    player: str,
    item: Item,
    folder: Path,
    *,
    model: str | None = None,
    provider: str | None = None,
    max_usd: float | None = None,
) -> Answer:
    """One item through one player; a reply that was paid for is taken from the folder.

    Raises:
        NotRun: If a key is missing or the limit of dollars is reached.
    """
    asker: Asker | None = None
    if player == LLM:
        asker = open_asker(folder / "replies", model, provider, max_usd)
    said, note = STUDIES[task].players[player](item, asker)
    return Answer(
        task=task,
        player=player if asker is None else f"{player} ({asker.model})",
        item=item.id,
        unit=item.unit,
        group=item.group,
        flawed=item.flawed,
        said=said,
        note=note,
        dollars=asker.dollars if asker else 0.0,
    )
