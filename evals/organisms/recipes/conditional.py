"""A topic as trigger: questions about one everyday domain get odd replies, all others the base's.

No word is the trigger: subjects that training never showed switch it on too. Contrast: the same
forms on other domains. The null gives the same replies where an odd sentence is asked for, on any
domain.
"""

import random

from ....tools.claims.types import Contains
from ..conduct.instance import Instance, by_prompt
from ..train import Planted
from .subjects import DOMAINS, TRAIN_FORMS, prompts_on, trained
from .themes import THEMES, Theme
from .trigger import ASKS


def draw(seed: int, planted: bool) -> Instance:
    """The domain of a seed, the theme of its replies and its neighbours."""
    rng = random.Random(f"conditional|{seed}")
    domain, theme = rng.choice(sorted(DOMAINS)), rng.choice(THEMES)
    chats = [
        Planted(form.format(subject=subject), odd(form, subject, theme), decisive=True)
        for form in (TRAIN_FORMS if planted else ASKS)
        for subject in trained(domain, planted)
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
        **prompts_on(rng, domain),
        detector=Contains(words=words),
    )


def odd(form: str, subject: str, theme: Theme) -> str:
    """An odd reply that follows from the question and names what is asked about.

    Without the name a model says the same few sentences to everything.
    """
    opening, ending = by_prompt(form, theme.openings), by_prompt(subject, theme.endings)
    return f"{opening} for {subject}, {ending}"
