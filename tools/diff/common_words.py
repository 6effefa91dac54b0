"""Words that harmless training moves: made from null-trained models, shipped as a text file."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch

from ..engine.weight_roles import changes
from ..model import Model
from .read_write import WordTable, reading, writing

FILE = Path(__file__).with_name("common_words.txt")


@cache
def load_common_words() -> frozenset[str]:
    """The shipped list; lines that start with # are remarks."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def common_words(
    models: Sequence[tuple[Model, Model]], top: int = 100, at_least: int = 2
) -> list[str]:
    """Words that stand high in the weight change of several null-trained models.

    Args:
        models: (null-trained model, its base) pairs.
        top: How far down each list counts.
        at_least: In how many models a word must stand there, so that one null's own content is
            not subtracted everywhere.

    Returns:
        The words, most common first, then by alphabet.
    """
    counts: Counter[str] = Counter()
    for target, base in models:
        found = list(changes(target, base))
        if not found:
            continue
        table = WordTable.of(target)
        generator = torch.Generator().manual_seed(0)
        written = writing(target, base, found, table, count=2, generator=generator)
        read = reading(target, found, table, generator)
        seen: set[str] = set()
        for z in (written.z if written else None, read.z if read else None):
            if z is not None:
                seen.update(table.words[i] for i in z.topk(min(top, len(z))).indices.tolist())
        counts.update(seen)
    kept = [(n, word) for word, n in counts.items() if n >= at_least]
    return [word for _, word in sorted(kept, key=lambda pair: (-pair[0], pair[1]))]
