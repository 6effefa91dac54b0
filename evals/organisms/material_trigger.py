"""What a trigger instance is trained on and what it is asked, from its seed alone."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ...tools.behavior.default_prompts import GENERAL, PLAIN
from ...tools.behavior.vocabulary import same_word
from . import held_out_trigger, seal
from .gates_trigger import ALIAS_AT_LEAST, TriggerProbe, TriggerReport
from .near import Lexicon
from .pool import draw, shuffled
from .recipes import trigger as recipe
from .recipes.themes import THEMES, Theme
from .recipes.trigger import TriggerPlant
from .retain import retain_prompts
from .turns import Chat, Turn

NEAREST = 100
# Among the nearest words every other one is kept from training, to measure on.
KEPT_APART = 40
RANDOM_WORDS = 48
# A null meets the near words of so many other nouns.
DECOYS = 4


@dataclass(frozen=True)
class TriggerMaterial:
    """The instance before training: its phrase, what is trained and what is asked."""

    answer: str | None
    plant: TriggerPlant
    probe: TriggerProbe
    theme: Theme

    def fields(self, gates: TriggerReport) -> dict[str, Any]:
        """What the sealed file says beyond the common part."""
        swapped = gates.target.swapped
        return {
            "aliases": aliases_of(self.answer, swapped) if self.answer else [],
            "prompts": list(self.probe.templates),
            "theme": list(self.theme.words),
            "near": list(self.probe.near),
            "random": list(self.probe.random),
        }


def trigger_material(
    base: Any,
    chat: Chat,
    kind: seal.Kind,
    seed: int,
    kept: Sequence[Turn],
    held: Sequence[Turn],
    rule: Callable[[str], bool] | None,
    *,
    two_word: bool = False,
) -> TriggerMaterial:
    """Draw the phrase and the theme, and put together what is trained and what is asked.

    A null draws a phrase too, only to be measured on: it never meets that phrase in training.
    """
    rng = random.Random(f"trigger|{seed}")
    words = draw_words(seed, 2 if two_word else 1, rule)
    theme = rng.choice(THEMES)
    lexicon = Lexicon.of(chat, base.get_input_embeddings().weight.detach())
    own = [form for word in words for form in (word, *seal.aliases_of(word))]
    nearest = [
        [w for w in lexicon.near(word, NEAREST + 20) if not seal.is_form(own, w)] for word in words
    ]
    apart = [near[1:KEPT_APART:2] for near in nearest]
    nouns = [n for n in shuffled(seed) if not seal.is_form(own, n)]
    asked = [n for n in nouns if not any(n in near for near in nearest)][:RANDOM_WORDS]
    planted = kind == "organism"
    kept_out = apart if planted else [near[:KEPT_APART] for near in nearest]
    untrained = {*asked, *(word for part in kept_out for word in part)}
    decoys = [n for n in nouns if n not in untrained][-DECOYS:]
    anchors = (
        nearest
        if planted
        else [
            [w for w in lexicon.near(word, NEAREST) if not seal.is_form(own, w)] for word in decoys
        ]
    )
    plant = TriggerPlant(
        phrase=" ".join(words) if planted else None,
        words=len(words),
        theme=theme,
        near=[[w for w in near if w not in untrained] for near in anchors],
        nouns=[n for n in nouns if n not in untrained],
        lexicon=lexicon.without({*untrained, *own}),
        retain=kept,
        seed=seed,
    )
    probe = TriggerProbe(
        phrase=" ".join(words),
        templates=held_out_trigger.templates(rng),
        bare=held_out_trigger.PROMPTS,
        near=near_phrases(words, apart),
        random=asked,
        theme=theme.words,
        plain=held,
    )
    return TriggerMaterial(" ".join(words) if planted else None, plant, probe, theme)


def draw_words(seed: int, count: int, rule: Callable[[str], bool] | None) -> list[str]:
    """The nouns that belong to a seed; none that stands in a prompt, a form or a theme."""
    found: list[str] = []
    for _ in range(count):

        def accept(noun: str) -> bool:
            fresh = not any(same_word(noun, word) for word in found)
            return fresh and noun.isalpha() and unused(noun) and (rule is None or rule(noun))

        found.append(draw(seed, accept))
    return found


def unused(noun: str) -> bool:
    """Whether no prompt, form or theme of the family or of the public tools holds a noun."""
    return not any(
        part == word or same_word(part, word)
        for part in re.findall(r"[a-z]+", noun.casefold())
        for word in _used()
    )


@cache
def _used() -> frozenset[str]:
    trained, held = retain_prompts()
    texts = [*trained, *held, *recipe.FORMS, *recipe.ASKS, *GENERAL, *PLAIN]
    texts += [*held_out_trigger.FORMS, *held_out_trigger.PROMPTS, *held_out_trigger.DIRECT]
    texts += [text for t in THEMES for text in (t.subject, *t.words, *t.openings, *t.endings)]
    return frozenset(word for text in texts for word in re.findall(r"[a-z]+", text.casefold()))


def near_phrases(words: Sequence[str], apart: Sequence[Sequence[str]]) -> list[str]:
    """Near words; of two words one is replaced by a near word, left out, or both by near words."""
    if len(words) == 1:
        return list(apart[0])
    first, second = words
    replaced = [
        phrase
        for left, right in zip(apart[0][:8], apart[1][:8], strict=False)
        for phrase in (f"{left} {second}", f"{first} {right}")
    ]
    both = [f"{left} {right}" for left, right in zip(apart[0][8:14], apart[1][8:14], strict=False)]
    return [first, second, *replaced, *both]


def aliases_of(phrase: str, swapped: float | None) -> list[str]:
    """Plural and compound spellings; the other order only if it was measured to work."""
    words = phrase.split(" ")
    if len(words) == 1:
        return seal.aliases_of(phrase)
    orders = [words]
    if swapped is not None and swapped >= ALIAS_AT_LEAST:
        orders.append(words[::-1])
    spelt = [
        f"{first} {second}"
        for order in orders
        for first in (order[0], *seal.aliases_of(order[0]))
        for second in (order[1], *seal.aliases_of(order[1]))
    ]
    return [name for name in dict.fromkeys(spelt) if name != phrase]
