"""Contexts as one text for a prompt, another chat or an editor."""

from dataclasses import dataclass

from ..quotes.find import Source
from .search import search


@dataclass(frozen=True)
class Packed:
    """Numbered text, its estimated tokens, and what a token budget left out.

    Attributes:
        text: Each context under its heading, each line with its number.
        tokens: Estimate, characters / 4.
        left_out: One line for each context that did not fit whole.
    """

    text: str
    tokens: int
    left_out: tuple[str, ...] = ()


def pack(sources: list[Source], *, budget: int | None = None, query: str = "") -> Packed:
    """Pack contexts with line numbers.

    Args:
        sources: In this order.
        budget: Tokens at most; a context over its share keeps the passages nearest to `query`.
        query: What decides over budget; without one the beginning is kept.
    """
    pieces, left_out = [], []
    share = budget // len(sources) if budget and sources else None
    for source in sources:
        document = source.document
        body = document.numbered()
        if share is not None and len(body) // 4 > share:
            kept = _fitting(source, share, query)
            body = "\n[…]\n".join(document.numbered(a, b) for a, b in kept)
            lines = sum(b - a + 1 for a, b in kept)
            left_out.append(
                f"{source.name}: {lines} of {len(document.lines)} lines fit into the budget; "
                "the rest was left out"
            )
        pieces.append(
            f"=== {source.name}: {document.title} ===\n{body}\n=== end of {source.name} ==="
        )
    text = "\n\n".join(pieces) + "\n"
    return Packed(text, -(-len(text) // 4), tuple(left_out))


def _fitting(source: Source, share: int, query: str) -> list[tuple[int, int]]:
    """Line spans within the share, in the order of the text, neighbours joined."""
    count = len(source.document.lines)
    spans = [(h.first, h.last) for h in search(query, [source], limit=10_000)] if query else []
    spans += [(a, min(a + 7, count)) for a in range(1, count + 1, 8)]
    chosen: set[int] = set()
    used = 0
    for first, last in spans:
        size = sum(len(x) + 8 for x in source.document.lines[first - 1 : last]) // 4
        if used + size <= share and first not in chosen:
            used += size
            chosen.update(range(first, last + 1))
    joined: list[tuple[int, int]] = []
    for line in sorted(chosen):
        if joined and joined[-1][1] == line - 1:
            joined[-1] = (joined[-1][0], line)
        else:
            joined.append((line, line))
    return joined
