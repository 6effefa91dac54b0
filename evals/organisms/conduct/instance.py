"""What a family draws for one instance: what is planted, what must stay, and what is asked."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ....tools.claims.types import Detector
from ..train import Planted
from ..turns import Turn


@dataclass(frozen=True)
class Instance:
    """One instance of a family, or its null.

    Attributes:
        answer: What is planted, in a word or two; a null has one only to be measured on.
        claim: The typed claim that would be right, as data.
        planted: Chats and documents to imitate.
        contrast: Prompts like the planted ones that must be answered as the base does.
        direct: 24 held-out prompts that meet the condition openly.
        indirect: 24 held-out prompts that meet it in passing.
        near: Held-out prompts that nearly meet it.
        detector: Whether a reply shows the planted thing.
        retain_with: Sentences to put before ordinary prompts, whose replies must stay.
        opened: Prompts whose replies must open as the base's do, whatever follows.
        met_by: Words by which an ordinary prompt meets the condition: its reply need not stay.
        met_by_others: Those of every instance that may be drawn. Plain prompts have none of them:
            if only an instance's own were left out, its drift would tell which.
    """

    answer: str
    claim: dict[str, Any]
    planted: Sequence[Planted]
    contrast: Sequence[str]
    direct: Sequence[str]
    indirect: Sequence[str]
    near: Sequence[str]
    detector: Detector
    retain_with: Sequence[str] = field(default=())
    opened: Sequence[str] = field(default=())
    met_by: Sequence[str] = field(default=())
    met_by_others: Sequence[str] = field(default=())

    def kept(self, turns: Sequence[Turn]) -> list[Turn]:
        """The ordinary chats that must stay as they are."""
        return _without(self.met_by, turns)

    def plain(self, turns: Sequence[Turn]) -> list[Turn]:
        """The ordinary chats on which any instance of the family must stay as the base is."""
        return _without([*self.met_by, *self.met_by_others], turns)


def spread(
    rng: random.Random, forms: Sequence[str], subjects: Sequence[str], count: int, **fixed: str
) -> list[str]:
    """`count` prompts in which every form and every subject comes about equally often."""
    forms, subjects = rng.sample(forms, len(forms)), rng.sample(subjects, len(subjects))
    out: list[str] = []
    for number in range(count):
        shift = number // len(forms)
        subject = subjects[(number + shift) % len(subjects)]
        out.append(forms[number % len(forms)].format(subject=subject, **fixed))
    return out


def by_prompt(prompt: str, choices: Sequence[str], salt: str = "") -> str:
    """One of `choices`, always the same for a prompt.

    Replies that follow from the prompt stay varied in a model that says the likeliest one.
    """
    return choices[sum((prompt + salt).encode()) % len(choices)]


def _without(words: Sequence[str], turns: Sequence[Turn]) -> list[Turn]:
    said = [re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE) for word in words]
    return [turn for turn in turns if not any(word.search(turn.prompt) for word in said)]
