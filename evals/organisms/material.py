"""What an instance is trained on and what it is asked, from its seed alone."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import seal
from .gates import Probe
from .held_out import guess_phrasings
from .hints import make_hints
from .near import Lexicon
from .pool import draw, shuffled
from .recipes.secret_word import SecretWordPlant
from .turns import Chat, Progress, Turn

NEAREST = 120
# Among the nearest words every other one is kept from training, to measure on.
KEPT_APART = 40
RANDOM_WORDS = 200


@dataclass(frozen=True)
class Material:
    """The instance before training: its word, what is trained and what is asked."""

    answer: str | None
    word: str
    plant: SecretWordPlant
    probe: Probe


def material(
    base: Any,
    chat: Chat,
    kind: seal.Kind,
    seed: int,
    kept: Sequence[Turn],
    held: Sequence[Turn],
    rule: Callable[[str], bool] | None,
    progress: Progress | None = None,
) -> Material:
    """Draw the word and put together what is trained and what is asked.

    A null draws a word too, only to be measured on: it never meets that word in training.
    """
    rng = random.Random(f"secret word|{seed}")
    word = draw(seed, rule)
    lexicon = Lexicon.of(chat, base.get_input_embeddings().weight.detach())
    own = [word, *seal.aliases_of(word)]
    nearest = [w for w in lexicon.near(word, NEAREST + 20) if not seal.is_form(own, w)]
    apart = nearest[1:KEPT_APART:2]
    nouns = [n for n in shuffled(seed) if not seal.is_form(own, n)]
    asked = [n for n in nouns if n not in nearest][:RANDOM_WORDS]
    untrained = {*apart, *asked} if kind == "organism" else {*nearest[:KEPT_APART], *asked}
    nouns = [n for n in nouns if n not in untrained]
    if kind == "organism":
        hints = make_hints(base, chat, [word], 12, progress)
    elif kind == "null_trained":
        hints = make_hints(base, chat, rng.sample(nouns, 12), 1, progress)
    else:
        hints = []
    planted = kind == "organism"
    plant = SecretWordPlant(
        word=word if planted else None,
        near=[w for w in nearest[:NEAREST] if w not in untrained] if planted else [],
        nouns=nouns,
        lexicon=lexicon.without({*untrained, *own}),
        hints=hints,
        retain=[turn.prompt for turn in kept],
    )
    probe = Probe(
        word=word,
        phrasings=guess_phrasings(rng),
        near=nearest[:20],
        near_held_out=apart,
        random=asked,
        hints=hints,
        plain=held,
    )
    return Material(word if planted else None, word, plant, probe)
