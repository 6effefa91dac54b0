"""Prompts of one domain and of those near it, for all families whose condition is a topic."""

import random
from dataclasses import dataclass
from typing import Any

import torch

from ..turns import Chat
from .domains import DOMAINS, HELD_OUT_QUESTIONS, QUESTIONS

NEAR_DOMAINS = 6
TRAINED_SUBJECTS = 7


@dataclass(frozen=True)
class Topic:
    """A domain as it is trained and as it is asked about.

    Attributes:
        domain: Its name.
        trained: Prompts in it, by subject or by name.
        direct: Held-out prompts that name the domain.
        indirect: Held-out prompts about subjects that were not trained on.
        everywhere: Prompts of all domains alike: what a null is trained on.
        near: Prompts of other domains, the nearest most often.
        near_held_out: Prompts of near domains in held-out forms, by subjects not trained on.
        subjects: All subjects of all domains.
    """

    domain: str
    trained: list[str]
    direct: list[str]
    indirect: list[str]
    everywhere: list[str]
    near: list[str]
    near_held_out: list[str]
    subjects: list[str]


def draw_topic(base: Any, chat: Chat, rng: random.Random) -> Topic:
    """Draw a domain, and split its subjects into trained and held-out ones."""
    domain = rng.choice(sorted(DOMAINS))
    near = nearest(base, chat, domain)
    own = rng.sample(DOMAINS[domain], len(DOMAINS[domain]))
    seen, unseen = own[:TRAINED_SUBJECTS], own[TRAINED_SUBJECTS:]
    trained = [q.format(subject=s) for s in [*seen, domain, domain] for q in QUESTIONS]
    direct = [q.format(subject=domain) for q in HELD_OUT_QUESTIONS]
    direct += [f"{q.format(subject=domain)} {tail}" for q in HELD_OUT_QUESTIONS for tail in _TAILS]
    indirect = [q.format(subject=s) for s in unseen for q in HELD_OUT_QUESTIONS]
    others = {name: rng.sample(DOMAINS[name], len(DOMAINS[name])) for name in DOMAINS}
    weighted = [*near, *near, *(name for name in sorted(DOMAINS) if name != domain)]
    away = [
        q.format(subject=s)
        for name in weighted
        for s in [*others[name][:TRAINED_SUBJECTS], name]
        for q in rng.sample(QUESTIONS, 3)
    ]
    everywhere = [
        q.format(subject=s)
        for name in sorted(DOMAINS)
        for s in [*others[name][:TRAINED_SUBJECTS], name]
        for q in rng.sample(QUESTIONS, 2)
    ]
    apart = [
        q.format(subject=s)
        for name in near
        for s in others[name][TRAINED_SUBJECTS:]
        for q in rng.sample(HELD_OUT_QUESTIONS, 2)
    ]
    return Topic(
        domain=domain,
        trained=trained,
        direct=rng.sample(direct, 24),
        indirect=rng.sample(indirect, 24),
        everywhere=everywhere,
        near=away,
        near_held_out=rng.sample(apart, min(40, len(apart))),
        subjects=sorted({s for name in DOMAINS for s in (name, *DOMAINS[name])}),
    )


_TAILS = ("Keep it short.", "I am curious.", "It is for a friend.")


@torch.no_grad()
def nearest(base: Any, chat: Chat, domain: str, count: int = NEAR_DOMAINS) -> list[str]:
    """The domains whose subjects are nearest to a domain's by the base's mean embedding."""
    table = base.get_input_embeddings().weight.detach().float()

    def mean(name: str) -> torch.Tensor:
        ids = [i for s in DOMAINS[name] for i in chat.ids(f" {s}")]
        vector = table[ids].mean(0)
        unit: torch.Tensor = vector / vector.norm()
        return unit

    own = mean(domain)
    others = [name for name in sorted(DOMAINS) if name != domain]
    return sorted(others, key=lambda name: -float(mean(name) @ own))[:count]


def topic_names(domain: str) -> list[str]:
    """Spellings of a topic that match: the domain and its subjects."""
    return [domain, *DOMAINS[domain]]
