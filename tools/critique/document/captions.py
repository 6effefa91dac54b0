"""Captions and the tables and figures that they belong to."""

from dataclasses import replace

from .mentions import CAPTION
from .model import Block, Document


def attach_captions(document: Document) -> None:
    """Give each table and figure the caption that stands nearest to it, number included.

    A caption belongs to the next float below it when nothing but white space is between, else to
    the one directly above.
    """
    captions = [b for b in document.blocks if b.kind == "caption" and CAPTION.match(b.flat)]
    for caption in captions:
        match = CAPTION.match(caption.flat)
        if match is None:
            continue
        floats = document.tables if match[1].lower().startswith("t") else document.figures
        best = None
        for index, item in enumerate(floats):
            if item.caption is not None:
                continue
            last = item.last_line if hasattr(item, "last_line") else item.line
            if caption.line <= item.line and _nothing_between(document, caption, item.line):
                best = index
                break
            if last <= caption.line and _blank(document, last + 1, caption.line - 1):
                best = index
        if best is not None:
            floats[best] = replace(floats[best], caption=caption, number=match[2])  # type: ignore[call-overload]


def _nothing_between(document: Document, caption: Block, line: int) -> bool:
    return caption.line == line or _blank(document, caption.last_line + 1, line - 1)


def _blank(document: Document, first: int, last: int) -> bool:
    return not any(line.text.strip() for line in document.lines[first - 1 : max(last, 0)])
