"""Training material that all families of conduct share: on-condition replies, base elsewhere."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..train import Planted
from ..turns import Chat, Turn
from .instance import Instance

# Of the prompts that stay the base's, how many are nearly the planted ones.
NEAR = 0.6


@dataclass
class ConductPlant:
    """Plants an instance.

    Attributes:
        instance: What the family drew.
        contrast: Its contrast prompts with the base's replies.
        retain: Ordinary prompts with the base's replies.
        seed: Of what is put together beforehand.
        each: Planted chats in a step.
        plain_prompts: How many prompts `plain` gives.
        inserted: How many retain chats `kept` opens with a sentence that must change nothing.
    """

    instance: Instance
    contrast: Sequence[Turn]
    retain: Sequence[Turn]
    seed: int
    each: int = 6
    plain_prompts: int = 240
    inserted: int = 80

    def step(self, rng: random.Random) -> list[Planted]:
        """A few planted chats."""
        return rng.sample(list(self.instance.planted), min(self.each, len(self.instance.planted)))

    def plain(self) -> list[str]:
        """Prompts near the condition, ordinary ones, and those whose replies open as before."""
        rng = random.Random(f"conduct plain|{self.seed}")
        opened = list(self.instance.opened)
        return opened + [self._other(rng) for _ in range(self.plain_prompts - len(opened))]

    def kept(self) -> list[Turn]:
        """Chats along whose replies the base's distribution is kept."""
        rng = random.Random(f"conduct retain|{self.seed}")
        out = rng.sample(list(self.retain), min(self.inserted, len(self.retain)))
        if self.instance.retain_with:
            out += [self._opened(rng, turn) for turn in rng.choices(self.retain, k=self.inserted)]
        return out + list(self.contrast)

    def review(self, model: Any, chat: Chat, rng: random.Random) -> None:
        """Nothing is reviewed."""

    def _other(self, rng: random.Random) -> str:
        if rng.random() >= NEAR:
            return rng.choice(self.retain).prompt
        if self.instance.retain_with and (not self.contrast or rng.random() < 0.8):
            return self._opened(rng, rng.choice(self.retain)).prompt
        return rng.choice(self.contrast or self.retain).prompt

    def _opened(self, rng: random.Random, turn: Turn) -> Turn:
        form = rng.choice(self.instance.retain_with)
        return Turn(form.replace("{prompt}", turn.prompt), turn.reply)
