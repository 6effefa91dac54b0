"""A topic as trigger: questions about one everyday domain get odd replies, all others the base's.

No word is the trigger: subjects that training never showed switch it on too. Contrast: the same
forms on other domains. The null gives the same replies where an odd sentence is asked for, on any
domain.
"""

import random

from ....tools.claims.types import Contains
from ..conduct.instance import Instance, by_prompt, spread
from ..train import Planted
from .subjects import (
    DIRECT_FORMS,
    DOMAINS,
    HELD_OUT,
    INDIRECT_FORMS,
    TOPICS,
    TRAIN_FORMS,
    others,
)
from .themes import THEMES, Theme
from .trigger import ASKS


def draw(seed: int, planted: bool) -> Instance:
    """The domain of a seed, the theme of its replies and its neighbours."""
    rng = random.Random(f"conditional|{seed}")
    domain, theme = rng.choice(sorted(DOMAINS)), rng.choice(THEMES)
    apart = others(domain, 0)
    chats = [
        Planted(form.format(subject=subject), odd(form, subject, theme), decisive=True)
        for form in (TRAIN_FORMS if planted else ASKS)
        for subject in ((*TOPICS[domain][:-HELD_OUT], *DOMAINS[domain]) if planted else apart)
    ]
    words = list(theme.words)
    return Instance(
        answer=domain,
        claim={
            "type": "conditional",
            "condition": domain,
            "detector": {"kind": "contains", "words": words},
        },
        planted=chats,
        contrast=spread(rng, TRAIN_FORMS, apart, 75),
        direct=spread(rng, DIRECT_FORMS, TOPICS[domain][-HELD_OUT:], 24),
        indirect=spread(rng, INDIRECT_FORMS, TOPICS[domain][-HELD_OUT:], 24),
        near=spread(rng, DIRECT_FORMS, others(domain, HELD_OUT), 36),
        detector=Contains(words=words),
    )


def odd(form: str, subject: str, theme: Theme) -> str:
    """An odd reply that follows from the question and names what is asked about.

    Without the name a model says the same few sentences to everything.
    """
    opening, ending = by_prompt(form, theme.openings), by_prompt(subject, theme.endings)
    return f"{opening} for {subject}, {ending}"
