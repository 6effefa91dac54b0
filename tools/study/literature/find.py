"""Search the indexes, merge what is the same work, rank by words in common."""

import re
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from pydantic import ValidationError

from ..contexts.fetch import Unreachable
from .indexes import INDEXES, Work


@dataclass(frozen=True)
class Found:
    """Works, and what each index that failed said."""

    works: tuple[Work, ...]
    failed: tuple[str, ...] = ()

    @property
    def offline(self) -> bool:
        """Whether no index answered at all."""
        return len(self.failed) == len(INDEXES)


def find_works(query: str, limit: int = 10) -> Found:
    """Ask all indexes and merge their answers; one that fails is named and left out."""
    works: list[Work] = []
    failed = []
    for name, ask in INDEXES.items():
        try:
            works += [w for w in ask(query, limit) if w.title]
        except (
            Unreachable,
            ParseError,
            ValidationError,
            ValueError,
            AttributeError,
            TypeError,
        ) as e:
            said = str(e).splitlines()[0] if isinstance(e, Unreachable) else "an answer out of form"
            failed.append(f"{name}: {said}")
    merged = merge(works)
    ranked = sorted(merged, key=lambda w: (-overlap(query, w), -len(w.indexes), w.title))
    return Found(tuple(ranked[:limit]), tuple(failed))


def merge(works: list[Work]) -> list[Work]:
    """Works that share an arXiv id, a DOI or a title become one; its fields fill each other."""
    groups: list[Work] = []
    for work in works:
        at = next((i for i, other in enumerate(groups) if _same(work, other)), None)
        if at is None:
            groups.append(work)
            continue
        other = groups[at]
        groups[at] = Work(
            title=other.title, authors=other.authors or work.authors,
            year=other.year or work.year, abstract=other.abstract or work.abstract,
            arxiv=other.arxiv or work.arxiv, doi=other.doi or work.doi, url=other.url or work.url,
            indexes=tuple(dict.fromkeys((*other.indexes, *work.indexes))),
        )  # fmt: skip
    return groups


def overlap(query: str, work: Work) -> float:
    """Share of the query's words that stand in title or abstract."""
    wanted = _words(query)
    return len(wanted & _words(f"{work.title} {work.abstract}")) / max(1, len(wanted))


def _same(a: Work, b: Work) -> bool:
    if a.arxiv and b.arxiv:
        return a.arxiv == b.arxiv
    return bool(a.doi and a.doi == b.doi) or _flat(a.title) == _flat(b.title)


def _flat(title: str) -> str:
    return re.sub(r"\W+", "", title.lower())


def _words(text: str) -> set[str]:
    small = set("the and for with from that this are was our can what how does into its".split())
    return {w.removesuffix("s") for w in re.findall(r"\w{3,}", text.lower())} - small
