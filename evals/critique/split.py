"""Which documents and kinds are held out: drawn by seed, written down in `split.json`.

`python -m mechmentor.evals.critique.split` writes the file again after documents were added. A
document keeps its rank when others come, because the rank is a hash of its own name.
"""

import hashlib
import json
from collections import defaultdict
from typing import Literal

from .documents import HERE, Row, documents
from .planter.plant import KINDS

SEED = 20261121
KINDS_HELD_OUT = 5
FILE = HERE / "split.json"


class Split(Row):
    """What is held out.

    Attributes:
        seed: Seed of the draw.
        documents: Held-out documents, a third of each kind of author.
        kinds: Held-out kinds of error.
        added: Documents that came after the first scoring: always open.
    """

    seed: int
    documents: list[str]
    kinds: list[str]
    added: list[str]

    @classmethod
    def read(cls) -> "Split":
        """As written."""
        return cls(**json.loads(FILE.read_text(encoding="utf-8")))

    def part(self, document: str, kind: str) -> Literal["open", "held-out"]:
        """Where a pair belongs: held out if either half is."""
        return "held-out" if document in self.documents or kind in self.kinds else "open"


def draw(seed: int = SEED) -> Split:
    """Draw a third of the documents of the first scoring, by kind of author, and five kinds."""
    groups = defaultdict(list)
    added = [document.id for document in documents() if document.added]
    for document in documents():
        if document.added:
            continue
        groups[document.author].append(document.id)
    held = [
        name
        for names in groups.values()
        for name in _ranked(names, seed)[: max(1, round(len(names) / 3))]
    ]
    kinds = _ranked(list(KINDS), seed)[:KINDS_HELD_OUT]
    return Split(seed=seed, documents=sorted(held), kinds=sorted(kinds), added=added)


def _ranked(names: list[str], seed: int) -> list[str]:
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).hexdigest())


if __name__ == "__main__":
    FILE.write_text(json.dumps(draw().model_dump(), indent=1) + "\n", encoding="utf-8")
