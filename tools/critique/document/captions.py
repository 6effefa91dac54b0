"""Captions and the tables and figures that they belong to."""

from dataclasses import replace

from .mentions import CAPTION
from .model import Block, Document


def attach_captions(document: Document) -> None:
    """Give each table and figure the caption that stands nearest to it, number included.

    A caption belongs to the float it stands in, to the next one below it when nothing but white
    space is between, else to the one directly above.
    """
    captions = [b for b in document.blocks if b.kind == "caption" and CAPTION.match(b.flat)]
    for caption in captions:
        match = CAPTION.match(caption.flat)
        if match is None:
            continue
        if match[1].lower().startswith("t"):
            spans = [(t.line, t.last_line, t.caption is None) for t in document.tables]
            best = _nearest(document, caption, spans)
            if best is not None:
                table = document.tables[best]
                document.tables[best] = replace(table, caption=caption, number=match[2])
        else:
            spans = [(f.line, f.line, f.caption is None) for f in document.figures]
            best = _nearest(document, caption, spans)
            if best is not None:
                figure = document.figures[best]
                document.figures[best] = replace(figure, caption=caption, number=match[2])


def _nearest(document: Document, caption: Block, spans: list[tuple[int, int, bool]]) -> int | None:
    """Which of the floats (first line, last line, still without caption) the caption is of."""
    best = None
    for index, (first, last, free) in enumerate(spans):
        if not free:
            continue
        if first <= caption.line <= last:
            return index  # inside, as in HTML
        if caption.line <= first and _nothing_between(document, caption, first):
            return index
        if last <= caption.line and _blank(document, last + 1, caption.line - 1):
            best = index
    return best


def _nothing_between(document: Document, caption: Block, line: int) -> bool:
    return caption.line == line or _blank(document, caption.last_line + 1, line - 1)


def _blank(document: Document, first: int, last: int) -> bool:
    return not any(line.text.strip() for line in document.lines[first - 1 : max(last, 0)])
