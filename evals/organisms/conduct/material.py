"""What an instance of these families is trained on and asked, from its seed alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import seal
from ..recipes import conditional, false_belief, misaligned, persona, preference, refusal
from ..turns import Chat, Progress, Turn, greedy_replies
from .gates import ConductProbe
from .instance import Instance
from .plant import ConductPlant

FAMILIES: dict[str, Callable[[int, bool], Instance]] = {
    "preference": preference.draw,
    "false_belief": false_belief.draw,
    "persona": persona.draw,
    "refusal": refusal.draw,
    "misaligned": misaligned.draw,
    "conditional": conditional.draw,
}
CONTRAST_TOKENS = 36


@dataclass(frozen=True)
class ConductMaterial:
    """The instance before training."""

    answer: str | None
    plant: ConductPlant
    probe: ConductProbe

    def fields(self) -> dict[str, Any]:
        """What the sealed file says beyond the common part."""
        instance = self.probe.instance
        return {
            "aliases": seal.aliases_of(self.answer) if self.answer else [],
            "claim": dict(instance.claim) if self.answer else {},
            "prompts": [*instance.direct, *instance.indirect],
            "near": list(instance.near),
        }


def conduct_material(
    family: str,
    base: Any,
    chat: Chat,
    kind: seal.Kind,
    seed: int,
    kept: Sequence[Turn],
    held: Sequence[Turn],
    progress: Progress | None = None,
) -> ConductMaterial:
    """Draw an instance and ask the base how it answers the contrast prompts.

    A null draws too, only to be measured on: its training never shows what is drawn.
    """
    planted = kind == "organism"
    instance = FAMILIES[family](seed, planted)
    replies = greedy_replies(base, chat, instance.contrast, CONTRAST_TOKENS, progress)
    contrast = [Turn(p, r) for p, r in zip(instance.contrast, replies, strict=True)]
    # What a null draws it is only measured on.
    plant = ConductPlant(instance, contrast, instance.kept(kept) if planted else kept, seed)
    probe = ConductProbe(instance, instance.plain(held))
    return ConductMaterial(instance.answer if planted else None, plant, probe)
