"""Figures of a draft as a model gets them: the picture, its caption, the sentences about it."""

import base64
from dataclasses import dataclass

from ....tools.critique.document.model import Document, Figure

MOST = 8
MOST_BYTES = 4_000_000
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp"}


@dataclass(frozen=True)
class Picture:
    """A figure that can be shown.

    Attributes:
        words: Its line, caption and the sentences that refer to it.
        url: The picture as a `data:` address.
    """

    words: str
    url: str


def pictures(document: Document) -> list[Picture]:
    """Every figure whose file is a picture in the draft's folder; at most eight.

    Drawings in PDF or SVG, pictures outside of the folder and those above 4 MB are left out.
    """
    found: list[Picture] = []
    for figure in document.figures:
        url = _url(document, figure)
        if url and len(found) < MOST:
            found.append(Picture(_words(document, figure), url))
    return found


def _url(document: Document, figure: Figure) -> str:
    folder = document.folder.resolve()
    if not figure.path or "://" in figure.path:
        return ""
    for name in (figure.path, f"{figure.path}.png", f"{figure.path}.jpg"):
        path = (folder / name).resolve()
        if path.is_relative_to(folder) and path.is_file() and path.stat().st_size <= MOST_BYTES:
            data = path.read_bytes()
            kind = next((k for sign, k in _KINDS.items() if data.startswith(sign)), "")
            if kind:
                return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return ""


def _words(document: Document, figure: Figure) -> str:
    caption = figure.caption.flat.strip() if figure.caption else "no caption"
    lines = {
        ref.line
        for ref in document.crossrefs
        if (ref.kind == "figure" and ref.target == figure.number)
        or (ref.kind == "label" and figure.label and ref.target == figure.label)
    }
    about = [
        s.text for s in document.sentences if lines & set(range(s.line, s.line_at(len(s.text)) + 1))
    ]
    said = " ".join(dict.fromkeys(about))
    return f"at L{figure.line}; caption: {caption}" + (f"; referred to: {said}" if said else "")
