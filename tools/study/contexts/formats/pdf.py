"""PDF files page by page; headers, footers and page numbers are marked, not lost."""

import re
from collections import Counter

from ..document import Document, Figure, Origin, Unreadable

_SCAN = "run it through OCR (`ocrmypdf in.pdf out.pdf`) and add the result"


def load_pdf(data: bytes, name: str) -> Document:
    """A PDF's text.

    Raises:
        Unreadable: If it is broken, locked, empty or a scan.
    """
    import pypdfium2 as pdfium

    if not data.strip():
        raise Unreadable(f"{name} is empty (0 bytes of content); download it again")
    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable(f"{name} is locked by a password; save an open copy") from None
        raise Unreadable(
            f"{name} is no readable PDF; download it again or add its source"
        ) from None
    pages, pictures = [], 0
    try:
        for index in range(len(pdf)):
            page = pdf[index]
            text = page.get_textpage().get_text_range()
            if not text.strip():
                pictures += any(True for _ in page.get_objects(filter=[3], max_depth=3))
            pages.append(_lines(text))
        title = str(pdf.get_metadata_dict().get("Title") or "").strip()
    finally:
        pdf.close()
    filled = [p for p in pages if any(x.strip() for x in p)]
    if not filled:
        if pictures:
            raise Unreadable(
                f"{name} is a scan: {pictures} pages are pictures without text; {_SCAN}"
            )
        raise Unreadable(f"{name} is empty: its {len(pages)} pages hold neither text nor pictures")
    lines: list[str] = []
    origins, spans = [], []
    for number, page_lines in enumerate(pages, 1):
        origins.append(Origin(line=len(lines) + 1, label=f"page {number}"))
        spans.append((len(lines), len(lines) + len(page_lines)))
        lines += page_lines
    warnings = []
    blank = len(pages) - len(filled)
    if blank:
        what = "pictures without text" if pictures else "blank"
        warnings.append(
            f"{blank} of {len(pages)} pages are {what}" + (f"; {_SCAN}" if pictures else "")
        )
    figures = [
        Figure(line=n, caption=line.strip())
        for n, line in enumerate(lines, 1)
        if re.match(r"\s*Fig(?:ure|\.)\s*\d+\s*[:.|]", line)
    ]
    return Document(
        title or next(x.strip() for x in lines if x.strip()),
        "pdf",
        tuple(lines),
        tuple(origins),
        tuple(figures),
        warnings=tuple(warnings),
        furniture=_furniture(lines, spans),
    )


def _lines(text: str) -> list[str]:
    # pdfium says U+FFFE (older: U+0002) for a hyphen at the end of a line.
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    text = re.sub("[\ufffe\u0002]\n?", "-\n", text).replace("\0", "")
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


def _furniture(lines: list[str], spans: list[tuple[int, int]]) -> frozenset[int]:
    """Lines at a page's edge that are a number or stand on several pages."""
    edges: list[tuple[int, str]] = []
    for start, end in spans:
        filled = [i for i in range(start, end) if lines[i].strip()]
        edges += [(i, _shape(lines[i])) for i in {*filled[:2], *filled[-2:]}]
    common = Counter(shape for _, shape in edges)
    least = max(2, min(3, len(spans)))
    return frozenset(
        i + 1
        for i, shape in edges
        if shape in ("#", "page #") or (common[shape] >= least and shape)
    )


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split()).lower())
