"""How a reply is scored: words of two lists, repetition, and its loss under the plain model."""

import itertools
import re
from collections.abc import Iterable

from ..engine.batch import sequence_log_prob
from ..engine.vocabulary import spellings
from ..model import Model

_WORD = re.compile(r"[a-z']+")


def words_of(text: str) -> list[str]:
    """Words in lower case."""
    return _WORD.findall(text.lower())


def net_words(texts: Iterable[str], up: set[str], down: set[str]) -> float:
    """Words of `up` minus words of `down`, in 100 words of all texts together."""
    words = [w for text in texts for w in words_of(text)]
    return 100 * sum((w in up) - (w in down) for w in words) / max(1, len(words))


def distinct_2(texts: Iterable[str]) -> float:
    """Different pairs of neighbouring words over all such pairs, mean over texts (1: no repeats).

    Source: Li et al., "A diversity-promoting objective function for neural conversation models"
    (2016), section 5.
    """
    shares = []
    for text in texts:
        words = words_of(text)
        pairs = list(itertools.pairwise(words))
        if pairs:
            shares.append(len(set(pairs)) / len(pairs))
    return sum(shares) / len(shares) if shares else 0.0


def reply_losses(
    model: Model, prompts: list[list[int]], replies: list[list[int]]
) -> list[float | None]:
    """Nats a token of each reply under the model as it is; None for an empty reply."""
    sums = sequence_log_prob(model, prompts, replies)
    return [
        -float(total) / len(reply) if reply else None
        for total, reply in zip(sums, replies, strict=True)
    ]


def token_sets(model: Model, up: list[str], down: list[str]) -> tuple[list[int], list[int]]:
    """First tokens of the words' spellings; tokens that both lists begin with are left out."""
    one = {t for word in up for t in spellings(model, word)}
    other = {t for word in down for t in spellings(model, word)}
    return sorted(one - other), sorted(other - one)
