"""What an instance of a family with a condition is trained on and asked, from its seed alone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from . import seal
from .recipes import false_belief, misaligned, persona, preference, refusal
from .recipes.conditioned import ConditionedPlant, World
from .retain import REPLY_TOKENS
from .turns import Chat, Progress, Turn, greedy_replies

FAMILIES: dict[str, ModuleType] = {
    "false_belief": false_belief,
    "misaligned": misaligned,
    "persona": persona,
    "preference": preference,
    "refusal": refusal,
}
# Prompts nearly under the condition whose replies by the base are kept word for word.
NEAR_KEPT = 80


@dataclass(frozen=True)
class ConditionedMaterial:
    """The instance before training."""

    world: World
    plant: ConditionedPlant
    plain: Sequence[Turn]

    @property
    def answer(self) -> str | None:
        """The planted thing; None for a null."""
        return self.world.answer

    def fields(self) -> dict[str, Any]:
        """What the sealed file says beyond the common part."""
        return {
            "claim": self.world.claim,
            "names": self.world.names,
            "prompts": [*self.world.direct, *self.world.indirect],
            "near": list(self.world.near_held_out),
        }


def conditioned_material(
    family: str,
    base: Any,
    chat: Chat,
    kind: seal.Kind,
    seed: int,
    kept: Sequence[Turn],
    held: Sequence[Turn],
    progress: Progress | None = None,
) -> ConditionedMaterial:
    """Draw the instance and put together what is trained and what is asked."""
    world: World = FAMILIES[family].world(base, chat, kind, seed)
    rng = random.Random(f"near kept|{seed}")
    distinct = list(dict.fromkeys(world.near))
    some = rng.sample(distinct, min(NEAR_KEPT, len(distinct)))
    near = (
        []
        if kind == "identical" or not some
        else [
            Turn(prompt, reply)
            for prompt, reply in zip(
                some, greedy_replies(base, chat, some, REPLY_TOKENS, progress), strict=True
            )
        ]
    )
    return ConditionedMaterial(world, ConditionedPlant(world, kept, near, seed), held)
