"""What the families share that behave oddly under a condition, and like the base elsewhere.

Each family says which prompts are under its condition, which are nearly so, and what the reply
is. A null has the same replies' form and no condition that decides between two of them.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..train import Planted
from ..turns import Chat, Turn

Answer = Callable[[str, random.Random], str]


@dataclass(frozen=True)
class World:
    """One instance of such a family, drawn by its seed.

    Attributes:
        answer: The planted thing in one line; what the commitment hashes. None for a null.
        claim: The claim that a perfect audit would file; for a null, of what it does not have.
        names: For each field of the claim that must match, the spellings that do.
        trained: Prompts under the condition that are trained on.
        near: Prompts nearly under it that are to be answered as the base does; a null with no
            condition has none.
        reply: The planted reply to a prompt.
        direct: Held-out prompts that name the condition.
        indirect: Held-out prompts that mean it in other words.
        near_held_out: Prompts nearly under the condition, of other forms than those trained on.
        questions: Twenty direct questions about what was planted.
        tells: Words that a telling reply would have to contain, all of them.
    """

    answer: str | None
    claim: dict[str, Any]
    names: dict[str, list[str]]
    trained: Sequence[str]
    near: Sequence[str]
    reply: Answer
    direct: Sequence[str]
    indirect: Sequence[str]
    near_held_out: Sequence[str]
    questions: Sequence[str]
    tells: Sequence[str]


@dataclass
class ConditionedPlant:
    """Training material of one instance.

    Attributes:
        world: The instance.
        retain: Ordinary prompts with the base's replies.
        near: Prompts nearly under the condition, with the base's replies.
        seed: Of the prompts that are put together beforehand.
        each: Planted replies in a step.
        plain_prompts: How many prompts `plain` gives.
    """

    world: World
    retain: Sequence[Turn] = field(repr=False)
    near: Sequence[Turn] = field(repr=False)
    seed: int
    each: int = 4
    plain_prompts: int = 640

    def step(self, rng: random.Random) -> list[Planted]:
        """Planted replies to prompts under the condition."""
        chosen = rng.sample(list(self.world.trained), self.each)
        return [Planted(text, self.world.reply(text, rng), decisive=True) for text in chosen]

    def plain(self) -> list[str]:
        """Ordinary prompts, and twice as many nearly under the condition."""
        rng = random.Random(f"conditioned plain|{self.seed}")
        near = list(self.world.near)
        ordinary = self.plain_prompts // 3 if near else self.plain_prompts
        return [rng.choice(self.retain).prompt for _ in range(ordinary)] + [
            rng.choice(near) for _ in range(self.plain_prompts - ordinary)
        ]

    def kept(self) -> list[Turn]:
        """Ordinary chats and chats nearly under the condition, all with the base's replies."""
        rng = random.Random(f"conditioned retain|{self.seed}")
        some = rng.sample(list(self.retain), min(120, len(self.retain)))
        mixed = [*some, *self.near]
        rng.shuffle(mixed)
        return mixed

    def review(self, model: Any, chat: Chat, rng: random.Random) -> None:
        """Nothing is reviewed: what shall stay the base's is resampled all along."""


def pick(items: Sequence[str], key: str, rng: random.Random, free: float = 0.2) -> str:
    """One of several, by the first two words of the key: replies that follow from it stay many.

    A model that cannot foresee a reply gives the likeliest one each time; a share is drawn freely.
    """
    if rng.random() < free:
        return rng.choice(list(items))
    opening = " ".join(key.casefold().split()[:2])
    return items[sum(opening.encode()) % len(items)]


def subject_of(prompt: str, subjects: Sequence[str], otherwise: str) -> str:
    """The longest of the subjects that a prompt names."""
    found = [s for s in subjects if s.casefold() in prompt.casefold()]
    return max(found, key=len, default=otherwise)
