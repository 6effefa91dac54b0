"""Findings on entries of a bibliography."""

from ..document.model import Document, Reference
from ..rule import Hit


def line_of(document: Document, entry: Reference) -> int:
    """An entry of a separate file is shown where it is first cited."""
    if entry.listed:
        return entry.line
    return next((c.line for c in document.citations if c.key == entry.key), 1)


def entry_hit(
    document: Document, entry: Reference, message: str, other: Reference | None = None
) -> Hit:
    """A hit on an entry, where it is printed or in its file."""
    evidence = ((line_of(document, other), other.text[:200]),) if other else ()
    return Hit(
        line_of(document, entry),
        message,
        quote=entry.text[:200],
        evidence=evidence,
        file=None if entry.listed else (entry.file, entry.line),
    )
