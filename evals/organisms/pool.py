"""The public pool of nouns that secrets are drawn from.

The list is that of the package wonderwords, used as it stands: nobody chose which nouns are easy.
"""

import random
from collections.abc import Callable
from functools import cache
from importlib import resources


@cache
def pool() -> tuple[str, ...]:
    """All nouns in the file's order."""
    text = (resources.files("wonderwords") / "assets" / "nounlist.txt").read_text(encoding="utf-8")
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def draw(seed: int, accept: Callable[[str], bool] | None = None) -> str:
    """The noun that belongs to a seed.

    Args:
        seed: Names the draw; the same seed gives the same noun.
        accept: A rule; nouns that break it are passed over in the order of the draw.

    Raises:
        ValueError: If no noun of the pool is accepted.
    """
    order = shuffled(seed)
    for noun in order:
        if accept is None or accept(noun):
            return noun
    raise ValueError("no noun of the pool is accepted: relax the rule")


def shuffled(seed: int) -> list[str]:
    """The whole pool in the order that belongs to a seed."""
    nouns = list(pool())
    random.Random(f"noun pool|{seed}").shuffle(nouns)
    return nouns
